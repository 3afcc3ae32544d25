"""What a statement of a cell binds, reads and changes.

Nothing is executed, so this is a guess: what a name holds is not known. Where it matters, more is
taken to be changed rather than less.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Pairs = set[tuple[str, str]]
# Stands for NumPy's own random numbers where a name of the notebook would stand.
NUMPY_RANDOM = "np.random"


@dataclass(eq=False, slots=True)
class Effects:
    """What a statement does when it is run, and later, when a function that it made is called.

    Attributes
    ----------
    binds, reads : set of str
        The names of the notebook that it binds and reads at once.
    rebinds : set of str
        Of those it binds, those that have a new value whatever happened before.
    values : set of str
        Of those it reads, those not only called.
    changes : set of str
        What it assigns a part of: ``x[0] = 1`` and ``x.a = 1`` change x.
    touches : set of str
        What it calls a method of, or hands to a function of a library, that changes it, unless
        it is a module.
    later_reads, later_changes, later_touches : set of str
        The same for the functions that it makes.
    passes, later_passes : set of (str, str)
        (f, x) where f is called with x, (".m", x) where x.m is called, (".", x) where a method
        of x is called whose result nobody takes.
    changers : set of str
        Functions it makes that change an argument, and ".m" for methods that change their object.
    hands_on : set of (str, str)
        (f, g) where a function f that it makes calls g with something of its own.
    shares : set of (str, str, str)
        (y, x, "") where y may be, or hold, a part of x; (y, x, "f") if f returns a part of x.
    generators : set of str
        What it binds to generators of random numbers that begin with a seed.
    made_by : set of (str, str)
        (x, f) where it binds x to what f returns.
    keeps_state, makes_state : set of str
        Functions it makes that change values of their own when they are called, and those that
        make such functions.
    texts : set of str
        Texts in it, also later, that may name a file.
    settings : set of str
        What it assigns a part of, or calls a part of that sets or seeds, if it does nothing else.
    imports : set of str
        The modules that it imports, also later.
    modules : dict of str to str
        The names that it binds to modules, and to what is in them, with the module.
    star, is_future, is_dynamic, calls, writes, makes_functions : bool
        Whether it imports everything of a module; imports from ``__future__``; binds names that
        cannot be told; calls anything at once; calls what may write a file; makes functions that
        make functions, or a class.
    """

    binds: set[str] = field(default_factory=set)
    rebinds: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    values: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    touches: set[str] = field(default_factory=set)
    later_reads: set[str] = field(default_factory=set)
    later_changes: set[str] = field(default_factory=set)
    later_touches: set[str] = field(default_factory=set)
    passes: Pairs = field(default_factory=set)
    later_passes: Pairs = field(default_factory=set)
    changers: set[str] = field(default_factory=set)
    hands_on: Pairs = field(default_factory=set)
    shares: set[tuple[str, str, str]] = field(default_factory=set)
    generators: set[str] = field(default_factory=set)
    made_by: Pairs = field(default_factory=set)
    keeps_state: set[str] = field(default_factory=set)
    makes_state: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    settings: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    modules: dict[str, str] = field(default_factory=dict)
    star: bool = False
    is_future: bool = False
    is_dynamic: bool = False
    calls: bool = False
    writes: bool = False
    makes_functions: bool = False
