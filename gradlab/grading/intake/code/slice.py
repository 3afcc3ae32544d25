"""Which statements of a notebook an answer needs: a backward slice, made without running anything.

A statement is needed if it binds a name that is needed, or changes what such a name holds; then
the names that it reads are needed too. Statements count that stand above the answer or in its own
cell, and, for a name that none of these binds, those below: in a notebook they may have been run
first. What is left out are demos.

References
----------
Weiser, M. (1984). Program slicing. IEEE Transactions on Software Engineering, 10(4), 352-357.
"""

from __future__ import annotations

import builtins
import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from gradlab.grading.intake.code.program import Program
from gradlab.grading.intake.code.statements import Statement

# What is there without being bound.
_GIVEN = frozenset(dir(builtins)) | {"display", "get_ipython", "__name__", "__builtins__"}

# Place of a statement among all of a notebook -> the names because of which it is needed.
_Hits = dict[int, set[str]]
_ALWAYS = ""


@dataclass(frozen=True)
class Slice:
    """What an answer needs.

    Attributes
    ----------
    kept : mapping of int to list of Statement
        The needed statements of each cell that has some, by the cell's place; the cells are in
        the order in which they are to be run, that of the answer last.
    unbound : frozenset of str
        The names that it needs and that nothing binds.
    stubs : frozenset of str
        The names that it needs and that only a blank function binds.
    imports : frozenset of str
        The modules that are imported somewhere in it.
    is_wide : bool
        Whether a narrow search would find less.
    """

    kept: Mapping[int, list[Statement]]
    unbound: frozenset[str]
    stubs: frozenset[str]
    imports: frozenset[str]
    is_wide: bool


def find_slice(program: Program, name: str, cell: int, is_narrow: bool = False) -> Slice:
    """Return what an answer needs.

    Parameters
    ----------
    program : Program
        The notebook.
    name : str
        What it answers.
    cell : int
        The place of its cell.
    is_narrow : bool, optional
        Whether what is changed by calls alone is left as it is: a right answer seldom depends on
        how often something was called or drawn before, and those calls may take long.
    """
    return _Search(program, name, cell, is_narrow).run()


@dataclass
class _Search:
    """One search through a program: every name and every statement is looked at once."""

    program: Program
    name: str
    cell: int
    is_narrow: bool = False
    is_wide: bool = False
    hits: _Hits = field(default_factory=dict)
    needed: set[str] = field(default_factory=set)
    unbound: set[str] = field(default_factory=set)
    stubs: set[str] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    followed: set[int] = field(default_factory=set)
    shadows: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    new: list[int] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    written: set[int] = field(default_factory=set)
    events: dict[str, list[int]] = field(default_factory=dict)

    def run(self) -> Slice:
        program = self.program
        own = program.find_places(self.cell)
        binders = [p for p in own if self.name in program.statements[p].effects.binds]
        # It may be defined in a way that is not seen; then what looks like a demo falls away.
        others = [p for p in own if program.statements[p].is_definition or p in program.dynamic]
        self._include(binders or others, _ALWAYS)
        self._need(self.name)
        self._search()
        self._include(filter(self._is_allowed, program.futures), _ALWAYS)
        # An answer depends on settings of Python without naming them: how deep it may recurse.
        self._include(filter(self._is_allowed, program.settings.get("sys", ())), _ALWAYS)
        # Names that are in none of the statements, and Python's own, may come from a star.
        if self.unbound or self.needed & _GIVEN:
            self._include(filter(self._is_allowed, program.stars), _ALWAYS)
        if self.unbound:
            self._include(filter(self._is_allowed, sorted(program.dynamic)), _ALWAYS)
        self._search()
        return self._gather()

    def _search(self) -> None:
        while self.waiting or self.new:
            while self.new:
                place = self.new.pop()
                self._include_draws(place)
                self._include_files(place)
            if self.waiting:
                self._need(self.waiting.pop())

    def _need(self, name: str) -> None:
        if name in self.needed:
            return
        self.needed.add(name)
        allowed = self._choose_where(name)
        self._include(filter(allowed, self.program.binders.get(name, ())), name)
        self._include_changes(name, allowed)
        module = self.program.find_module(name)
        if module is not None and module not in self.modules:
            self.modules.add(module)
            self._include(filter(self._is_allowed, self.program.settings.get(module, ())), _ALWAYS)

    def _choose_where(self, name: str) -> Callable[[int], bool]:
        """Return where a name is looked for: above, or below if it is not bound above.

        A blank function counts only if there is no other.
        """
        binders = [p for p in self.program.binders.get(name, ()) if self._is_open(p)]
        real = [p for p in binders if not self.program.statements[p].is_stub]
        if name == self.name:
            return self._is_allowed
        if binders and not real:
            self.stubs.add(name)
        if not binders and name not in _GIVEN:
            self.unbound.add(name)
        stubs = {*binders} - {*real} if real else set()
        above = any(self._is_allowed(place) for place in real or binders)

        def is_there(place: int) -> bool:
            fits = self._is_allowed(place) if above or not binders else self._is_open(place)
            return fits and place not in stubs

        return is_there

    def _is_open(self, place: int) -> bool:
        """Whether a statement may be run: none of another cell that binds the answer itself."""
        cell = self.program.cell_of[place]
        if cell == self.cell:
            return True
        binds = self.program.statements[place].effects.binds
        return self.name not in binds and cell not in self.program.checks

    def _is_allowed(self, place: int) -> bool:
        return self.program.cell_of[place] <= self.cell and self._is_open(place)

    def _include_changes(self, name: str, allowed: Callable[[int], bool]) -> None:
        """Include what changes a name, or another one that may stand for a part of it."""
        program = self.program
        names = [name]
        while names:
            shadow = names.pop()
            if shadow in self.shadows:
                continue
            self.shadows.add(shadow)
            self._include(filter(allowed, program.changers.get(shadow, ())), shadow)
            self._include_widely(filter(allowed, program.passers.get(shadow, ())), shadow)
            for place in filter(allowed, program.later_changers.get(shadow, ())):
                self._include_calls(self._follow(place), allowed)
            if shadow in program.keepers:
                self._include_widely(filter(allowed, program.callers.get(shadow, ())))
            others = program.shared.get(shadow, [])
            self.shared.update([shadow, *others] if others else ())
            names += others

    def _include_calls(self, functions: Iterable[str], allowed: Callable[[int], bool]) -> None:
        """Include what calls functions that change something needed, also through others."""
        program = self.program
        waiting = [*functions]
        while waiting:
            name = waiting.pop()
            # That the answer changes something is the answer's doing; its demos stay demos.
            if name in self.agents or name == self.name:
                continue
            self.agents.add(name)
            makes = any(
                program.statements[place].effects.makes_functions
                for place in program.binders.get(name, ())
            )
            self._include_widely(filter(allowed, program.callers.get(name, ())))
            for place in program.readers.get(name, ()):
                if makes or name in program.statements[place].effects.values:
                    waiting += self._follow(place)
            for place in program.later_readers.get(name, ()):
                waiting += self._follow(place)

    def _include_widely(self, places: Iterable[int], hit: str = _ALWAYS) -> None:
        """Include statements for what they call; in a narrow search definitions alone."""
        for place in places:
            if self.program.statements[place].makes or not self.is_narrow:
                self.is_wide |= place not in self.hits
                self._include([place], hit)

    def _include_draws(self, place: int) -> None:
        """Include what was drawn or seeded before what a statement draws."""
        draws = self.program.draws
        for source in draws.sources.get(place, ()):
            if place not in draws.seeds[source]:
                if source not in self.events:
                    self.events[source] = [*filter(self._is_allowed, draws.events[source])]
                events = self.events[source]
                # The one before that follows when its turn comes.
                self._include_widely(events[: bisect_left(events, place)][-1:])

    def _include_files(self, place: int) -> None:
        """Include what writes a file, or makes a folder, that a statement seems to need."""
        effects = self.program.statements[place].effects
        names = effects.texts | {f"{module}.py" for module in effects.imports}
        names |= {name.rpartition("/")[0] for name in names if "/" in name}
        for name in (names & self.program.writers.keys()) - self.files:
            self.files.add(name)
            writers = {*filter(self._is_allowed, self.program.writers[name])} - self.written
            self.written |= writers
            self._include(writers, _ALWAYS)
            # A file that is opened is needed with all that is done to it, to its end.
            opened = set().union(*(self.program.statements[w].effects.binds for w in writers))
            self.shared |= opened
            self.waiting += opened

    def _follow(self, place: int) -> Iterable[str]:
        """Return what a statement binds, once: many names may lead to it, and it may bind many."""
        if place in self.followed:
            return ()
        self.followed.add(place)
        return self.program.statements[place].effects.binds

    def _include(self, places: Iterable[int], hit: str) -> None:
        for place in places:
            if place not in self.hits:
                self.hits[place] = set()
                self.new.append(place)
                effects = self.program.statements[place].effects
                self.waiting += effects.reads | effects.later_reads
            # What stands below may be run again, for what stands above it.
            self.hits[place].add(_ALWAYS if self.program.cell_of[place] > self.cell else hit)

    def _gather(self) -> Slice:
        program = self.program
        kept: dict[int, list[Statement]] = defaultdict(list)
        places = self._drop_replaced()
        for place in places:
            kept[program.cell_of[place]].append(program.statements[place])
        imports = {m for place in places for m in program.statements[place].effects.imports}
        unbound, stubs = frozenset(self.unbound), frozenset(self.stubs)
        return Slice(kept, unbound, stubs, frozenset(imports), self.is_wide)

    def _drop_replaced(self) -> list[int]:
        """Return the included statements in order, less those whose values are replaced unread.

        A function that reads a name may be called anywhere below it, so a value that stands below
        such a function counts as read; and so does one that another name may stand for.
        """
        statements = self.program.statements
        order = sorted(self.hits, key=self._rank)
        first_reader: dict[str, float] = defaultdict(lambda: math.inf)
        for rank, place in enumerate(order):
            for name in statements[place].effects.later_reads:
                first_reader[name] = min(first_reader[name], rank)
        for name in self.shared:
            first_reader[name] = -1
        live = {self.name, _ALWAYS}
        alive: list[int] = []
        for rank, place in reversed([*enumerate(order)]):
            effects = statements[place].effects
            if not any(hit in live or first_reader[hit] < rank for hit in self.hits[place]):
                continue
            alive.append(place)
            live -= {name for name in effects.rebinds if first_reader[name] >= rank}
            live |= effects.reads | effects.later_reads | {_ALWAYS}
        return alive[::-1]

    def _rank(self, place: int) -> tuple[int, int]:
        """Return when a statement is run: above, below, then the answer's own cell."""
        cell = self.program.cell_of[place]
        return (0 if cell < self.cell else 2 if cell == self.cell else 1), place
