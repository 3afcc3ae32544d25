"""Notebooks drawn at random, in which names share lists and functions change what they get."""

from random import Random

_NAMES = ["a", "b", "c", "d"]
_FUNCTIONS = ["f", "g", "h"]
_BEGINNING = [
    "import contextlib",
    "\n".join(f"{name} = [{number}]" for number, name in enumerate(_NAMES)),
    "def f(x):\n    x.append(7)\n    return x\n"
    "def g(x):\n    return x + b\n"
    "def h(x):\n    return [len(x)]",
    "class Box:\n    def __init__(self, x):\n        self.x = x\n"
    "    def put(self, v):\n        self.x = self.x + [v]\n        return self.x\n"
    "    def fill(self, t):\n        t.append(8)\n"
    "box = Box(a)",
]


def draw_cells(rng: Random) -> list[str]:
    """Return the cells of a notebook; the last one is the answer."""
    cells = [
        "\n".join(_draw_statement(rng) for _ in range(rng.randrange(1, 4)))
        for _ in range(rng.randrange(1, 7))
    ]
    results = [*_NAMES, f"f({rng.choice(_NAMES)})", f"g({rng.choice(_NAMES)})", "box.x"]
    used = rng.sample(results, rng.randrange(1, 3))
    return [*_BEGINNING, *cells, f"def double(x):\n    return [{', '.join(used)}]"]


def _draw_statement(rng: Random) -> str:
    first, other, third = (rng.choice(_NAMES) for _ in range(3))
    simple = _draw_simple(rng)
    kind = rng.randrange(11)
    if kind < 6:
        return simple
    if kind == 6:
        return f"for {first} in [{other}, {third}]:\n    {simple}"
    if kind == 7:
        return f"if len({first}) > 1:\n    {simple}\nelse:\n    {_draw_simple(rng)}"
    if kind == 8:
        return f"with contextlib.nullcontext({first}) as {other}:\n    {simple}"
    if kind == 9:
        method = f"    def put(self, v):\n        {first}.append(v)"
        return f"class Box(Box):\n{method}\nbox = Box({other})"
    body = [f"global {', '.join(rng.sample(_NAMES, 2))}"] if rng.random() < 0.5 else []
    body += [_draw_simple(rng) for _ in range(rng.randrange(1, 3))]
    body.append(f"return {rng.choice(['x', first, 'x + [1]'])}")
    return "\n    ".join([f"def {rng.choice(_FUNCTIONS)}(x):", *body])


def _draw_simple(rng: Random) -> str:
    name, other = rng.choice(_NAMES), rng.choice(_NAMES)
    function, value = rng.choice(_FUNCTIONS), _draw_value(rng)
    return rng.choice(
        [
            *[f"{name} = {value}"] * 3,
            f"{name} += {value}",
            f"{name}.append({rng.randrange(9)})",
            f"{name}[:1] = [{rng.randrange(9)}]",
            f"{function}({name})",
            f"{name}, {other} = {value}, {_draw_value(rng)}",
            f"print({value})",
            f"{name} = ({other} := {value})",
            f"{name} = {other} = {value}",
            f"list(map({function}, [{name}]))",
            f"{function} = {rng.choice(_FUNCTIONS)}",
            f"box.put({rng.randrange(9)})",
            f"box.fill({name})",
            f"box.x = {name}",
            f"{name} = box.x",
        ]
    )


def _draw_value(rng: Random) -> str:
    name, other, third = (rng.choice(_NAMES) for _ in range(3))
    return rng.choice(
        [
            *[name] * 3,
            f"[{rng.randrange(5)}]",
            f"{name} + {other}",
            f"{rng.choice(_FUNCTIONS)}({name})",
            f"[x for x in {name}]",
            f"{name}[:]",
            f"({name} if len({other}) > 1 else {third})",
        ]
    )
