"""What functions and methods of libraries do, by their names alone."""

from __future__ import annotations

import numpy as np

# Methods that change what they belong to, of Python's and NumPy's types and of many others.
CHANGING = frozenset(
    (
        *("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse", "update"),
        *("setdefault", "popitem", "add", "discard", "intersection_update", "difference_update"),
        *("symmetric_difference_update", "appendleft", "popleft", "extendleft", "rotate"),
        *("subtract", "move_to_end", "fill", "resize", "put", "partition", "itemset", "setflags"),
        *("setfield", "write", "writelines", "send", "throw", "register"),
        *("__setitem__", "__delitem__", "__setattr__", "__iadd__"),
    )
)
_TYPES = (str, bytes, float, complex, list, tuple, dict, set, np.ndarray, np.random.Generator)
TYPE_NAMES = frozenset(kind.__name__ for kind in _TYPES)
# Called for their result: where that is thrown away, the call was a demo.
HARMLESS = frozenset(name for kind in _TYPES for name in dir(kind)) - CHANGING
# Functions of libraries that change their first argument. A list, because any other call of a
# library with what is needed is most likely a demo: print, plot, display, assert_allclose.
CHANGING_FIRST = frozenset(
    (
        *("shuffle", "copyto", "put", "put_along_axis", "putmask", "place", "fill_diagonal", "at"),
        *("heappush", "heappop", "heapify", "heapreplace", "heappushpop", "insort"),
        *("insort_left", "insort_right", "setattr", "delattr", "setitem", "delitem", "next"),
    )
)
# How many arguments NumPy's functions of elements have; one more takes the result.
COUNTS = {name: f.nin for name, f in vars(np).items() if isinstance(f, np.ufunc)}
# Functions of NumPy that may return what they are given, or a view of it.
VIEWING = frozenset(
    (
        *("asarray", "asanyarray", "ascontiguousarray", "ravel", "reshape", "squeeze"),
        *("expand_dims", "transpose", "swapaxes", "moveaxis", "atleast_1d", "atleast_2d"),
        *("atleast_3d", "diagonal", "broadcast_to", "flip", "fliplr", "flipud", "rot90"),
        *("split", "array_split", "hsplit", "vsplit", "sliding_window_view", "nditer"),
    )
)
# They make generators of random numbers.
GENERATORS = ("default_rng", "RandomState", "Generator", "Random")
# Functions and methods that may write a file, or make a folder.
WRITING = frozenset(
    (
        *("write", "writelines", "writerow", "writerows", "write_text", "write_bytes", "dump"),
        *("save", "savez", "savez_compressed", "savetxt", "tofile", "to_csv", "to_json"),
        *("mkdir", "makedirs", "touch"),
    )
)
# How files are opened; these texts name none.
WRITING_MODES = frozenset(("w", "a", "x", "wb", "ab", "xb", "w+", "a+", "wt", "at", "wb+", "w+b"))
OPENING = WRITING_MODES | {"r", "rb", "rt", "r+", "utf-8", "utf8", "utf-8-sig"}
# They return the names themselves, as a dict.
NAMESPACES = ("globals", "locals", "vars")
