"""gradlab: check gradients, and learn how checking them works.

Every public name is listed in ``__init__.pyi``: ``from gradlab import check_gradient``. Its module
loads when the name is first used, so numerics need only NumPy, and ``import gradlab`` costs next
to nothing.
"""

import sys

import lazy_loader

if "IPython" in sys.modules:
    from gradlab.live.listening import listen
    from gradlab.live.runs import watch_runs

    listen()
    watch_runs()

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
