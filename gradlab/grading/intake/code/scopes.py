"""Whose a name is, while a statement is read: the notebook's, a function's or a comprehension's.

What happens to a name of the notebook is noted among the effects of the statement, at once or
later. What happens to a name of a function matters only where it stands for something else: an
argument, or a part of what a name of the notebook holds.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from gradlab.grading.intake.code.effects import Effects
from gradlab.grading.intake.code.expressions import Part, find_target_names

# What shares more is noted as one thing, so that work does not grow with the square.
FEW_PAIRS = 16


@dataclass(eq=False, slots=True)
class Scope:
    """A function, a class or a comprehension, and what happens to its own names.

    Attributes
    ----------
    own, outer : set of str
        The names that it binds, and those that it says are the notebook's.
    functions : tuple of str
        What a function is called; a lambda, by the names that its statement binds.
    is_function, is_generator, is_method : bool
        Whether what is inside is run later, or may be; whether the first parameter is an object.
    parameters : tuple of str
        Those of a function.
    defaults : frozenset of str
        Of these, those whose default may change from call to call.
    makes_state : bool
        Whether a function inside changes what is its own.
    changed : set of str
        Its own names of which a part changes.
    shares : dict of str to list of (Scope or None, str)
        For its own names what they may be a part of: a name of a scope, or of the notebook.
    hands_to : set of str
        The functions that it calls with its own names.
    """

    own: set[str] = field(default_factory=set)
    outer: set[str] = field(default_factory=set)
    functions: tuple[str, ...] = ()
    is_function: bool = False
    is_generator: bool = False
    is_method: bool = False
    parameters: tuple[str, ...] = ()
    defaults: frozenset[str] = frozenset()
    makes_state: bool = False
    changed: set[str] = field(default_factory=set)
    shares: dict[str, list[tuple[Scope | None, str]]] = field(default_factory=dict)
    hands_to: set[str] = field(default_factory=set)


class Scopes:
    """The scopes around the place that is read, and the effects that were found so far.

    Parameters
    ----------
    found : Effects
        Where effects on names of the notebook are noted.
    """

    def __init__(self, found: Effects) -> None:
        self._found = found
        self._around: list[Scope] = []
        # By name the scopes around that have it, the innermost last; None says the notebook.
        self._owners: dict[str, list[Scope | None]] = {}
        self._inside: list[Scope] = []  # of these scopes the functions
        self._generators = self._hubs = 0

    @property
    def is_later(self) -> bool:
        """Whether the place is inside a function."""
        return bool(self._inside)

    def owner(self, name: str) -> Scope | None:
        """Return the scope that has a name; None if it is the notebook's."""
        owners = self._owners.get(name)
        return owners[-1] if owners else None

    def enter(self, scope: Scope) -> None:
        """Begin to read what is inside a scope."""
        self._around.append(scope)
        if scope.is_function:
            self._inside.append(scope)
        self._generators += scope.is_generator
        for name in scope.own - scope.outer:
            self._owners.setdefault(name, []).append(scope)
        for name in scope.outer:
            self._owners.setdefault(name, []).append(None)

    def leave(self, scope: Scope) -> None:
        """End it: have what its names stand for change with them, and tell of the function."""
        self._around.pop()
        for name in scope.own | scope.outer:
            self._owners[name].pop()
        self._change_what_is_shared(scope)
        self._generators -= scope.is_generator
        if scope.is_function:
            self._inside.pop()
            self._tell_of_function(scope)
            return
        self._hand_shared(scope)
        if self._around:
            self._around[-1].hands_to |= scope.hands_to

    def load(self, name: str, called: bool = False) -> None:
        """Note that a name is read, perhaps only to be called."""
        if self.owner(name) is not None:
            return
        if self._inside or self._generators:
            self._found.later_reads.add(name)
        if self._inside:
            return
        self._found.reads.add(name)
        if not called:
            self._found.values.add(name)

    def store(self, name: str) -> None:
        """Note that a name is bound."""
        if self.owner(name) is None:
            (self._found.later_changes if self.is_later else self._found.binds).add(name)

    def change(self, names: Iterable[str]) -> None:
        """Note that a part of names is assigned."""
        self._change(names, self._found.later_changes if self.is_later else self._found.changes)

    def touch(self, names: Iterable[str]) -> None:
        """Note that names change by a method, or a function of a library."""
        self._change(names, self._found.later_touches if self.is_later else self._found.touches)

    def hand(self, function: str, names: Iterable[str]) -> None:
        """Note that a function, or ".m" for a method, is called with names."""
        for name in names:
            owner = self.owner(name)
            if owner is not None:
                owner.hands_to.add(function)
            elif self.is_later:
                self._found.later_passes.add((function, name))
            else:
                self._found.passes.add((function, name))

    def share(self, targets: Iterable[ast.expr], parts: list[Part]) -> None:
        """Note that targets may stand for parts of what other names hold."""
        names = [name for target in targets for name in find_target_names(target)]
        if len(names) * len(parts) > FEW_PAIRS:
            hub = self._make_hub()
            self._share(names, [(hub, "")])
            names = [hub]
        self._share(names, parts)

    def join(self, names: list[str]) -> tuple[str, ...]:
        """Return names, or one that stands for all of many."""
        if len(names) <= FEW_PAIRS:
            return tuple(names)
        hub = self._make_hub()
        self._share(names, [(hub, "")])
        self._share([hub], [(name, "") for name in names])
        return (hub,)

    def _make_hub(self) -> str:
        self._hubs += 1
        return f"#{id(self._found)}-{self._hubs}"  # no name of Python's, nor another statement's

    def _share(self, names: list[str], parts: list[Part]) -> None:
        for name in names:
            owner = self.owner(name)
            for part, function in parts:
                source = self.owner(part)
                if owner is not None:
                    owner.shares.setdefault(name, []).append((source, part))
                elif source is None and name != part:
                    self._found.shares.add((name, part, function))

    def _change(self, names: Iterable[str], found: set[str]) -> None:
        for name in names:
            owner = self.owner(name)
            if owner is None:
                found.add(name)
            else:
                owner.changed.add(name)
                owner.makes_state |= owner.is_function and owner is not self._inside[-1]

    def _change_what_is_shared(self, scope: Scope) -> None:
        waiting = [*scope.changed]
        while waiting:
            for owner, source in scope.shares.pop(waiting.pop(), ()):
                if owner is None:
                    found = self._found.later_touches if self.is_later else self._found.touches
                    found.add(source)
                elif source not in owner.changed:
                    owner.changed.add(source)
                    if owner is scope:
                        waiting.append(source)

    def _hand_shared(self, scope: Scope) -> None:
        """Note that functions are called with parts of what a comprehension goes through."""
        functions = sorted(scope.hands_to)[:FEW_PAIRS]
        parts = [name for shared in scope.shares.values() for owner, name in shared if not owner]
        for name in {*parts[:FEW_PAIRS]} if functions else ():
            passes = self._found.later_passes if self._inside else self._found.passes
            passes |= {(function, name) for function in functions}

    def _tell_of_function(self, scope: Scope) -> None:
        arguments = scope.parameters[1:] if scope.is_method else scope.parameters
        if scope.makes_state:
            self._found.makes_state.update(scope.functions)
        if not scope.changed.isdisjoint(scope.defaults):
            self._found.keeps_state.update(scope.functions)
        for name in scope.functions:
            if scope.changed.intersection(arguments):
                self._found.changers.add(name)
            if scope.is_method and scope.changed.intersection(scope.parameters[:1]):
                self._found.changers.add(f".{name}")
            self._found.hands_on |= {(name, function) for function in scope.hands_to}
