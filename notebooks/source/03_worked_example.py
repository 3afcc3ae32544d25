# %% [markdown]
# # 3 Worked example: x² + 3x at x = 2
#
# **29 minutes**: 18 to read and run, 11 for exercises.
#
# **What you will do.** Take one derivative by hand, by code and by exact fractions. Predict each
# error before you measure it. Then decide how close is close enough.
#
# **What you will learn.**
# - why the central difference of this function has no truncation error;
# - which error is truncation and which is rounding, seen apart;
# - how to compare two numbers: absolute and relative tolerance, zeros and NaN.
#
# **What you need.** [Lesson 2](02_taylor_series_error_analysis.ipynb), above all its two error
# terms.

# %%
import math
from fractions import Fraction

import numpy as np

import gradlab

# %% [markdown]
# ## By hand (3 min)
#
# Our function is $f(x) = x^2 + 3x$. Calculus says $f'(x) = 2x + 3$, so $f'(2) = 7$.
#
# Now without calculus, with a step of $h = 0.001$. Take pen and paper:
#
# $$f(2.001) = 4.004001 + 6.003 = 10.007001,$$
# $$f(1.999) = 3.996001 + 5.997 = 9.993001.$$
#
# **Predict.** The rise over the run: what do you get?

# %%
print(round((10.007001 - 9.993001) / 0.002, 6))

# %% [markdown]
# By hand the rise is $0.014$ and the run $0.002$, so the slope is exactly $7$. (The cell rounds; you
# will see why in a moment.) Is that luck?

# %% [markdown]
# ## Why exactly 7, at every step (4 min)
#
# Write out the two values for any $h$:
#
# $$f(2 + h) = (2 + h)^2 + 3(2 + h) = 10 + 7h + h^2,$$
# $$f(2 - h) = (2 - h)^2 + 3(2 - h) = 10 - 7h + h^2.$$
#
# Subtract. The 10 cancels, and so does the $h^2$. What is left is $14h$, and $14h / (2h) = 7$.
#
# Lesson 2 says the same in general. The error of the central difference is $\frac{h^2}{6}
# f'''(\xi)$, and a parabola has $f''' = 0$ everywhere. So there is no truncation error, whatever
# $h$ is.
#
# The forward difference has the error $\frac{h}{2} f''(\xi)$, and here $f'' = 2$ everywhere.
#
# **Predict.** What will forward give at $h = 0.001$? And at $h = 1$?
#
# To see it free of rounding, compute in fractions. Python has them.


# %%
def parabola(x):
    return x * x + 3 * x


x = Fraction(2)
for h in (Fraction(1), Fraction(1, 10), Fraction(1, 1000)):
    forward = (parabola(x + h) - parabola(x)) / h
    central = (parabola(x + h) - parabola(x - h)) / (2 * h)
    print(f"h = {h!s:<6}  forward {forward!s:<9}  central {central}")

# %% [markdown]
# Central is 7 each time, even at $h = 1$. Forward is $8$, $71/10$ and $7001/1000$: $7 + h$ to the
# last digit. These fractions are a proof for these steps, and the algebra above for all.

# %% [markdown]
# ## What float64 makes of it (3 min)
#
# **Predict.** The same again, in floating point. Will central print 7.0?

# %%
for h in (0.1, 0.001, 1e-5, 1e-8):
    forward = (parabola(2.0 + h) - parabola(2.0)) / h
    central = (parabola(2.0 + h) - parabola(2.0 - h)) / (2 * h)
    print(f"h = {h:<7g} forward {forward:<18}  central {central}")

# %% [markdown]
# Now central is a little off, by about $10^{-14}$ at first and by $10^{-7}$ in the end. Here are
# more steps.

# %%
steps = 10.0 ** np.linspace(-1, -12, 34)
central = gradlab.sweep(parabola, 2.0, 7.0, "central", steps)[1]
forward = gradlab.sweep(parabola, 2.0, 7.0, "forward", steps)[1]
gradlab.show(gradlab.plots.plot_against_step(steps, {"forward": forward, "central": central}))

# %% [markdown]
# Central has no right side: there is no truncation, so **all of its error is rounding**. It grows
# as $h$ shrinks, roughly like $1/h$. (Where central is exactly 7 there is no dot: 0 has no
# logarithm.)
#
# Forward shows both. On the right its error is $h$, a straight line. On the left rounding takes
# over.
#
# You can bound the rounding. Each value of $f$ is near 10. It is made of a few operations, `x + h`
# among them, each wrong by at most $u = 2^{-53}$ times its result. So the difference of two values is wrong by a
# few times $10u$, and the slope by a few times $10u/h$.

# %%
for h in (0.1, 0.001, 1e-5, 1e-8):
    error = abs((parabola(2.0 + h) - parabola(2.0 - h)) / (2 * h) - 7)
    print(f"h = {h:<7g} central's error is below 4 * 10u/h:", error < 40 * 2.0**-53 / h)

# %% [markdown]
# ## Your turn: function and derivative (2 min)
#
# Write both down yourself, `f(x)` for $x^2 + 3x$ and `f_prime(x)` for its derivative. They take
# a number or an array.

# %% exercise="f"

# %% grade="f"

# %% exercise="f_prime"

# %% grade="f_prime"

# %% [markdown]
# ## Your turn: predict an error (2 min)
#
# A prediction that you can compute before you measure is worth more than ten measurements.
#
# Write `predict_forward_error(h)`: the error of the forward difference of $x^2 + 3x$, that is
# *forward minus exact*, with its sign, for a step $h$, a number or an array. It is the same at every
# $x$. Write a formula for it; a measurement would bring rounding along.

# %% exercise="predict_forward_error"

# %% grade="predict_forward_error"

# %% [markdown]
# ## A cubic, to the digit (3 min)
#
# Central is exact for parabolas. The simplest polynomial that it gets wrong is a cubic: $f(x) = x^3$
# has $f'''(x) = 6$ everywhere, so the error must be $\frac{h^2}{6} \cdot 6 = h^2$.
#
# **Predict.** At $x = 2$ the derivative is $3x^2 = 12$. Write down all digits that central gives
# at $h = 0.01$. Then run.


# %%
def cube(x):
    return x * x * x


x, h = Fraction(2), Fraction(1, 100)
exact = (cube(x + h) - cube(x - h)) / (2 * h)
print("in fractions:", exact, "=", float(exact))
print("in float64:  ", round(gradlab.central_difference(cube, 2.0, 0.01), 10))

# %% [markdown]
# $12.0001$: the error is $h^2 = 0.0001$, to the digit. For $a x^3$ it is exactly $a h^2$, at every
# $x$. A formula that predicts a number before it is measured has earned your trust.

# %% [markdown]
# ## How close is close enough? (5 min)
#
# You have a derivative $a$ from calculus and a number $n$ from a difference. They are never quite
# equal. When do you say that they agree?
#
# A first idea is an **absolute** tolerance: $|n - a| \le 10^{-5}$. Here that is fine.
#
# **Predict.** Which of these four pairs agree to a fair judge, and which pass that test?

# %%
pairs = [
    ("our example", 6.999999999999673, 7.0),
    ("tiny, off by half", 1.5e-9, 1.0e-9),
    ("huge, right to 9 digits", 1.000000001e9, 1.0e9),
    ("zero against rounding", 1e-12, 0.0),
]
print("                         absolute  relative  both")
for name, n, a in pairs:
    absolute = abs(n - a) <= 1e-5
    relative = abs(n - a) <= 1e-7 * max(abs(n), abs(a))
    both = abs(n - a) <= 1e-10 + 1e-7 * max(abs(n), abs(a))
    print(f"{name:<24} {absolute!s:<9} {relative!s:<9} {both}")

# %% [markdown]
# The absolute test passes a derivative that is wrong by half, because both numbers are tiny. It
# fails one that is right in nine digits, because both are huge.
#
# A **relative** tolerance gets these two right: it compares the distance with the size of the
# numbers. But against 0 it fails for every $n$ other than 0, however small.
#
# So take both:
#
# $$|n - a| \le \text{atol} + \text{rtol} \cdot \max(|n|, |a|).$$
#
# The relative part does the work where there is a size. The absolute part takes over near zero: it
# says what you call nothing. Choose it below the derivatives that matter to you: with
# $\text{atol} = 10^{-8}$ the pair that is off by half would pass again.
#
# Two questions remain. *Is it fair?* The maximum treats both sides alike, so the answer does not
# depend on who comes first. *What about NaN?*

# %%
nan = float("nan")
print("nan <= 1 is", nan <= 1)
print("nan > 1 is ", nan > 1)
print("max(1.0, nan) is", max(1.0, nan), "but max(nan, 1.0) is", max(nan, 1.0))
print("inf <= 1e-7 * inf is", math.inf <= 1e-7 * math.inf)

# %% [markdown]
# Every comparison with NaN is false, except `!=`, which is true. So a test that asks "is the distance too **large**?" lets NaN
# pass, and one that asks "is it small **enough**?" does not. Python's `max` depends on the order.
# And if the formula alone decides, an infinite number is close to every finite one.
#
# A gradient that is NaN or infinite is wrong. Say so first: agree only if both are finite.

# %% [markdown]
# ## Your turn: close enough (3 min)
#
# Write `close_enough(numeric, analytic, rtol, atol)`, which returns `True` or `False`.
#
# - True if $|n - a| \le \text{atol} + \text{rtol} \cdot \max(|n|, |a|)$.
# - False if one of them, or both, is NaN or infinite.
# - It works where both are 0, and it does not care which of the two comes first.
#
# `math.isfinite` tells whether a number is finite.

# %% exercise="close_enough"

# %% grade="close_enough"

# %% [markdown]
# ## Your turn: a lopsided pair (4 min)
#
# *Is it fair?* NumPy's own `np.isclose(a, b, rtol=rtol, atol=atol)` is not: it asks for
# $|a - b| \le \text{atol} + \text{rtol} \cdot |b|$, with the size of the second number alone. One
# counterexample proves it.
#
# Write `lopsided_pair(rtol)`: return two finite numbers `a, b` of which `np.isclose(a, b, rtol, 0)`
# says `True` and `np.isclose(b, a, rtol, 0)` says `False`.
#
# - `rtol` lies between $10^{-5}$ and $\frac12$, and your pair may depend on it.
# - Many pairs are right. Yours is tested, not compared with ours.

# %% exercise="lopsided_pair"

# %% grade="lopsided_pair"

# %% [markdown]
# ## Recap
#
# - For a parabola the central difference is exact at every step, because $f''' = 0$. Forward is off
#   by exactly $h f''/2$.
# - What float64 adds to that is rounding, of at most a few times $u|f|/h$.
# - For $a x^3$ the central error is exactly $a h^2$: predicted, then measured.
# - Compare with an absolute *and* a relative tolerance, and let nothing pass that is not finite.
#
# **Ask yourself.**
#
# <details><summary>You test your difference code on x² + 3x, and it gives 7. Is it right?</summary>
#
# Not shown. A central difference with a wrong step inside would give 7 too, and so would one that
# ignores <code>h</code>. Test on a function with f''' ≠ 0.
# </details>
#
# <details><summary>What does central give for 5x³ at x = 1 with h = 0.1?</summary>
#
# The derivative is 15, the error is 5 · 0.01: 15.05.
# </details>

# %%
print("5x³ at 1, h = 0.1:", round(gradlab.central_difference(lambda x: 5 * cube(x), 1.0, 0.1), 10))
print("x² + 3x at 2, with 0.5 in place of your h:", (parabola(2.5) - parabola(1.5)) / 1.0)

# %% [markdown]
# **Next:** [lesson 4](04_vectorizing.ipynb) goes from one number x to every weight and bias of a network.
#
# **References.** R. L. Burden and J. D. Faires, *Numerical Analysis*, section 4.1 (the error
# terms). N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., SIAM, 2002,
# sections 1.2 and 2.2 (relative error, the model of rounding). IEEE 754-2019, sections 5.11 and
# 6.2 (comparisons and NaN).
