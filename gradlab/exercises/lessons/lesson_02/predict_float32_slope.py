"""The exercise ``predict_float32_slope`` of lesson 2: choose and say why."""

from __future__ import annotations

from gradlab.exercises.choice import Option, make_choice


def predict_float32_slope():
    """Return two letters: your answer (a to d), then your reason (p to s)."""
    return "c", "q"


EXERCISE = make_choice(
    points=2,
    reference=predict_float32_slope,
    question="""
For $\\sin$ at $x = 1$ in float64, $h = 10^{-8}$ is near the best step of the forward difference.
Now somebody casts $x$ and $h$ to **float32**, and leaves the rest as it is:
$(\\sin(x + h) - \\sin x)/h$, each operation in float32. The slope is $\\cos 1 = 0.5403\\dots$
What comes out?
""",
    answers=(
        Option(
            "a",
            "0.5403, right to about 8 digits",
            "8 digits are what float64 leaves. A float32 number has no more than about 7 digits, "
            "before anything is subtracted.",
        ),
        Option(
            "b",
            "a number that is wrong by several units, up or down",
            "The V's rounding line says up to 10 here, and it is a bound, not a law. What does a "
            "float32 make of 1 + 1e-8?",
        ),
        Option("c", "exactly 0"),
        Option(
            "d",
            "NaN, for 0 divided by 0",
            "NaN would need h = 0. The smallest positive numbers of float32 are far below 1e-8: "
            "print np.float32(1e-8).",
        ),
    ),
    reasons=(
        Option(
            "p",
            "Each value of $\\sin$ is wrong by up to $u|f|$, and the division by $h$ magnifies "
            "the difference of these errors.",
            "The answer is right, but not for this reason: what is magnified is the difference "
            "of two errors. Which two values are subtracted here?",
        ),
        Option("q", "$x + h$ is rounded to $x$, since float32 numbers near 1 are too far apart."),
        Option(
            "r",
            "$10^{-8}$ is too small for float32, so $h$ itself is rounded to 0.",
            "The answer is right, but if h were 0, 0 / 0 would come out, which is NaN. Print "
            "np.float32(1e-8): small numbers by themselves are no trouble.",
        ),
        Option(
            "s",
            "At so small an $h$ the truncation error, $\\frac{h}{2} |f''|$, is all that is left "
            "of the error.",
            "The answer is right, but truncation is about 4e-9 here, and the error of this "
            "answer is 0.54. What else is there at a small h?",
        ),
    ),
    hints=(
        "Do it in steps, as the computer does: what is x + h, before sin is called?",
        "Above 1 the float32 numbers are 2**-23 apart, about 1.2e-7: np.spacing(np.float32(1)).",
        "1 + 1e-8 is nearer to 1 than to the next float32. So which two sines are subtracted?",
    ),
    also_right=(
        lambda: ["c", "q"],
        lambda: "cq",
        lambda: "C, Q",
        lambda: (" c ", "Q"),
    ),
)
