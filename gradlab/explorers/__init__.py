"""Explorers: figures with sliders. Without a kernel, a picture and a text stand in for them."""
