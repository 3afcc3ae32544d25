"""gradlab: check gradients, and learn how checking them works.

``import gradlab`` needs only NumPy; plots, widgets and exercises load when first used.
"""
