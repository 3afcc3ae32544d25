"""Finding a learner's answers in their notebooks, as source text. Nothing is executed here.

The notebooks may be hostile: no bytes make this raise, and bounds keep time and memory small.
"""

from __future__ import annotations

import ast
import builtins
import codecs
import json
import re
import symtable
import warnings
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Literal

from gradlab.course import LESSONS, lessons_folder
from gradlab.exercises.catalogue import EXERCISES, WRITTEN

# Each is many times what people write.
_MOST_BYTES = 25_000_000
_MOST_VALUES = 1_000_000
_MOST_CELLS = 5_000
_MOST_IN_A_CELL = 200_000
_MOST_CODE = 500_000
# IPython reads a cell from its beginning again for each magic, and goes over a line many times.
_MOST_FOR_IPYTHON = 300_000
_LONGEST_FOR_IPYTHON = 500
_MOST_LISTED = 5
_DEEPEST_LITERAL = 20
_DEEPEST_ARITHMETIC = 6
_LARGEST_BASE = 10**6
_LARGEST_EXPONENT = 1000

_PLACEHOLDER = "YOUR ANSWER HERE"
_MAY_BE_MAGIC = re.compile(r"[%!?]|^[^\S\n]*[,;/]", re.MULTILINE)
# Below these, a cell is Python all the same.
_PYTHON_MAGICS = re.compile(r"(?:\s*%%(?:time|timeit|capture|prun)\b.*)+")
_NUMBERED_NAME = re.compile(r"(?:^|[^0-9])(\d\d)_(?=[^\W\d_])")
_NUMBERED_HEADLINE = re.compile(r"#\s+(\d{1,2})\s")

_SAME = "same as published"

_LESSON_OF = {name: exercise.lesson for name, exercise in EXERCISES.items()}
_LESSON_OF |= {name: question.lesson for name, question in WRITTEN.items()}
_LESSONS = frozenset(_LESSON_OF.values())
_BUILTIN = frozenset(dir(builtins))
# What a cell defines a name as: the blank stub; a function, or whatever can be called; a value
# that may turn out to be one.
_Kind = Literal["stub", "function", "value"]

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_ALWAYS_KEPT = (ast.Import, ast.ImportFrom, *_FUNCTIONS, ast.ClassDef)
_BLOCKS = (ast.If, ast.With, ast.Try, ast.TryStar)
_KEPT_OF_ANSWER = (*_ALWAYS_KEPT, ast.Assign, ast.AnnAssign, ast.AugAssign, *_BLOCKS)


@dataclass(frozen=True)
class Answer:
    """One answer as it stands in a notebook.

    Attributes
    ----------
    name : str
        The exercise.
    setup : tuple of str
        What to run first: imports, definitions and literal assignments, a text for each other
        cell of the notebook that has some.
    source : str
        The cell with the answer, less its demos. Lines keep their numbers where they can.
    notes : tuple of str
        Remarks for the teacher. Cells are counted from 1.
    """

    name: str
    setup: tuple[str, ...]
    source: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Work:
    """What was found in all notebooks of a learner.

    Attributes
    ----------
    answers : dict of str to Answer
        The exercises that were attempted.
    blank : frozenset of str
        The exercises, and the questions in words, that are as they were given out, or empty.
    written : dict of str to str
        The answers in words.
    notes : tuple of str
        Remarks for the teacher about notebooks.
    unreadable : tuple of str
        The notebooks that could not be read at all.
    """

    answers: dict[str, Answer]
    blank: frozenset[str]
    written: dict[str, str]
    notes: tuple[str, ...]
    unreadable: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Cell:
    """A cell and what follows from its text; only a cell with code defines anything."""

    number: int
    kind: str
    mark: str
    text: str
    is_code: bool = False
    parses: bool = False
    says_nothing: bool = False
    defines: Mapping[str, _Kind] = field(default_factory=dict)
    setup: str = ""

    @cached_property
    def symbols(self) -> _Symbols:
        return _symbols(self.text) if self.parses else _Symbols()

    @cached_property
    def setup_symbols(self) -> _Symbols:
        return _symbols(self.setup)

    def answers(self, name: str) -> bool:
        return self.defines.get(name) in ("function", "value")

    def setup_without(self, name: str) -> str:
        if name not in self.setup_symbols.bound:
            return self.setup
        return _kept(self.setup, lambda part: name not in dict(_bound([part])))


@dataclass(frozen=True, eq=False)
class _Notebook:
    name: str
    cells: tuple[_Cell, ...]
    lesson: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Symbols:
    """Names that a text binds at its top level, and those that it reads from there."""

    bound: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()


def find_answers(notebooks: Mapping[str, bytes], names: Collection[str]) -> Work:
    r"""Find a learner's answers, by nbgrader's marks of cells, else by the names they define.

    Parameters
    ----------
    notebooks : mapping of str to bytes
        The contents of the notebooks, by file name.
    names : collection of str
        The exercises and questions in words that count.

    Returns
    -------
    Work
        The answers. A name that is in none of its parts is in no notebook.

    Examples
    --------
    >>> import json
    >>> from gradlab.grading.answers import find_answers
    >>> cell = {"cell_type": "code", "source": "def double(x):\n    return 2 * x\ndouble(3)\n"}
    >>> notebook = json.dumps({"cells": [cell], "metadata": {"kernelspec": {}}})
    >>> answer = find_answers({"mine.ipynb": notebook.encode()}, ["double"]).answers["double"]
    >>> answer.source
    'def double(x):\n    return 2 * x\n\n'
    >>> answer.notes
    ("found by the function's name, in cell 1", 'same as published')
    """
    found = {name: _read(_printable(name), notebooks[name]) for name in sorted(notebooks)}
    books = [book for book in found.values() if isinstance(book, _Notebook)]
    unreadable = {name: why for name, why in found.items() if isinstance(why, str)}
    notes = [*unreadable.values(), *(note for book in books for note in book.notes)]
    used, choices = _one_for_each_lesson(books)
    answers: dict[str, Answer] = {}
    written: dict[str, str] = {}
    blank = set()
    for name in (name for name in _LESSON_OF if name in names):
        first = used.get(_LESSON_OF[name])
        ordered = [book for book in books if book is first]
        ordered += [book for book in books if book is not first]
        if answer := _answer(name, first, ordered):
            answers[name] = answer
        elif text := next(filter(None, _written(name, ordered)), ""):
            written[name] = text
        elif _is_there(name, ordered):
            blank.add(name)
    copied = [f"{name}: {_SAME}" for name, text in written.items() if _is_model(name, text)]
    return Work(answers, frozenset(blank), written, (*notes, *choices, *copied), tuple(unreadable))


def _one_for_each_lesson(
    books: Sequence[_Notebook],
) -> tuple[dict[int, _Notebook], list[str]]:
    """Return the notebook that counts for each lesson, and remarks where there was a choice."""
    used, notes = {}, []
    for lesson in sorted({book.lesson for book in books if book.lesson is not None}):
        same = [book for book in books if book.lesson == lesson]
        best = min(
            same, key=lambda book: (-_attempts(book), not _is_lesson_file(book.name), book.name)
        )
        used[lesson] = best
        if len(same) > 1:
            names = _listed([book.name for book in same])
            notes.append(
                f"lesson {lesson} is there {len(same)} times ({names}): {best.name} counts"
            )
    return used, notes


def _attempts(book: _Notebook) -> int:
    """Count the exercises of its own lesson that a notebook answers."""
    names = [name for name, lesson in _LESSON_OF.items() if lesson == book.lesson]
    return sum(bool(_pick(name, book.cells) or any(_written(name, [book]))) for name in names)


@cache
def _lesson_files() -> frozenset[str]:
    return frozenset(path.name for path in lessons_folder().glob(LESSONS))


def _is_lesson_file(name: str) -> bool:
    """Whether a file is called as the lesson was given out, perhaps after a learner's name."""
    return any(name == own or name.endswith(f"_{own}") for own in _lesson_files())


# Which cell has an answer


def _answer(name: str, first: _Notebook | None, books: Sequence[_Notebook]) -> Answer | None:
    """Take an answer from its lesson's own notebook if it is there, else from any other."""
    picks = [(book, cell) for book in books if (cell := _pick(name, book.cells))]
    if not picks:
        return None
    book, cell = min(picks, key=lambda pick: (pick[0] is not first, pick[1].mark != name))
    source = _kept(cell.text, _in_answer) if cell.parses else cell.text
    setup, computed = _setup(name, cell, source, book.cells)
    notes = [*_remarks(name, cell, book.cells)]
    if book is not first:
        notes.insert(0, f"found in {book.name}")
    if computed:
        notes.append(
            f"uses {_listed(computed)}, set by code that is not run: of other cells, only "
            "imports, definitions and literal values are"
        )
    if _is_published(name, cell.text):
        notes.append(_SAME)
    return Answer(name, setup, source, tuple(notes))


def _pick(name: str, cells: Sequence[_Cell]) -> _Cell | None:
    """Return the cell of a notebook that answers an exercise; None if none does."""
    if name not in EXERCISES:
        return None
    marked = [cell for cell in cells if cell.mark == name and cell.is_code]
    others = [cell for cell in cells if cell.mark != name and cell.is_code]
    ranks = (
        [cell for cell in marked if cell.answers(name)],
        [cell for cell in marked if not cell.parses],
        [cell for cell in others if cell.defines.get(name) == "function"],
        [cell for cell in others if cell.defines.get(name) == "value"],
        [cell for cell in others if not cell.parses and _looks_defined(name, cell.text)],
        [cell for cell in marked if not cell.says_nothing and name not in cell.defines],
    )
    return next((rank[-1] for rank in ranks if rank), None)


def _looks_defined(name: str, text: str) -> bool:
    return re.search(rf"\bdef {name}\b", text) is not None


def _is_there(name: str, books: Sequence[_Notebook]) -> bool:
    """Whether a notebook has the cell for an answer at all, be it blank."""
    cells = (cell for book in books for cell in book.cells)
    return any(cell.mark == name or name in cell.defines for cell in cells) or any(
        True for _ in _written(name, books)
    )


def _remarks(name: str, cell: _Cell, cells: Sequence[_Cell]) -> Iterator[str]:
    """Say how a cell was found, and what else might have been meant."""
    marked = [other for other in cells if other.mark == name]
    rivals = [o for o in cells if o.mark != name and o.answers(name) and o is not cell]
    if cell.mark != name:
        yield f"found by the function's name, in cell {cell.number}"
        if rivals:
            numbers = _listed([str(other.number) for other in rivals])
            yield f"is defined in cell {numbers} too; cell {cell.number} counts"
    elif later := [str(other.number) for other in rivals if other.number > cell.number]:
        numbers = _listed(later)
        yield f"is defined again in cell {numbers}, without the mark; the marked cell counts"
    if len(marked) > 1:
        yield f"the cell is there {len(marked)} times; the last one that was answered counts"
    if cell.kind != "code":
        yield f"cell {cell.number} is no code cell; read as one"
    if not cell.parses:
        yield f"cell {cell.number} is not valid Python"


def _written(name: str, books: Iterable[_Notebook]) -> Iterator[str]:
    """Yield the answers to a question in words, the last of a notebook first; "" is a blank one.

    Without its mark, the answer is what follows the rubric.
    """
    if name not in WRITTEN:
        return
    rubric = WRITTEN[name].rubric_table()
    for book in books:
        found = [cell for cell in book.cells if cell.mark == name] or [
            cell
            for above, cell in pairwise(book.cells)
            if above.text.strip() == rubric
            # A heading belongs to the lesson: the cell with the answer was deleted.
            and not cell.text.startswith("## ")
        ]
        for cell in reversed(found):
            yield cell.text if cell.text.replace(_PLACEHOLDER, "").strip() else ""


def _is_model(name: str, text: str) -> bool:
    return text.strip() == WRITTEN[name].model.strip()


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_LISTED])
    return f"{shown}, ..." if len(names) > _MOST_LISTED else shown


# What an answer needs of other cells


def _setup(
    name: str, answer: _Cell, source: str, cells: Sequence[_Cell]
) -> tuple[tuple[str, ...], list[str]]:
    """Return what to run before an answer, and the names that it lacks even so.

    That is what stands above, and, of what stands below, what the answer cannot do without: in a
    notebook it may have been run first.
    """
    above = [cell for cell in cells if cell.setup and cell.number < answer.number]
    below = [cell for cell in cells if cell.setup and cell.number > answer.number]
    own = _symbols(source)
    where = {key: cell for cell in (*below, *above) for key in cell.setup_symbols.bound}
    seen = {name, *own.bound, *_BUILTIN}
    waiting = [*own.read]
    needed, missing = set(), set()
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        if key not in where:
            missing.add(key)
        elif where[key] not in needed:
            needed.add(where[key])
            waiting.extend(where[key].setup_symbols.read)
    texts = [
        cell.setup_without(name) for cell in (*above, *(cell for cell in below if cell in needed))
    ]
    set_somewhere = {key for cell in cells if missing for key in cell.symbols.bound}
    return tuple(filter(None, texts)), sorted(missing & set_somewhere)


# Reading a notebook


def _read(name: str, content: bytes) -> _Notebook | str:
    """Return what a file holds, or a sentence that says why it is no notebook."""
    if len(content) > _MOST_BYTES:
        return f"{name} has {len(content) / 1e6:.0f} MB; up to {_MOST_BYTES / 1e6:.0f} are read"
    if not content.strip():
        return f"{name} is empty"
    # What is between these takes far more memory than in the file.
    if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        return f"{name} holds too many values: up to {_MOST_VALUES:,} are read"
    text, encoding = _decoded(content)
    try:
        # Any length of digits is a float; an int of too many would raise.
        data = json.loads(text, strict=False, parse_int=float)
    except (ValueError, RecursionError, MemoryError):
        return f"{name} is not a notebook: its text is not JSON, or only a part of it"
    raw = _raw_cells(data)
    if raw is None:
        return f"{name} is not a notebook: it has no list of cells"
    notes = [f"is not in UTF-8; read as {encoding}"] if encoding else []
    notes += _oddities(data)
    if len(raw) > _MOST_CELLS:
        notes.append(f"has {len(raw)} cells; the first {_MOST_CELLS} are read")
    cells, unread = _cells(raw[:_MOST_CELLS])
    if unread:
        notes.append(f"has more code than is read: cell {_listed(unread)} is left out")
    return _Notebook(
        name, tuple(cells), _lesson(name, cells), tuple(f"{name} {note}" for note in notes)
    )


def _decoded(content: bytes) -> tuple[str, str]:
    """Return the text and, if it is not in UTF-8, what it is in."""
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16", errors="replace"), "UTF-16"
        return content.decode("latin-1"), "Latin-1"


def _raw_cells(data: Any) -> list[Any] | None:
    """Return the list of cells, which before nbformat 4 was in parts; None without one."""
    if not isinstance(data, dict):
        return None
    if isinstance(data.get("cells"), list):
        return list(data["cells"])
    if not isinstance(data.get("worksheets"), list):
        return None
    sheets = [sheet.get("cells") for sheet in data["worksheets"] if isinstance(sheet, dict)]
    return [cell for cells in sheets if isinstance(cells, list) for cell in cells]


def _oddities(data: dict[str, Any]) -> list[str]:
    if not isinstance(data.get("cells"), list):
        return ["is in an old notebook format"]
    if not isinstance(_part(data, "metadata").get("kernelspec"), dict):
        return ["names no kernel; read as Python"]
    return []


def _part(data: dict[str, Any], key: str) -> dict[str, Any]:
    part = data.get(key)
    return part if isinstance(part, dict) else {}


@dataclass
class _Left:
    """How much more of a notebook is read, in characters."""

    code: int = _MOST_CODE
    for_ipython: int = _MOST_FOR_IPYTHON


def _cells(raws: Sequence[Any]) -> tuple[list[_Cell], list[str]]:
    """Return the cells, and the numbers of those with more code than is read."""
    cells, unread = [], []
    left = _Left()
    for number, raw in enumerate(raws, start=1):
        if not isinstance(raw, dict):
            continue
        kind = raw.get("cell_type")
        mark = _part(_part(raw, "metadata"), "nbgrader").get("grade_id")
        cell = _Cell(
            number,
            kind if isinstance(kind, str) else "code",
            mark if isinstance(mark, str) else "",
            _source(raw),
        )
        # A key pressed by accident turns a cell for code into one for text, or the other way.
        if cell.mark in WRITTEN or (cell.kind != "code" and cell.mark not in EXERCISES):
            cells.append(replace(cell, text=cell.text[:_MOST_IN_A_CELL]))
        elif len(cell.text) > min(_MOST_IN_A_CELL, left.code):
            unread.append(str(number))
        else:
            cells.append(_with_code(cell, left))
    return cells, unread


def _source(raw: dict[str, Any]) -> str:
    source = raw.get("source", raw.get("input"))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str):
        return ""
    text = _printable(source.replace("\r\n", "\n").replace("\r", "\n"))
    return f"# {text}" if raw.get("cell_type") == "heading" else text


def _printable(text: str) -> str:
    """Replace halves of surrogate pairs: JSON and file names can hold them, no report can."""
    return text.encode("utf-8", errors="replace").decode("utf-8")


def _with_code(cell: _Cell, left: _Left) -> _Cell:
    """Add to a cell what follows from its code."""
    left.code -= len(cell.text)
    text, tree = _python(cell.text, left)
    if tree is None:
        return replace(cell, is_code=True)
    return replace(
        cell,
        text=text,
        is_code=True,
        parses=True,
        says_nothing=_says_nothing(tree.body),
        defines={name: _kind(what) for name, what in _bound(tree.body) if not _is_literal(what)},
        setup="" if cell.mark.startswith("grade_") else _kept(text, _in_setup),
    )


def _lesson(name: str, cells: Sequence[_Cell]) -> int | None:
    """Return which lesson a notebook is: by its marks, its name, its title or what it defines."""
    title = next((cell.text for cell in cells if not cell.is_code and cell.text.strip()), "")
    headline = _NUMBERED_HEADLINE.match(title)
    guesses: tuple[list[int], ...] = (
        [_LESSON_OF.get(cell.mark.removeprefix("grade_"), -1) for cell in cells],
        [int(number) for number in _NUMBERED_NAME.findall(name)[-1:]],
        [int(headline[1])] if headline else [],
        [_LESSON_OF.get(key, -1) for cell in cells for key in cell.defines],
    )
    for lessons in guesses:
        known = Counter(lesson for lesson in lessons if lesson in _LESSONS)
        if known:
            return known.most_common(1)[0][0]
    return None


# Python in a cell


def _python(raw: str, left: _Left) -> tuple[str, ast.Module | None]:
    """Return the Python of a cell with its syntax tree; None if it has none."""
    magics = _PYTHON_MAGICS.match(raw)
    # The lines keep their numbers.
    text = "\n" * magics[0].count("\n") + raw[magics.end() :] if magics else raw
    tree = _tree(text)
    if tree is None:
        text = _without_magics(text, left)
        tree = _tree(text)
    return text, tree


def _tree(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _without_magics(text: str, left: _Left) -> str:
    """Return a cell as IPython reads it: a magic becomes a call, which falls away as a demo."""
    effort = len(text) * (1 + len(_MAY_BE_MAGIC.findall(text)))
    if effort > left.for_ipython or max(map(len, text.split("\n"))) > _LONGEST_FOR_IPYTHON:
        return text
    left.for_ipython -= effort
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        return str(TransformerManager().transform_cell(text))
    except Exception:  # It was not made for hostile text, and may not be installed.
        return text


def _symbols(text: str) -> _Symbols:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tables = [symtable.symtable(text, "answer", "exec")]
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _Symbols()
    top = tables[0]
    bound = {key.get_name() for key in top.get_symbols() if key.is_assigned() or key.is_imported()}
    read = set()
    for table in tables:
        tables += table.get_children()
        read |= {
            key.get_name()
            for key in table.get_symbols()
            if key.is_referenced() and (table is top or key.is_global())
        }
    return _Symbols(frozenset(bound), frozenset(read))


def _bound(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    """Yield each name that statements bind, in order, and what it is bound to."""
    waiting: deque[ast.AST] = deque(statements)
    while waiting:
        match waiting.popleft():
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() as definition:
                yield definition.name, definition
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases) as imported:
                yield from ((a.asname or a.name.partition(".")[0], imported) for a in aliases)
            case ast.Assign(targets=targets, value=value):
                yield from ((key, value) for target in targets for key in _targets(target))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from ((key, value) for key in _targets(target))
            case ast.If() | ast.With() | ast.Try() | ast.TryStar() | ast.ExceptHandler() as block:
                waiting.extendleft(reversed([*ast.iter_child_nodes(block)]))


def _targets(target: ast.expr) -> list[str]:
    return [
        node.id
        for node in ast.walk(target)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _kind(what: ast.AST) -> _Kind:
    if isinstance(what, _FUNCTIONS) and _says_nothing(what.body):
        return "stub"
    return "function" if isinstance(what, (*_ALWAYS_KEPT, ast.Lambda)) else "value"


def _says_nothing(body: Sequence[ast.stmt]) -> bool:
    """Whether statements are at most a docstring and a line that stands for an answer."""
    for statement in body:
        match statement:
            case ast.Pass() | ast.Expr(value=ast.Constant(value=str())):
                continue
            case ast.Expr(value=ast.Constant(value=said)) if said is ...:
                continue
            case ast.Raise(exc=ast.Name(id="NotImplementedError")):
                continue
            case ast.Raise(exc=ast.Call(func=ast.Name(id="NotImplementedError"))):
                continue
        return False
    return True


def _is_published(name: str, text: str) -> bool:
    """Whether the function in a cell has the syntax tree of the published one."""
    return _dump(name, text) == _published(name)


@cache
def _published(name: str) -> str:
    return _dump(name, EXERCISES[name].source())


def _dump(name: str, text: str) -> str:
    """Return the syntax tree of a function, less its docstring, as text; "" if it is none."""
    tree = _tree(text)
    function = dict(_bound(tree.body)).get(name) if tree else None
    if not isinstance(function, ast.FunctionDef):
        return ""
    if ast.get_docstring(function, clean=False) is not None:
        del function.body[0]
    try:
        return ast.dump(function)
    except (RecursionError, ValueError):
        return ""


# What is kept of a cell


def _kept(text: str, keeps: Callable[[ast.stmt], bool]) -> str:
    """Return a cell without the statements that are not kept: their lines become empty.

    Where that cannot be, as they share lines with others, what is kept is written anew.
    """
    tree = _tree(text)
    body = tree.body if tree else []
    kept = [part for part in body if keeps(part)]
    if not kept or len(kept) == len(body):
        return text if kept else ""
    gone = {line for part in body if not keeps(part) for line in _lines(part)}
    if gone.isdisjoint(line for part in kept for line in _lines(part)):
        lines = enumerate(text.split("\n"), start=1)
        emptied = "\n".join("" if number in gone else line for number, line in lines)
        # Not if a dropped line ended in a backslash, say.
        if _tree(emptied):
            return emptied
    try:
        return ast.unparse(ast.Module(kept, []))
    except (RecursionError, ValueError):
        return ""


def _lines(statement: ast.stmt) -> range:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    first = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    return range(first, (statement.end_lineno or first) + 1)


def _in_answer(statement: ast.stmt) -> bool:
    return isinstance(statement, _KEPT_OF_ANSWER)


def _in_setup(statement: ast.stmt) -> bool:
    match statement:
        case ast.Assign(targets=targets, value=value):
            return all(map(_is_names, targets)) and _is_harmless(value)
        case ast.AnnAssign(target=target, value=annotated):
            return _is_names(target) and (annotated is None or _is_harmless(annotated))
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            handled = [part for handler in handlers for part in handler.body]
            parts = [*body, *handled, *orelse, *final]
            return all(isinstance(part, ast.Pass) or _in_setup(part) for part in parts)
    return isinstance(statement, _ALWAYS_KEPT)


def _is_names(target: ast.expr) -> bool:
    parts = (ast.Name, ast.Tuple, ast.List, ast.Starred, ast.expr_context)
    return all(isinstance(node, parts) for node in ast.walk(target))


def _is_harmless(value: ast.expr) -> bool:
    return isinstance(value, ast.Lambda) or _is_literal(value)


def _is_literal(value: ast.AST | None, depth: int = _DEEPEST_LITERAL) -> bool:
    """Whether something is a literal, or arithmetic of numbers that is cheap to work out."""
    match value:
        case ast.Constant():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return depth > 0 and all(_is_literal(part, depth - 1) for part in parts)
        case ast.Dict(keys=keys, values=values):
            return depth > 0 and all(_is_literal(part, depth - 1) for part in (*keys, *values))
    return _is_number(value)


def _is_number(value: ast.AST | None, depth: int = _DEEPEST_ARITHMETIC) -> bool:
    match value:
        case ast.Constant(value=int() | float() | complex()):
            return True
        case ast.UnaryOp(op=ast.UAdd() | ast.USub() | ast.Invert(), operand=operand):
            return depth > 0 and _is_number(operand, depth - 1)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return _is_small(left, _LARGEST_BASE) and _is_small(right, _LARGEST_EXPONENT)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div() | ast.FloorDiv()):
            parts = (value.left, value.right)
            return depth > 0 and all(_is_number(part, depth - 1) for part in parts)
    return False


def _is_small(value: ast.expr, largest: int) -> bool:
    match value:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return number <= largest
        case ast.Constant(value=int() | float() as number):
            return number <= largest
    return False
