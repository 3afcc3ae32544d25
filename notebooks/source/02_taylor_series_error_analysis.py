# %% [markdown]
# # 2 Taylor-series error analysis
#
# **63 minutes**: 45 to read and run, 18 for exercises.
#
# **What you will do.** Prove what you saw in lesson 1, with every factor. Predict the whole curve
# of the error, both of its sides, and check the prediction. Then meet formulas that do better.
#
# **What you will learn.**
# - Taylor's theorem with its remainder, and what it needs;
# - the error of the forward and the central difference, factors included;
# - where the best step lies, and why;
# - when "a hundred times more accurate" is true, and when it is not.
#
# **What you need.** [Lesson 1](01_derivatives_by_differences.ipynb), and derivatives of sin, exp
# and polynomials.

# %%
import math

import numpy as np

import gradlab
from gradlab.examples import CURVES

# %% [markdown]
# ## Taylor's theorem (6 min)
#
# Near a point $x_0$ a smooth function looks like a polynomial. Taylor's theorem says which one,
# and how far off it is.
#
# **Theorem.** Let $f$ have $n + 1$ continuous derivatives on an interval that holds $x_0$ and
# $x$. Then
#
# $$f(x) = \underbrace{\sum_{k=0}^{n} \frac{f^{(k)}(x_0)}{k!} (x - x_0)^k}_{\text{the polynomial}}
# + \underbrace{\frac{f^{(n+1)}(\xi)}{(n+1)!} (x - x_0)^{n+1}}_{\text{the remainder}}$$
#
# for some $\xi$ strictly between $x_0$ and $x$ (if $x \neq x_0$).
#
# This is **Lagrange's** form of the remainder. You do not learn where $\xi$ is. But if you know a
# bound $M$ of $|f^{(n+1)}|$ between $x_0$ and $x$, you have a bound of the error:
#
# $$|\text{remainder}| \le \frac{M}{(n+1)!} |x - x_0|^{n+1}.$$
#
# **Predict.** Take $\sin$ around $x_0 = 0$ at $x = 0.5$, with $M = 1$. By which factor does the
# bound shrink from degree 1 to degree 3? Roughly: 2, 50, or 1000?

# %%
derivatives = [0.0, 1.0, 0.0, -1.0, 0.0, 1.0]  # sin, cos, -sin, -cos, ... at 0
print("degree   polynomial      error      bound")
for degree in (1, 3, 5):
    value = gradlab.taylor_polynomial(derivatives[: degree + 1], 0.0, 0.5)
    error = abs(math.sin(0.5) - value)
    bound = gradlab.lagrange_bound(1.0, degree, 0.0, 0.5)
    print(f"{degree:>6}   {value:.8f}   {error:.1e}    {bound:.1e}")
first, third = (gradlab.lagrange_bound(1.0, degree, 0.0, 0.5) for degree in (1, 3))
print(f"the bound falls by {first / third:.0f} from degree 1 to 3")

# %% [markdown]
# From degree 1 to 3 the bound falls by 48: two more powers of 0.5, and $4!/2! = 12$ from the
# factorials. The error stays below the bound each time. Here it is far below: for $\sin$ around 0
# the next term is zero as well.
#
# **Two ways to speak of the remainder.** With $h = x - x_0$, $O(h^{n+1})$ says: at most a constant times $h^{n+1}$, for
# small $h$. That is Lagrange, with the constant left out. **Peano's** form says $o(h^n)$: small
# compared with $h^n$, and no more. It needs only that $f^{(n)}(x_0)$ exists, and it gives you no
# number. For error bounds you want Lagrange.

# %% [markdown]
# ## Your turn: a Taylor polynomial (5 min)
#
# Write `taylor_polynomial(derivatives, x0, x)`, the polynomial above without the remainder.
#
# - `derivatives` is a list or an array, $[f(x_0), f'(x_0), f''(x_0), \dots]$. Its length decides the
#   degree; there is at least one entry. Leave it as it is.
# - `x` is a number or an array; return the value at each entry, in the shape of `x`.
# - All of them may be integers; the value is a float all the same.

# %% exercise="taylor_polynomial"

# %% grade="taylor_polynomial"

# %% [markdown]
# ## The forward difference, with its factor (4 min)
#
# Write Taylor's theorem with $n = 1$ for the point $x + h$, with $h > 0$. This needs a second
# derivative that is continuous on $[x, x + h]$:
#
# $$f(x + h) = f(x) + h f'(x) + \frac{h^2}{2!} f''(\xi).$$
#
# Bring $f(x)$ over and divide by $h$:
#
# $$\frac{f(x + h) - f(x)}{h} = f'(x) + \frac{h}{2} f''(\xi), \qquad x < \xi < x + h.$$
#
# So the error is $\frac{h}{2} f''(\xi)$. It has **order 1**, and it comes with a factor, $1/2$, and
# a sign.
#
# **Predict.** For $\sin$ at $x = 1$ the second derivative is $-\sin 1 \approx -0.84$. What is the
# error at $h = 0.01$? Will it be exactly that?

# %%
print("     h     measured     h/2 * f''(x)   ratio")
for h in (0.1, 0.01, 0.001):
    measured = gradlab.forward_difference(np.sin, 1.0, h) - math.cos(1.0)
    predicted = h / 2 * -math.sin(1.0)
    print(f"{h:6.3f}   {measured:+.6f}    {predicted:+.6f}     {measured / predicted:.3f}")

# %% [markdown]
# The ratio goes to 1. It is not quite 1, because $f''$ sits at $\xi$ and not at $x$. As $h$ shrinks,
# $\xi$ has nowhere to go but to $x$.

# %% [markdown]
# ## The central difference, with its factor (5 min)
#
# Now one degree more, $n = 2$, on both sides. This needs a third derivative that is continuous on
# $[x - h, x + h]$:
#
# $$f(x + h) = f(x) + h f'(x) + \frac{h^2}{2!} f''(x) + \frac{h^3}{3!} f'''(\xi_1),$$
# $$f(x - h) = f(x) - h f'(x) + \frac{h^2}{2!} f''(x) - \frac{h^3}{3!} f'''(\xi_2).$$
#
# Subtract the second line from the first. The **even** terms cancel, $f(x)$ and $f''(x)$. The odd
# ones double:
#
# $$f(x + h) - f(x - h) = 2h f'(x) + \frac{h^3}{6} \left( f'''(\xi_1) + f'''(\xi_2) \right).$$
#
# There are two $\xi$, one on each side. The mean of $f'''(\xi_1)$ and $f'''(\xi_2)$ lies between
# these two values. Since $f'''$ is continuous, it takes every value in between somewhere, at some
# $\xi$ (the intermediate value theorem). So the bracket is $2 f'''(\xi)$, and
#
# $$\frac{f(x + h) - f(x - h)}{2h} = f'(x) + \frac{h^2}{6} f'''(\xi), \qquad x - h < \xi < x + h.$$
#
# **Order 2**, with the factor $1/6$.
#
# **Predict.** By which factor does this error shrink from $h = 0.1$ to $h = 0.01$?

# %%
print("     h      measured        h²/6 * f'''(x)    ratio")
for h in (0.1, 0.01, 0.001):
    measured = gradlab.central_difference(np.sin, 1.0, h) - math.cos(1.0)
    predicted = h**2 / 6 * -math.cos(1.0)
    print(f"{h:6.3f}   {measured:+.3e}      {predicted:+.3e}      {measured / predicted:.3f}")

# %% [markdown]
# By 100, as $h^2$ demands, and the factor $1/6$ is right as well.

# %% [markdown]
# ## Spot the slip (3 min)
#
# This derivation is made up, but you will meet its like in tutorials. It has four slips. Find
# them before you open the answer.
#
# > *We expand to third order:*
# > $f(x + h) = f(x) + h f'(x) + h^2 f''(x) + O(h^3)$ and
# > $f(x - h) = f(x) - h f'(x) + h^2 f''(x) - O(h^3)$.
# > *Subtracting gives* $f(x + h) - f(x - h) = 2h f'(x) + 2\,O(h^3)$,
# > *so the error of the central difference is* $O(h^2)$.
#
# <details><summary>The four slips</summary>
#
# 1. The 1/2! before h²f'' is missing in both lines. It cancels in the end, so nobody notices. A
#    1/3! lost in the same way would not: the factor of the error would be 1 in place of 1/6.
# 2. "− O(h³)" is no different from "+ O(h³)": O stands for a size, not for a sign. So nothing may
#    cancel or double just because of the sign in front of it.
# 3. "2 O(h³)" is O(h³): constants are what O leaves out. To know the constant, keep the remainder.
# 4. The expansion goes to second order, with a remainder of third order.
#
# The conclusion is right all the same. That is why such slips live long.
# </details>

# %% [markdown]
# ## The orders, measured (4 min)
#
# On log-log axes an error $C h^p$ is a straight line: $\log(C h^p) = \log C + p \log h$. Its
# **slope is the order** $p$.
#
# Here is a third formula in advance, `gradlab.five_point_difference`, of order 4.
#
# **Predict.** Sketch the three lines for $\exp$ at $x = 1$. How many decades (factors of
# 10) does each fall while $h$ falls by one decade?

# %%
methods = ("forward", "central", "five_point")
sweeps = {
    method: gradlab.sweep(np.exp, 1.0, math.e, method, 10.0 ** np.linspace(-3, 0, 13))
    for method in methods
}
steps = sweeps["forward"][0]
errors = {method: sweeps[method][1] for method in methods}
gradlab.show(gradlab.plots.plot_against_step(steps, errors))
for method in methods:
    order = gradlab.fit_order(*sweeps[method])
    print(f"{method + ':':<11} slope {order.slope:.1f}")

# %% [markdown]
# The slopes are 1, 2 and 4: so many decades a decade. The highest order has the lowest error, as soon as $h$ is small
# enough. At the left end the five-point line stops falling: it has reached rounding. `fit_order`
# looks for the longest stretch that is straight, for that reason.

# %% [markdown]
# ## Your turn: measure an order (4 min)
#
# Write `observed_order(steps, errors)`: the slope of the straight line that fits
# $\log(\text{errors})$ against $\log(\text{steps})$ best, in the sense of least squares.
#
# - Both are lists or arrays of positive numbers; the steps may rise or fall. Use all points.
# - Return a float with its sign. Do not round it.
# - `np.polyfit(x, y, 1)` fits a straight line. `gradlab.fit_order` is not allowed here.

# %% exercise="observed_order"

# %% grade="observed_order"

# %% [markdown]
# ## "A hundred times more accurate" (5 min)
#
# You will read that the two-sided difference is 100 to 10,000 times more accurate. Is it? Divide
# the two errors:
#
# $$\frac{\text{forward}}{\text{central}} \approx
# \frac{\frac{h}{2} |f''|}{\frac{h^2}{6} |f'''|} = \frac{3 |f''|}{h\, |f'''|}.$$
#
# It depends on $h$, and on the function. It needs $f''$ and $f'''$ that are not zero, and rounding
# that does not matter yet.
#
# **Predict.** For $\sin$ at 1, how large is the ratio at $h = 10^{-2}$? At $10^{-4}$? At $10^{-10}$?

# %%
print("     h     predicted    measured")
for h in (1e-2, 1e-4, 1e-10):
    forward = abs(gradlab.forward_difference(np.sin, 1.0, h) - math.cos(1.0))
    central = abs(gradlab.central_difference(np.sin, 1.0, h) - math.cos(1.0))
    predicted = 3 * math.sin(1.0) / (h * math.cos(1.0))
    ratio = forward / central
    measured = f"{ratio:.1e}" if ratio > 100 else "below 100"
    print(f"{h:.0e}    {predicted:.1e}     {measured}")

# %% [markdown]
# At $h = 10^{-2}$ the claim is true: about 470. At $10^{-4}$ it is far exceeded: 47,000. At
# $10^{-10}$ it is false: both are all rounding, and the prediction means nothing. For $\sin$ at 1
# the claim holds where $4.67/h$ lies between 100 and 10,000, that is for $h$ from about
# $5 \cdot 10^{-4}$ to $5 \cdot 10^{-2}$.
#
# Two more cases, in which the formula for the ratio cannot be used.

# %%
exact = gradlab.central_difference(lambda x: x * x, 1.0, 0.25) - 2.0
print("x² at 1: f''' = 0, central is exact:", exact == 0.0)
forward = gradlab.forward_difference(np.sin, 0.0, 0.01) - 1.0
central = gradlab.central_difference(np.sin, 0.0, 0.01) - 1.0
print(f"sin at 0: f'' = 0, forward / central = {forward / central:.4f}")

# %% [markdown]
# Where $f''' = 0$ everywhere, central has no truncation error, and there is no ratio. Where $f''(x) = 0$, as for
# $\sin$ at 0, forward has order 2 as well, and gains nothing from a second side.

# %% [markdown]
# ## The V (7 min)
#
# Lesson 1 left a question: why does the error rise again? Now you can answer with a formula.
#
# Each value of $f$ is wrong by some **noise** $\varepsilon$. If $f$ is computed well, that is about
# $u|f|$ with the unit round-off $u = 2^{-53}$ (or $u|x f'|$ where that is larger, because $x + h$
# is rounded too). A difference of two values is wrong by up to
# $2\varepsilon$, and the division turns this into
#
# $$\text{forward: } \frac{2\varepsilon}{h}, \qquad \text{central: } \frac{2\varepsilon}{2h} =
# \frac{\varepsilon}{h}.$$
#
# So the total error is at most about
#
# $$\text{forward: } \frac{h}{2} |f''| + \frac{2\varepsilon}{h}, \qquad
# \text{central: } \frac{h^2}{6} |f'''| + \frac{\varepsilon}{h}.$$
#
# One part falls with $h$, the other rises. On log-log axes that is a V. To find its bottom, set the
# derivative with respect to $h$ to zero. For central:
#
# $$\frac{h}{3} |f'''| - \frac{\varepsilon}{h^2} = 0 \quad\Rightarrow\quad
# h^* = \left( \frac{3\varepsilon}{|f'''|} \right)^{1/3}.$$
#
# For forward, $\frac12 |f''| - 2\varepsilon/h^2 = 0$ in the same way. Put $h^*$ back in for the error
# there: for forward both parts are then equal, for central truncation is half the rounding.
#
# **Predict.** What are the slopes of the two sides of the V, for central and for forward?

# %%
gradlab.show(gradlab.plots.VCurve(CURVES["sin x"], 1.0, "central"))

# %% [markdown]
# On the right the points follow the truncation line closely: slope 2. On the left they scatter
# **below** the rounding line, of slope $-1$: that line is a bound, not a law, and single errors can
# be small by luck. (For forward the right side has slope 1, the left again $-1$.)
#
# The bottom lies where it was predicted. The formulas, for forward and central:
#
# | | best step $h^*$ | error there |
# |:--|:--|:--|
# | forward | $2\sqrt{\varepsilon / \lvert f'' \rvert}$ | $2\sqrt{\varepsilon \lvert f'' \rvert}$ |
# | central | $(3\varepsilon / \lvert f''' \rvert)^{1/3}$ | $\tfrac12 (3\varepsilon)^{2/3} \lvert f''' \rvert^{1/3}$ |

# %%
noise = 2.0**-53 * math.sin(1.0)
for method, derivative in (("forward", math.sin(1.0)), ("central", math.cos(1.0))):
    budget = gradlab.error_budget(method, derivative, noise)
    print(f"{method}: best step {budget.best_step:.1e}, error there {budget.best_error:.1e}")
print(f"the cube root of 3u: {(3 * 2.0**-53) ** (1 / 3):.1e}")

# %% [markdown]
# Single points can lie far below the star, where truncation and rounding happen to cancel. Near the
# predicted step the error has the predicted size.
#
# With $f$, $f''$ and $f'''$ near 1, forward's best step is near $2\sqrt{u}$ and leaves about 8
# digits. Central's is near $\sqrt[3]{3u} \approx 7 \cdot 10^{-6}$, and leaves about 11.
#
# Now you can judge the advice from lesson 1: *between 1e-4 and 1e-7, never 1e-10*. It is the
# neighbourhood of $7 \cdot 10^{-6}$: right for central differences in float64, where $f$ and
# its derivatives are of size 1. For forward, for float32, or for an $f$ that is large or fast, the
# best step is elsewhere. Go and see.
#
# And if you do not know the noise of $f$, because it is computed in many steps? Then measure it.
# `gradlab.estimate_noise` takes differences of differences of $f$ at tiny steps: what is smooth
# cancels, and what is left is noise (Moré and Wild's *ECnoise*).

# %%
for name, function in (("sin x", np.sin), ("1000 + sin x", lambda x: 1000 + np.sin(x))):
    ratio = gradlab.estimate_noise(function, 1.0) / (2.0**-53 * function(1.0))
    print(f"{name:<13} measured noise between a tenth of u|f| and u|f|: {0.1 < ratio < 1}")

# %% [markdown]
# Both lie below $u|f|$: that is a bound of one error, and this is a typical size.

# %% [markdown]
# ## Explore the V (4 min)
#
# The star marks the predicted bottom. Try these:
#
# 1. Go from **float64** to **float32**. How far does the V move, to the right and up?
# 2. Take **1000 + sin x**. The slope is that of sin. What happens to the left side, and why?
# 3. Take **x³/4 − x** and Richardson or five-point. Which side of the V is missing?

# %%
gradlab.explore_v_curve()

# %% [markdown]
# <details><summary>What there was to see</summary>
#
# 1. The noise grows by 2²⁹, the ratio of the two unit round-offs. The best central step grows with
#    its cube root, by 2^(29/3), about 800. The error there grows by the square of that, about
#    660,000: from 11 digits to 5. On the far left the points lie flat: there x ± h is x, the answer
#    is 0, and the error is the slope itself.
# 2. The values are a thousand times larger, and so is their noise. The left side moves up, the best
#    step by a factor of about 10 to the right. An offset that does nothing to the slope costs digits.
# 3. The right side: these two are exact up to degree 4, so there is no truncation. Only rounding is
#    left, and the largest step is the best.
# </details>
#
# The same in numbers:

# %%
for name, noise in (
    ("sin x", 2.0**-53 * math.sin(1.0)),
    ("sin x in float32", 2.0**-24 * math.sin(1.0)),
    ("1000 + sin x", 2.0**-53 * (1000 + math.sin(1.0))),
):
    budget = gradlab.error_budget("central", math.cos(1.0), noise)
    print(f"{name:<17} best step {budget.best_step:.0e}, error there {budget.best_error:.0e}")

# %% [markdown]
# ## Your turn: the best central step (3 min)
#
# Write `best_central_step(f_scale, third_derivative)`: the $h^*$ of the central difference in
# float64.
#
# - `f_scale` is $|f|$, positive. The noise is $u$ times it, $u = 2^{-53}$.
# - `third_derivative` is $f'''$; it is not zero, and it may be negative.
#
# Return a float. Within 10% counts as right.

# %% exercise="best_central_step"

# %% grade="best_central_step"

# %% [markdown]
# ## Your turn: choose, and say why (3 min)
#
# No code this time: `return` two letters, an answer and the reason for it. Both have to be right,
# since a right answer for a wrong reason will not help you with the next question. Think first, and
# compute it afterwards.

# %% [markdown] question="predict_float32_slope"

# %% exercise="predict_float32_slope"

# %% grade="predict_float32_slope"

# %% [markdown]
# ## Beyond (7 min)
#
# Can you beat 11 digits? Three ideas, of which the first two have order 4.
#
# **Richardson extrapolation.** You know how the central error behaves: $D(h) = f' + c h^2 + \dots$,
# with $c = f'''/6$. With half the step it is $D(h/2) = f' + c h^2/4 + \dots$. Four times the second
# minus the first, and $c$ is gone:
#
# $$\frac{4 D(h/2) - D(h)}{3} = f' - \frac{h^4}{480} f^{(5)}(x) + \dots$$
#
# **Five points.** The same idea with the steps $h$ and $2h$ gives the five-point rule, with the
# error $-\frac{h^4}{30} f^{(5)}$. It *is* Richardson's, with a step of $2h$.
#
# **The complex step.** Go sideways, into the complex plane. Taylor's theorem with the step $ih$:
#
# $$f(x + ih) = f(x) + ih f'(x) - \frac{h^2}{2} f''(x) - \frac{i h^3}{6} f'''(x) + \dots$$
#
# Take the imaginary part and divide by $h$: you have $f'(x) - \frac{h^2}{6} f'''(x) + \dots$.
# **Nothing was subtracted**, so nothing cancels. There is no left side of the V, and $h = 10^{-20}$
# is fine.
#
# **Predict.** How many digits will each get right, for $\exp$ at 1? (The balance of the V leaves an
# error of about $u^{2/3}$ for order 2. For order 4 it is about $u^{4/5}$.)

# %%
for name, value, digits in (
    ("central", gradlab.central_difference(np.exp, 1.0), 10),
    ("five-point", gradlab.five_point_difference(np.exp, 1.0), 12),
    ("Richardson", gradlab.richardson(np.exp, 1.0), 12),
    ("complex step", gradlab.complex_step(np.exp, 1.0), 14),
):
    error = abs(value / math.e - 1)
    print(f"{name + ':':<13} {digits} digits or more: {error < 10.0**-digits}")

# %% [markdown]
# Order 4 buys about two more digits. The complex step is right to nearly every digit. So why use
# anything else?
#
# Because $f$ must be **analytic** (it equals its Taylor series near $x$, for complex steps too, and
# is real for real $x$), and be computed in complex arithmetic all the way. What is not breaks it,
# loudly or silently:

# %%
for name, function in (
    ("abs", np.abs),
    ("math.sin, which takes only floats", math.sin),
    ("logaddexp", lambda x: np.logaddexp(x, 0.0)),
    ("conj", np.conj),
    ("ReLU, as (x + |x|)/2", lambda x: (x + np.abs(x)) / 2),
):
    try:
        print(f"{name}: slope {gradlab.complex_step(function, 1.0)}, without a word")
    except TypeError as error:
        print(f"{name}: refused")

# %% [markdown]
# The first three are refused. The last two are the dangerous kind: along the real line `conj` and
# this ReLU both have slope 1 at 1, and the complex step says $-1$ and $0.5$.
#
# NumPy's `maximum` and `>` compare complex numbers by their real parts first, without a word. That
# is right away from ties; at a tie one side is picked for you. And `float()` of a NumPy complex
# only warns and drops the imaginary part: the slope would be 0. `gradlab` makes that warning an
# error.
#
# Difference quotients need nothing but values. That is why the gradient check is built on them.

# %% [markdown]
# ## Your turn: Richardson (3 min)
#
# Write `richardson(f, x, h)` from two central differences, with the steps `h` and `h / 2`. `x` is a
# number or an array, and may hold integers. You may call `gradlab.central_difference`.

# %% exercise="richardson"

# %% grade="richardson"

# %% [markdown]
# ## Recap
#
# - Forward: $f' + \frac{h}{2} f''(\xi)$. Central: $f' + \frac{h^2}{6} f'''(\xi)$. The factors matter
#   as soon as you predict a number.
# - Rounding adds about $2\varepsilon/h$ and $\varepsilon/h$. Together that is a V, with a bottom
#   that you can compute.
# - "100 to 10,000 times" is $3|f''| / (h|f'''|)$: true for some $h$ and $f$, false for others.
# - Higher order means fewer digits lost. The complex step loses next to none, where it is allowed.
#
# **Ask yourself.**
#
# <details><summary>Your loss is near 10⁶ and its slopes near 1. Where is the best central step, if
# f''' is near 1?</summary>
#
# The noise is 10⁶ u, so the cube root grows by 100: 7e-4. The error there is about 2e-7.
# </details>
#
# <details><summary>You halve h and the error falls by 16. Which formulas can it be?</summary>
#
# One of order 4: five-point or Richardson.
# </details>

# %%
budget = gradlab.error_budget("central", 1.0, 2.0**-53 * 1e6)
print(f"loss near 1e6: best step {budget.best_step:.0e}, error there {budget.best_error:.0e}")

# %% [markdown]
# **Next:** [lesson 3](03_worked_example.ipynb) works one example to the last digit.
#
# **References.** R. L. Burden and J. D. Faires, *Numerical Analysis*, sections 1.1 (Taylor), 4.1
# (differences) and 4.2 (Richardson). W. Squire and G. Trapp, *Using complex variables to estimate
# derivatives of real functions*, SIAM Review 40(1), 1998. J. J. Moré and S. M. Wild, *Estimating
# computational noise*, SIAM Journal on Scientific Computing 33(3), 2011 (the noise of $f$). J. R.
# R. A. Martins, P. Sturdza and J. J. Alonso, *The complex-step derivative approximation*, ACM
# Transactions on Mathematical Software 29(3), 2003.
