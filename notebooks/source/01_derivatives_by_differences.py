# %% [markdown]
# # 1 Derivatives by differences
#
# **40 minutes**: 30 to read and run, 10 for exercises.
#
# **What you will do.** Measure slopes with three formulas, and watch what their errors do as the
# step shrinks. Write two of the formulas yourself.
#
# **What you will learn.**
# - what a forward, a backward and a central difference are, and which of them is best, and why;
# - what happens to the error when you halve the step;
# - how small a step should be, and why;
# - what quietly spoils a difference: integers, float32, and kinks, which are corners of a curve.
#
# **What you need.** One-variable calculus, NumPy, and [lesson 0](00_start_here.ipynb).

# %%
import math

import numpy as np

import gradlab

# %% [markdown]
# ## The slope of a chord (5 min)
#
# The derivative of $f$ at $x$ is a limit:
#
# $$f'(x) = \lim_{h \to 0} \frac{f(x + h) - f(x)}{h}.$$
#
# The fraction is the slope of a **chord**, the straight line through two points of the curve.
# As $h$ shrinks, the chord turns into the tangent.
#
# A computer cannot take the limit. It can pick one small step $h$ and stop there. So it gets
# the slope of a chord, and an error.
#
# Take $f(x) = x^2$ at $x = 3$, where the true slope is $f'(3) = 6$, and $h = 0.5$.

# %%
gradlab.predict("slope_of_the_chord")


# %%
def square(x):
    return x * x


h = 0.5
print("chord from 3 to 3.5:", (square(3 + h) - square(3)) / h)

# %% [markdown]
# It is too steep by 0.5, which is exactly $h$. One line of algebra says why:
#
# $$\frac{(x + h)^2 - x^2}{h} = \frac{2xh + h^2}{h} = 2x + h.$$

# %% [markdown]
# You can also look to the left, from $x - h$ to $x$.
#
# **Predict.** What does the chord from 2.5 to 3 give? And the chord from 2.5 to 3.5?

# %%
print("chord from 2.5 to 3:  ", (square(3) - square(3 - h)) / h)
print("chord from 2.5 to 3.5:", (square(3 + h) - square(3 - h)) / (2 * h))

# %% [markdown]
# To the left the slope is $2x - h$, too small by just as much. The long chord takes the mean of
# both, and the two errors cancel. These three formulas have names:
#
# | difference | formula | looks at |
# |:--|:--|:--|
# | **forward** | $\dfrac{f(x+h) - f(x)}{h}$ | the point and its right |
# | **backward** | $\dfrac{f(x) - f(x-h)}{h}$ | the point and its left |
# | **central** | $\dfrac{f(x+h) - f(x-h)}{2h}$ | both sides, not the point itself |
#
# Mind the $2h$: from $x - h$ to $x + h$ you walk two steps.
#
# The helper package has all three.

# %%
print("forward: ", gradlab.forward_difference(square, 3.0, h))
print("backward:", gradlab.backward_difference(square, 3.0, h))
print("central: ", gradlab.central_difference(square, 3.0, h))

# %% [markdown]
# ## The picture (4 min)
#
# A parabola is a lucky case: central was exact. Most curves bend differently on both sides.
#
# Take $\sin$ at $x = 1$, with $h = 0.8$. The curve flattens towards its top.

# %%
gradlab.predict("nearest_to_parallel")

# %%
drawing = gradlab.plots.Chords(np.sin, np.cos, "sin x", x=1.0, h=0.8, window=(-0.3, 2.6))
gradlab.show(drawing)
print(f"tangent:  {math.cos(1.0):.3f}")
for name, slope in drawing.slopes(np.sin, 1.0, 0.8).items():
    print(f"{name + ':':<9} {slope:.3f}")

# %% [markdown]
# The forward chord is too flat, the backward chord too steep. The central chord runs below the
# point, but its *direction* is nearly right.

# %% [markdown]
# ## Explore (5 min)
#
# Choose a curve in the menu, then drag the sliders, or click one and use the arrow keys. Try these
# three:
#
# 1. **sin x**, $x = 1$. Make $h$ smaller, from 1 on. Which error falls below 0.01 first?
# 2. **The parabola.** Move $x$ and $h$ as you like. What is the error of the central chord?
# 3. **|x|**, $x = 0$. What slopes do the three chords have? Do they change with $h$?

# %%
gradlab.explore_chords()

# %% [markdown]
# <details><summary>What there was to see</summary>
#
# 1. Central is first, by far: it needs an $h$ of about 0.3, forward one of about 0.02.
# 2. None: central is exact for every parabola, at every $x$ and every $h$. Lesson 3 shows why. A
#    number such as 3e-9, at a small $h$, is the rounding of the floats; more of that soon.
# 3. Forward says 1, backward says −1, central says 0, at every $h$. See the next section.
# </details>
#
# Check the first answer with numbers:

# %%
for h in (0.3, 0.02):
    forward = abs(gradlab.forward_difference(np.sin, 1.0, h) - math.cos(1))
    central = abs(gradlab.central_difference(np.sin, 1.0, h) - math.cos(1))
    print(f"h = {h:<5g} forward is off by {forward:.4f}, central by {central:.6f}")

# %% [markdown]
# ## Where there is no slope (2 min)
#
# At its kink, $|x|$ has no derivative: the slope is $-1$ on one side and $1$ on the other.

# %%
gradlab.predict("who_tells_of_the_kink")

# %%
print("     h   forward   backward   central")
for h in (0.1, 0.001, 0.00001):
    forward = gradlab.forward_difference(abs, 0.0, h)
    backward = gradlab.backward_difference(abs, 0.0, h)
    central = gradlab.central_difference(abs, 0.0, h)
    print(f"{h:6g}   {forward:7g}   {backward:8g}   {central:7g}")

# %% [markdown]
# Each gives a number, and the number stays the same as $h$ shrinks. Central gives 0, a slope that
# $|x|$ has nowhere.
#
# So a central difference is **not a definition** of the derivative. It has the derivative as
# its limit *if* there is a derivative. Only the comparison gives the kink away: forward and
# backward disagree, and a smaller $h$ does not help. Networks with ReLU are full of such kinks;
# lesson 6 comes back to them.

# %% [markdown]
# ## How fast the error falls (4 min)
#
# Back to $\sin$ at $x = 1$, where the true slope is $\cos 1$.

# %%
gradlab.predict("errors_at_half_the_step")

# %%
print("     h     forward error   central error")
for h in (0.1, 0.05, 0.025):
    forward = abs(gradlab.forward_difference(np.sin, 1.0, h) - math.cos(1))
    central = abs(gradlab.central_difference(np.sin, 1.0, h) - math.cos(1))
    print(f"{h:6.3f}   {forward:13.6f}   {central:13.6f}")

# %% [markdown]
# Go down a column: from row to row, forward's error falls to a half, central's to a quarter.
#
# We say that forward has **order 1**: its error behaves like $h$. Central has **order 2**: its
# error behaves like $h^2$. Lesson 2 proves both, with the factors.

# %% [markdown]
# ## A surprise (7 min)
#
# If smaller is better, take $h$ as small as you can. Sketch what you expect: the error against
# $h$, from $h = 10^{-1}$ down to $h = 10^{-16}$, both axes logarithmic.

# %%
gradlab.predict("errors_down_to_1e_16")

# %%
steps = np.array([10.0**-k for k in range(1, 17)])
x = np.ones(16)  # the same point, once for each step
errors = {
    "forward": np.abs(gradlab.forward_difference(np.sin, x, steps) - math.cos(1)),
    "central": np.abs(gradlab.central_difference(np.sin, x, steps) - math.cos(1)),
}
gradlab.show(gradlab.plots.plot_against_step(steps, errors))

# %% [markdown]
# Read it from right to left. The errors fall as promised, one line twice as steep as the other.
# Then both turn round and **rise**. At the left edge forward is off by as much as the slope itself.

# %% [markdown]
# Where did you see the turning points? Compare.

# %%
best = {name: steps[np.argmin(values)] for name, values in errors.items()}
print("forward is best between 1e-9 and 1e-7:", 1e-9 <= best["forward"] <= 1e-7)
print("central is best between 1e-6 and 1e-4:", 1e-6 <= best["central"] <= 1e-4)
print("forward at its best is off by less than 1e-7: ", errors["forward"].min() < 1e-7)
print("central at its best is off by less than 1e-10:", errors["central"].min() < 1e-10)
print("both are off by more than 1e-6 at h = 1e-12: ", min(e[11] for e in errors.values()) > 1e-6)

# %% [markdown]
# Two things go wrong, and both come from the same cause: a float64 keeps about 16 digits.
#
# **First, the subtraction.** Take $f(x) = x^2$ at $x = 3$ with $h = 10^{-8}$, where by algebra
# the rise is $6h + h^2$.

# %%
right, left = square(3 + 1e-8), square(3.0)
print(f"f(x + h)      {right:.17f}")
print(f"f(x)          {left:.17f}")
print("computed rise", right - left)
print("true rise    ", 6 * 1e-8 + 1e-8**2)

# %% [markdown]
# The two values agree in their first digits. `x + h` and its square were each rounded, in the last
# of about 16 digits. The subtraction cancels the digits in front, and so the rounding moves to the
# middle: the computed rise is right in 8 digits. Dividing by $h$ does not bring the others back.
# The smaller $h$, the more digits cancel.
#
# **Second, the step itself.** Floats have gaps, and $x + h$ falls on the float that is nearest.

# %%
gradlab.predict("lost_step")

# %%
print(f"gap from 1.0 to the next float: {np.spacing(1.0):.2e}, half of it {2.0**-53:.2e}")
print(f"gap from 1000.0:                {np.spacing(1000.0):.2e}")
print("1.0 + 1e-16 == 1.0 is", 1.0 + 1e-16 == 1.0)
print("1.0 - 1e-16 == 1.0 is", 1.0 - 1e-16 == 1.0)
print("forward at h = 1e-16:", gradlab.forward_difference(math.sin, 1.0, 1e-16))
print("central at h = 1e-16:", round(gradlab.central_difference(math.sin, 1.0, 1e-16), 2))

# %% [markdown]
# The step is rounded away: $x + h$ *is* $x$, and forward answers 0. Central
# answers something else, because just below 1 the floats lie twice as dense, so that $x - h$
# does move where $x + h$ does not. The answer, 0.56, is near the truth by luck.

# %% [markdown]
# The larger $x$, the larger the gap. Write $u = 2^{-53} \approx 1.1 \cdot 10^{-16}$, the **unit
# round-off**. Half the gap above a positive $x$ lies between $ux/2$ and $ux$. For an $h$ below it,
# $x + h = x$.
#
# So there is a best step: small enough for the chord, large enough for the digits. You may read
# elsewhere: "take $h$ between 1e-4 and 1e-7, never 1e-10". Check it, for the central difference on
# this function.

# %%
for h, error in zip(steps[3:7], errors["central"][3:7], strict=True):
    print(f"h = {h:.0e}   central is off by less than 1e-8: {error < 1e-8}")
print(f"h = {steps[9]:.0e}   central is off by less than 1e-8: {errors['central'][9] < 1e-8}")

# %% [markdown]
# It holds here. Lesson 2 explains where it comes from, and when it is wrong. Until then you can
# leave `h` out: `gradlab` then takes a step that suits the formula and the size of `x`.

# %%
print(f"central, step for x = 1:    {gradlab.best_step(1.0, 'central'):.1e}")
print(f"central, step for x = 1000: {gradlab.best_step(1000.0, 'central'):.1e}")
print(f"slope of sin at 1: {gradlab.central_difference(np.sin, 1.0):.8f}")
print(f"cos 1:             {math.cos(1.0):.8f}")

# %% [markdown]
# ## What x may be (3 min)
#
# Your functions will be called with numbers and with arrays. Two kinds of input cause trouble.
#
# **Integers.** An array that holds integers cuts everything you put into it to whole numbers,
# without a word.
#
# **Predict.** What does this print?

# %%
x = np.array([1, 2, 3])
slopes = np.zeros_like(x)  # made like x, so it holds integers too
slopes[:] = [1.5, 2.5, 3.5]
print(slopes)

# %% [markdown]
# The halves are gone. Now **float32**, the usual type in deep learning. It keeps about 7
# digits where float64 keeps about 16. Here is $x^2$ at 3 again, with a true slope of 6.

# %%
x32 = np.float32(3)
for h in (1e-3, 1e-5, 1e-7):
    narrow = (square(x32 + h) - square(x32)) / h
    wide = (square(3.0 + h) - square(3.0)) / h
    print(f"h = {h:.0e}   float32: {narrow:.6f}   float64: {wide:.6f}")

# %% [markdown]
# In float32 only the first three digits are right at $h = 10^{-5}$, and at $10^{-7}$ there is
# nothing left. The remedy for both is the same: convert first.
#
# ```python
# x = np.asarray(x, dtype=np.float64)
# ```
#
# A function that is *itself* computed in float32 is another matter; lesson 6 has it.

# %% [markdown]
# ## Your turn: forward difference (5 min)
#
# Write `forward_difference(f, x, h)`.
#
# - `f` is a function that acts on each entry of an array.
# - `x` is a number or an array of any shape. It may hold integers or float32: compute in float64.
# - `h` is a positive number.
# - Return the slope of the forward chord at each entry of `x`, in float64 and in the shape of `x`.
#
# In the cell below, replace the line that raises `NotImplementedError`. Run it, then run the cell
# after it. Stuck? `gradlab.hint("forward_difference")`, and in the end
# `gradlab.solution("forward_difference")`.

# %% exercise="forward_difference"

# %% grade="forward_difference"

# %% [markdown]
# ## Your turn: central difference (5 min)
#
# Write `central_difference(f, x, h)`, under the same rules. This is the function that the rest
# of the course is built on.

# %% exercise="central_difference"

# %% grade="central_difference"

# %% [markdown]
# ## Recap
#
# First, your predictions. Where you were wrong, can you now say why?

# %%
gradlab.tally_predictions(1)

# %% [markdown]
# What to keep of this lesson:
#
# - A difference is the slope of a chord. Forward looks right, backward left, central both ways.
# - Halve $h$: forward's error halves, central's falls to a quarter.
# - Too small an $h$ ruins both: subtraction cancels digits, and below half the gap of the floats
#   $x + h$ is $x$.
# - A difference gives a number even where there is no derivative.
# - Convert to float64 before you subtract.
#
# **Ask yourself.**
#
# <details><summary>For sin at x = 1, central at h = 0.01 is off by 9e-6. What do you expect at h = 0.001?</summary>
#
# A tenth of the step, a hundredth of the error: 9e-8.
# </details>
#
# <details><summary>Why not always take h = 1e-15, if the limit is at 0?</summary>
#
# The rise is then about as small as the rounding of $f$ itself. Few digits are left, or none.
# </details>
#
# <details><summary>Forward gives 0.3, backward −0.3, at h = 1e-3 and at h = 1e-6. What is going
# on?</summary>
#
# A kink. Where $f$ is smooth the two come together as $h$ shrinks.
# </details>

# %%
for h in (0.01, 0.001):
    error = abs(gradlab.central_difference(np.sin, 1.0, h) - math.cos(1))
    print(f"central at h = {h:g} is off by {error:.0e}")

# %% [markdown]
# **Next:** [lesson 2](02_taylor_series_error_analysis.ipynb) proves what you saw here, and finds the best step.
#
# **References.** R. L. Burden and J. D. Faires, *Numerical Analysis*, section 4.1 (the formulas).
# J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., section 8.1 (differences in
# practice). D. Goldberg, *What every computer scientist should know about floating-point
# arithmetic*, ACM Computing Surveys 23(1), 1991 (gaps, rounding, cancellation).
