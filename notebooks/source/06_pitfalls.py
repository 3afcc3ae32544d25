# %% [markdown]
# # 6 Pitfalls: L2, dropout and the rest
#
# **75 minutes**: 52 to read and run, 23 for exercises.
#
# **What you will do.** Make a gradient check fail where the gradient is right, and pass where it is
# wrong, on networks that read the digits. Then find the remedy for each.
#
# **What you will learn.**
# - L2 on one side only, and errors that hide behind it;
# - how to check a network with dropout;
# - how to recognise a kink, and digits that are not there;
# - when to check, and what it costs.
#
# **What you need.** [Lesson 5](05_full_gradient_check.ipynb).

# %%
import math
import time
from functools import partial
from itertools import pairwise

import numpy as np

import gradlab

digits, labels = gradlab.load_digits()
X, Y = digits[:32], labels[:32]  # 32 pictures are enough for a check

# %% [markdown]
# ## L2 on one side only (6 min)
#
# To keep weights small, people add a penalty to the loss (**L2** regularisation, also called weight
# decay):
#
# $$J = J_\text{data} + \frac{\lambda}{2} \sum_l \|W_l\|^2
# \quad\Rightarrow\quad dW_l = dW_l^\text{data} + \lambda W_l, \qquad db_l = db_l^\text{data}.$$
#
# The square brings a 2, which the $\frac12$ cancels. Biases are left out, by custom. It is easy to
# put the penalty into the loss and to forget it in the gradient.
#
# **Predict.** Which blocks will the check find wrong? And what will the difference between slope
# and gradient look like?

# %%
network = gradlab.MLP([64, 16, 10], l2=0.1, seed=6)
forgetful = gradlab.bugs.plant(network, "forgotten_penalty")
gradlab.check_network(forgetful, X, Y)

# %% [markdown]
# Every $W$, no $b$. And gradlab names the cause: what is missing is 0.1 times the parameter itself.
# See it with your own eyes: divide what is missing by $W$, entry by entry.


# %%
def slopes_of(network, h=1e-5):
    probe = gradlab.MLP(network.sizes, network.activation, l2=network.l2)

    def loss(params):
        probe.params = params
        return probe.loss(X, Y)

    return gradlab.numerical_gradient(loss, network.params, h=h)


measured, claimed = slopes_of(forgetful), forgetful.gradients(X, Y)
for number, (W, _) in enumerate(network.params, start=1):
    missing = measured[number - 1][0] - claimed[number - 1][0]
    quotient = missing / W
    print(f"W{number}: missing / W from {quotient.min():.4f} to {quotient.max():.4f}")

# %% [markdown]
# The **residual**, measured minus claimed, is $\lambda W$: proportional to the parameter, with the
# same factor everywhere. This is the fingerprint of L2. Other factors tell other stories:
#
# | residual | probably |
# |:--|:--|
# | $\lambda W$ | penalty in the loss only; or $\lambda$ in the loss, and a gradient for $\frac{\lambda}{2}$ |
# | $-\lambda W$ | penalty in the gradient only; or twice in the gradient |
# | $\frac12 \lambda W$ | the gradient has $\frac{\lambda}{2} W$: the 2 of the square is forgotten |
# | a bit less than $\lambda W$ | a $\frac1m$ in the gradient only: $(1 - \frac1m) \lambda W$ |
# | $\lambda b$ or $-\lambda b$, in a bias | a penalty on the bias, in the loss only or in the gradient only |
#
# The conventions differ ($\frac12$ or not, $\frac1m$ or not), and each is fine. Loss and gradient
# have to agree.

# %% [markdown]
# ## A large lambda (5 min)
#
# Here is a network whose penalty is right. The mistake is in the *data* part of one matrix: $dW_2 =
# A^T \delta_2$ takes the wrong $A$, that of the next layer.
#
# **Predict.** What happens to the ratio as $\lambda$ grows?

# %%
strengths = [0.01, 1.0, 100.0, 1e4, 1e6]
ratios = []
for strength in strengths:
    network = gradlab.MLP([64, 16, 16, 10], l2=strength, seed=6)
    wrong = gradlab.bugs.plant(network, "input_of_next_layer")
    ratios.append(gradlab.relative_difference(slopes_of(wrong), wrong.gradients(X, Y)))
    print(f"lambda = {strength:<8g} ratio {ratios[-1]:.0e}")
series = {"the same mistake": ratios}
gradlab.show(
    gradlab.plots.plot_sizes(strengths, series, "lambda", "ratio", bands=True, log_x=True)
)

# %% [markdown]
# The mistake is the same from left to right. But $\lambda W$ grows, and the ratio divides by it.
# The bands read "almost surely wrong" at $\lambda = 1$, "suspicious" at 100, "acceptable with
# kinks" at $10^4$ and "right" at $10^6$. Real lambdas are smaller. But so are many real mistakes.
#
# A test of each entry holds out longer, but not for ever: the penalty makes the loss large, and
# with it the rounding.
#
# **The remedy: check the parts apart.** First with $\lambda = 0$, then the penalty. (gradlab does
# so by itself for its own networks: it never differences the penalty. In your own code it cannot
# know which part is which.)

# %%
wrong.l2 = 1e8
whole = gradlab.check_network(wrong, X, Y, method="loop")  # differences of data + penalty
print("W2 at lambda = 1e8, whole loss:", whole.parameters[2].verdict)
parts = gradlab.check_network(wrong, X, Y)
print("W2 at lambda = 1e8, by parts:  ", parts.parameters[2].verdict)
wrong.l2 = 0.0
data = gradlab.check_network(wrong, X, Y, method="loop")
print("W2 at lambda = 0, whole loss:  ", data.parameters[2].verdict)

# %% [markdown]
# With the whole loss, $W_2$ passes: its mistake is smaller than what rounding does to slopes of
# $10^7$. With the parts apart it fails.
#
# Then the penalty by itself: take the gradient with it and without it. The difference has to be
# $\lambda W$, and 0 for the biases.

# %%
without = wrong.gradients(X, Y)
wrong.l2 = 1.0
both = wrong.gradients(X, Y)
pairs = zip(both, without, wrong.params, strict=True)
print("penalty part is 1.0 * W:", all(np.allclose(a[0] - b[0], 1.0 * p[0]) for a, b, p in pairs))

# %% [markdown]
# ## Your turn: L2 in the loss and in the gradient (5 min)
#
# Write `l2_loss(params, X, Y, lam)` and `l2_backward(params, X, Y, lam)`.
#
# - A network with tanh hidden layers and the mean softmax cross-entropy; `params` is a list of
#   pairs `(W, b)`, `X` has shape $(m, n_0)$, one-hot `Y` has shape $(m, K)$; `lam` is $\lambda$,
#   any number.
# - `l2_loss` returns a number: $J_\text{data} + \frac{\lambda}{2} \sum_l \|W_l\|^2$.
# - `l2_backward` returns the gradient of exactly that: a list of pairs `(dW, db)`.
# - The data part you wrote in lesson 5. Here it may come from a network of gradlab's:
#   `network = gradlab.MLP([n_0, ..., K])`, then `network.params = params`. The penalty is yours.

# %% exercise="l2_loss"

# %% grade="l2_loss"

# %% exercise="l2_backward"

# %% grade="l2_backward"

# %% [markdown]
# ## Dropout: a loss that rolls dice (6 min)
#
# **Dropout** switches hidden units off at random while training. In its usual, *inverted* form a
# unit is kept with probability $p$ (the **keep probability**), and what is kept is divided by $p$:
#
# $$\tilde A = \frac{A * M}{p}, \qquad M \text{ of zeros and ones, in the shape of } A,\ (m, n_l).$$
#
# Each call draws a new mask $M$. So the loss differs from call to call, at the same parameters.
#
# **Predict.** A check evaluates the loss at $\theta + h$ and at $\theta - h$, each with dice of its
# own, and divides by $2h$. What happens as $h$ shrinks?

# %%
dropout = gradlab.MLP([64, 16, 10], keep_prob=0.8, seed=6)
print("five losses:", [round(dropout.loss(X, Y), 3) for _ in range(5)])


def slope_error(network, h):
    """Distance of a central difference along W1[20, 3] from backpropagation."""
    (W, b), last = network.params
    losses = []
    for step in (h, -h):
        moved = W.copy()
        moved[20, 3] += step
        network.params = [(moved, b), last]
        losses.append(network.loss(X, Y))
    network.params = [(W, b), last]
    return abs((losses[0] - losses[1]) / (2 * h) - network.gradients(X, Y)[0][0][20, 3])


def typical_error(network, h, times=50):
    return np.sqrt(np.mean([slope_error(network, h) ** 2 for _ in range(times)]))


steps = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5]
series = {"a new mask each time": [typical_error(dropout, h) for h in steps]}
dropout.freeze_dropout(len(X), seed=6)  # draws one mask of len(X) rows, and keeps it
series["one mask for all"] = [slope_error(dropout, h) for h in steps]
gradlab.show(gradlab.plots.plot_sizes(steps, series, "step h", "error of the slope", log_x=True))

# %% [markdown]
# With new masks the two losses typically differ by some hundredths, whatever $h$ is. That is noise
# divided by $h$: a step ten times smaller, an error ten times as large. No step helps. With one
# mask for all evaluations, the loss is a function again, and the error falls as it should.
#
# gradlab evaluates the loss twice at the same $\theta$ before it measures anything, and notices.

# %%
dropout.unfreeze_dropout()
report = gradlab.check_network(dropout, X, Y)
print(report.verdict, "-", report.findings[0])

# %% [markdown]
# *Inconclusive*: there is no slope to compare with.

# %% [markdown]
# ## Switch it off, or freeze it (5 min)
#
# **First remedy:** set the keep probability to 1 for the check. Then there are no dice.
#
# **Second remedy:** draw one mask, and use it for every evaluation, forward and backward.
#
# In the backward pass the gradient goes through the same mask and the same factor:
#
# $$dA = \frac{d\tilde A * M}{p}.$$
#
# **Predict.** Here is a backward pass that forgets the $1/p$. Which of the two remedies will see
# it?

# %%
unscaled = gradlab.bugs.plant(dropout, "mask_unscaled")
unscaled.keep_prob = 1.0
print("switched off:", gradlab.check_network(unscaled, X, Y).verdict)

unscaled.keep_prob = 0.8
unscaled.freeze_dropout(len(X), seed=6)
report = gradlab.check_network(unscaled, X, Y)
print("frozen:      ", report.verdict)
for finding in report.findings:
    print(" ", finding)

# %% [markdown]
# Only the frozen mask sees it: with $p = 1$ the forgotten $1/p$ is 1, and the code of dropout is
# not run. Left of the mask the gradient is 0.8 times what it should be, which is $p$. (The first
# finding says where. The other two say what: believe them.) With a frozen mask, all of dropout is
# checked but the drawing of the mask.
#
# Where your framework draws the masks, fix its random state before **each** evaluation, or pass the
# mask in. It is the mask that has to be the same, not just the seed at the beginning.

# %% [markdown]
# ## Explore L2 and dropout (3 min)
#
# The dots are the ratio of each block, with the bands as dotted lines. Those of biases are open.
#
# 1. *penalty forgotten*: move lambda from 0.0001 to 1. Which dots hardly move, and why? And beyond
#    1?
# 2. *data part of dW1 off by 10%*: from which lambda on do the bands call it right?
# 3. *1/keep_prob forgotten*: which mask shows it, at which keep probability?

# %%
gradlab.explore_regularization()

# %% [markdown]
# <details><summary>What there was to see</summary>
#
# 1. b1 and b2: biases have no penalty. Beyond 1 they rise too, though they are right: the loss
#    grows, and with it its rounding.
# 2. From 10⁵ on the ratio of everything is below 1e-7. From about 10⁴ on, b1, which is right, even
#    looks worse than W1, which is wrong. gradlab still fails it.
# 3. Only the frozen one. With none, the mistake does nothing; with a new mask each time everything
#    looks wrong (gradlab says inconclusive). At keep probability 1 there is nothing to see.
# </details>

# %% [markdown]
# ## Your turn: dropout with a given mask (4 min)
#
# Write `dropout_forward(A, keep_prob, mask)` and `dropout_backward(dA, keep_prob, mask)`: inverted
# dropout, with a mask that is given.
#
# - `A`, `dA` and `mask` have the same shape $(m, n)$; `mask` holds 0 and 1, or False and True;
#   `keep_prob` is above 0 and at most 1.
# - `dropout_forward` returns what goes to the next layer; `dropout_backward` gets the derivative
#   with respect to that, and returns the one with respect to `A`.
# - Both return new float64 arrays, and leave their arguments as they are.

# %% exercise="dropout_forward"

# %% grade="dropout_forward"

# %% exercise="dropout_backward"

# %% grade="dropout_backward"

# %% [markdown]
# ## Your turn: is there a die in it? (3 min)
#
# Write `is_deterministic(loss, theta)`: does `loss(theta)` give the same number each time?
#
# - Return `True` if **ten** evaluations give the same number to the last bit (`==`, no tolerance),
#   else `False`. Some losses roll dice only now and then.
# - A loss may change the array that it is given. Hand each evaluation a copy; `theta` has to stay
#   as it is.
# - Do not seed anything: that would switch off what you are looking for.

# %% exercise="is_deterministic"

# %% grade="is_deterministic"

# %% [markdown]
# ## Kinks (7 min)
#
# ReLU, $\max(z, 0)$, has a kink at 0. Backpropagation says: slope 0 on the left, 1 on the right. A
# central difference whose step reaches over the kink mixes the two.
#
# Suppose that the kink is at distance $d < h$, and that the slope changes by $c$ when you walk from
# here across it. Up to curvature, the central difference gives
#
# $$g + \frac{c}{2} \Big( 1 - \frac{d}{h} \Big), \qquad g \text{ the true slope here.}$$
#
# (On the kink itself there is no slope. Take for $g$ the one on the side that you walk from.)
#
# **Predict.** What is that for $d = 0$, on the kink? What if $d$ is just below $h$? And for
# $d > h$?


# %%
def kinked(z):
    return max(z, 0.0) - 0.25 * z  # slope -0.25 on the left, 0.75 on the right


for d in (0.0, 0.0005, 0.0009, 0.002):
    central = (kinked(-d + 0.001) - kinked(-d - 0.001)) / 0.002
    predicted = -0.25 + 0.5 * max(0.0, 1 - d / 0.001)
    print(f"kink at distance {d:<6g}  central {central:+.4f}   predicted {predicted:+.4f}")

# %% [markdown]
# On the kink: the mean of both slopes. At distance $h$ or more: the true slope. In between: in
# between. (This is for $h = 0.001$ and a step from the left, so $g = -0.25$ and $c = 1$.)
#
# A parameter $\theta_i$ does not move $z$ by $h$, but by about
# $h\,|\partial z / \partial \theta_i|$. So a kink matters where
# $|z| < h\,|\partial z / \partial \theta_i|$. The smaller $h$, the fewer:

# %%
relu = gradlab.MLP([64, 16, 10], "relu", seed=3)
for h in (1e-3, 1e-5):
    ratio = gradlab.relative_difference(slopes_of(relu, h), relu.gradients(X, Y))
    print(f"h = {h:.0e}: above 1e-4: {ratio > 1e-4},  below 1e-7: {ratio < 1e-7}")
print("gradlab:", gradlab.check_network(relu, X, Y).verdict)

# %% [markdown]
# The gradient is right. At $h = 10^{-3}$ the bands call it "suspicious"; at $10^{-5}$ no kink lies
# inside a step any more. That is why the bands make allowance for kinks: an excuse for a step that
# is too long. gradlab measures an entry in doubt again with smaller steps.

# %% [markdown]
# ### How to recognise a kink
#
# Take both one-sided slopes, and look at their gap as $h$ shrinks.
#
# **Predict.** A smooth function, a kink at distance $10^{-3}$, and a kink right here. What does the
# gap do in each case?


# %%
def gap(f, x, h):
    return abs((f(x + h) - f(x)) / h - (f(x) - f(x - h)) / h)


def bent(z):
    return max(z, 0.0) + math.exp(z)  # the slope jumps by 1 at 0


steps = [3 * 10.0**-k for k in range(1, 6)]
series = {
    "smooth": [gap(math.exp, 0.0, h) for h in steps],
    "kink at distance 1e-3": [gap(bent, -1e-3, h) for h in steps],
    "on the kink": [gap(bent, 0.0, h) for h in steps],
}
gradlab.show(gradlab.plots.plot_sizes(steps, series, "step h", "gap of the slopes", log_x=True))

# %% [markdown]
# Where $f$ is smooth the gap is about $h|f''|$: it falls with $h$. **On** the kink it stays, at the
# full change of slope, here 1. A kink nearby looks like one until the step is no longer than the
# distance; from there on $f$ is smooth.
#
# On a kink there is no derivative, so there is nothing to check. What backpropagation returns is a
# choice; most code, gradlab's too, takes the slope 0 of a ReLU at 0. With several kinks at one
# place that can even be wrong: $\mathrm{relu}(x) - \mathrm{relu}(-x)$ is just $x$, with slope 1
# everywhere, and backpropagation at 0 says $0 - (-1) \cdot 0 = 0$.

# %%
blank = X.copy()
blank[0] = 0.0  # an empty picture, and biases of zero: z is exactly 0
relu.params = [(W, 0.0 * b) for W, b in relu.params]
report = gradlab.check_network(relu, blank, Y)
print(report.verdict, "-", report.findings[0])


def relu_twice(x):
    return max(x, 0.0) - max(-x, 0.0)


print("slope of relu(x) - relu(-x) at 0:", (relu_twice(0.5) - relu_twice(-0.5)) / 1.0)

# %% [markdown]
# An empty picture and zero biases put every $z$ of that sample exactly on the kink. gradlab says
# so, and counts any value between the two slopes as right. Move the parameters a little, and check
# there.

# %% [markdown]
# ### Explore a kink
#
# Move $z$ across the kink, and change $h$.
#
# 1. $z = 0.3$, $h = 0.5$: is the chord too flat or too steep? Make $h$ smaller: when is it right?
# 2. $z = 0$: what do forward and backward say? Does a smaller $h$ bring them together?
# 3. $z = -0.3$: why is the chord not flat there?

# %%
gradlab.explore_kink()

# %% [markdown]
# <details><summary>What there was to see</summary>
#
# 1. Too flat: it mixes in the flat left side. From h = 0.3 down it is exact: right of the kink the
#    loss is a parabola (lesson 3).
# 2. Backward says 0. Forward says −0.75 at h = 0.5, and goes to −1 as h shrinks. They move apart.
# 3. Its right end reaches over the kink, as long as h is above 0.3.
# </details>

# %% [markdown]
# ## Your turn: find a kink (4 min)
#
# Write `has_kink(f, x, h)`: does the slope of `f` jump somewhere between $x - h$ and $x + h$?
#
# - `f` takes a number and returns one. It has one kink at most; there the slope jumps by at least
#   0.1, up or down. Elsewhere its curvature $|f''|$ is at most 10. `x` is a number, and `h` is at
#   most 0.001.
# - No kink lies within $h/10$ of $x - h$ or of $x + h$. One beyond them does not count.
# - Return `True` or `False`.
#
# Above, the question was whether $x$ itself lies on a kink. Here it is whether one lies anywhere
# inside the step. Comparing the gap at two steps looks natural, but is blind somewhere. A kink at
# distance $d < h$ adds $|c|(1 - d/h)$ to the gap. At $d = h/3$ that halves from $h$ to $h/2$, as it
# does for a smooth function; at $d = h/5$ it falls to a quarter from $h$ to $h/4$. Compare instead
# the slope just right of $x - h$ with the slope just left of $x + h$: how much can curvature change
# it in between? How much does a kink?

# %% exercise="has_kink"

# %% grade="has_kink"

# %% [markdown]
# ## Your turn: mend what was found (5 min)
#
# The code below was found in the wild: it is the step back through a hidden layer in NumPy's own
# tutorial on reading handwritten digits (numpy/numpy-tutorials,
# `content/tutorial-deep-learning-on-mnist.md`, as of 2 June 2026), with `keep_prob` in place of its
# 0.5. The network learns all the same, so nothing looks wrong.
#
# The step forward is $A = \max(Z, 0) * M / p$. Write `mend_relu_step(dA, A, keep_prob, mask)`, the
# step back: it gets the derivative with respect to $A$, and returns the one with
# respect to $Z$. No entry of $Z$ is 0.
#
# There are two mistakes. Find them with a check of your own: choose a small `Z`, a `mask` and a
# `keep_prob`, and run this in a new cell.
#
# ```python
# def forward(Z):
#     return np.maximum(Z, 0) * mask / keep_prob
#
#
# def backward(dA, Z):
#     return mend_relu_step(dA, forward(Z), keep_prob, mask)
#
#
# gradlab.check_layer(forward, backward, (Z,))
# ```

# %% exercise="mend_relu_step"

# %% grade="mend_relu_step"

# %% [markdown]
# ## Digits that are not there (5 min)
#
# Deep learning computes in float32, with a unit round-off of $2^{-24}$. Parameters in float64 do
# not help if **one step** inside the loss is float32: a constant, a cast, a function of a library.
#
# **Predict.** The forward pass below is cast to float32. The gradient is right, in float64. What is
# the ratio at $h = 10^{-5}$? Does a larger $h$ help?


# %%
tanh = gradlab.MLP([64, 16, 10], seed=6)


def loss_in_float32(params):
    (W1, b1), (W2, b2) = [(W.astype(np.float32), b.astype(np.float32)) for W, b in params]
    Z = np.tanh(X.astype(np.float32) @ W1 + b1) @ W2 + b2
    Z = Z - Z.max(axis=1, keepdims=True)
    return float((np.log(np.exp(Z).sum(axis=1)) - (Y * Z).sum(axis=1)).mean())


def gradient(params):
    probe = gradlab.MLP([64, 16, 10])
    probe.params = params
    return probe.gradients(X, Y)


for h in (1e-5, 1e-2):
    slopes = gradlab.numerical_gradient(loss_in_float32, tanh.params, h=h)
    ratio = gradlab.relative_difference(slopes, gradient(tanh.params))
    print(f"h = {h:.0e}: ratio above 1e-2: {ratio > 1e-2},  below 1e-4: {ratio < 1e-4}")

# %% [markdown]
# At $h = 10^{-5}$ the bands call this right gradient "almost surely wrong". At $10^{-2}$ it is
# hundreds of times better, as the V of lesson 2 has it: more noise, larger step. What does gradlab
# say?

# %%
report = gradlab.check_gradient(loss_in_float32, gradient, tanh.params)
noise, usual = report.findings[0].evidence["noise"], 2.0**-53 * loss_in_float32(tanh.params)
print("fails:", report.verdict == "fail", "- finding:", report.findings[0].kind)
print("noise over a million times u|J|:", noise > 1e6 * usual)

# %% [markdown]
# It does not fail. It measured the noise, over a million times $u|J|$, and widened its steps and
# tolerances; the finding `low_precision` says so. Whether that is enough for *pass*, or only for
# *inconclusive*, depends on how your machine rounds. The remedy is float64, all the way through the
# loss, for the check alone.
#
# A loss that is far **larger than its changes** has the same trouble without any float32. Lesson 5
# had one, with a constant of 100,000 in it. Take the constant out.

# %% [markdown]
# ## When to check (7 min)
#
# **Not at zero.** Lesson 5 showed it: where all weights are 0, so are most gradients, right or
# wrong. On the digits:

# %%
wrong = gradlab.bugs.plant(gradlab.MLP([64, 16, 16, 10], seed=6), "untransposed_weights")
print("at random weights:", gradlab.check_network(wrong, X, Y).verdict)
wrong.params = [(0 * W, 0 * b) for W, b in wrong.params]
at_zero = gradlab.relative_difference(slopes_of(wrong), wrong.gradients(X, Y))
print("at zero, ratio below 1e-7:", at_zero < 1e-7)

# %% [markdown]
# **Not with tiny weights.** Where $|z|$ is tiny, $\tanh'$ is nearly 1: forget it there, and nobody
# can tell.

# %%
for size in (0.001, 1.0):
    network = gradlab.MLP([64, 16, 10], seed=6)
    network.params = [(size * W, size * b) for W, b in network.params]
    careless = gradlab.bugs.plant(network, "missing_slope")  # without tanh'
    print(f"weights times {size:<5g} {gradlab.check_network(careless, X, Y).verdict}")

# %% [markdown]
# **Not only at the start.** The network below takes $\tanh'$ at the nearest $z$ between $-3$ and 3.
# `GradientMonitor` checks it every 200 steps, on our 32 pictures, while it trains.
#
# **Predict.** Will the check before the first step see the mistake?

# %%
late = gradlab.bugs.plant(gradlab.MLP([64, 16, 10], seed=6), "slope_near_zero")
monitor = gradlab.GradientMonitor(X, Y, every=200)
late.fit(digits[:1500], labels[:1500], epochs=20, learning_rate=0.3, callback=monitor)
gradlab.show(monitor.plot())
for step, report in monitor.history:
    print(f"step {step:>3}: {report.verdict}")

# %% [markdown]
# It passes before training, because no $|z|$ is above 3. Then the weights grow, and $W_1$ and
# $b_1$, left of the derivative, fail at every check. The crosses lie near $10^{-5}$: "acceptable
# with kinks", and tanh has none. ($W_2$ and $b_2$, which are right, fall to $10^{-16}$: where a
# plain difference does not settle every entry, gradlab measures again, more exactly.)
#
# With fresh weights some code is never reached: a saturation that is not there yet, a clip that
# never clips. **Check at the start, after some training, and after every change of the code.**
#
# And never train with a numerical gradient. The next section shows why.

# %% [markdown]
# ## What it costs (8 min)
#
# Backpropagation costs a few times as much as one loss. Differences cost $2N$ losses. Measure both
# while $N$ grows, with all of gradlab's ways (they are explained below).
#
# **Predict.** On log-log axes: how steep is the line of the textbook loop?


# %%
def fastest(function, times):
    """Seconds of the fastest of several runs: the others were disturbed."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        found.append(time.perf_counter() - start)
    return min(found)


counts, seconds = [], {"loop": [], "entries": [], "units": [], "backprop": []}
for width in (2, 8, 32, 96):
    net = gradlab.MLP([64, width, 10], seed=6)
    counts.append(sum(W.size + b.size for W, b in net.params))
    for way, times in (("loop", 1), ("entries", 2), ("units", 5)):
        check = partial(gradlab.check_network, net, X, Y, method=way)
        seconds[way].append(fastest(check, times))
    seconds["backprop"].append(fastest(partial(net.gradients, X, Y), 50))
gradlab.show(gradlab.plots.plot_cost(counts, seconds))
print("N:", counts)
loop, units, backprop = (seconds[name][-1] for name in ("loop", "units", "backprop"))
print("loop over 100 times as long as backprop:", loop > 100 * backprop)
print("loop over 10 times as long as units:    ", loop > 10 * units)

# %% [markdown]
# The times are those of your machine. The **loop** rises at least as fast as $N$: twice the
# parameters, twice the losses, and each loss takes longer. So its cost grows with $N^2$ in the end.
# Backpropagation stays near the floor. That is why you check with differences, and never train with
# them.
#
# Why are the other two so much faster?
#
# - **loop**: the textbook. $2N$ whole losses.
# - **entries**: a change of $W_l[i, j]$ changes only column $j$ of $Z_l$. Recompute that column,
#   and what follows.
# - **units**: $Z_l = A_{l-1} W_l + b_l$ is *linear* in $W_l$ and $b_l$. So move each unit's
#   pre-activation instead, for every sample at once: that gives $\delta_l$, measured. Then
#   $dW_l = A_{l-1}^T \delta_l$, from lesson 5. A network 784-128-64-10 has 109,386 parameters, but
#   only 202 units.

# %%
sizes = [784, 128, 64, 10]
N = sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))
print(f"loop:  N = {N:,}, so {2 * N:,} moves, a whole loss each")
print(
    f"units: {sum(sizes[1:])}, so {2 * sum(sizes[1:])} moves of a column of Z, all samples at once"
)

# %% [markdown]
# Units need to know that the weights enter through $A W + b$ alone (the penalty is measured apart),
# and that samples do not influence each other (as they would in batch normalisation). So they suit
# `MLP`, not any code.
#
# For any code, there are **samples**. Check $k$ of the $N$ entries, drawn at random. If $B$ entries
# are wrong, the chance to miss all of them is
#
# $$\Big( 1 - \frac BN \Big)^k \text{ with replacement,} \qquad \binom{N - B}{k} \Big/ \binom Nk \text{ without.}$$
#
# **Predict.** $N = 109{,}386$ and you check 1,000 entries. How likely do you miss one wrong entry?
# And 640, all of $W_3$?

# %%
for bad in (1, 64, 640):
    missed = math.comb(N - bad, 1000) / math.comb(N, 1000)
    print(f"{bad:>3} wrong of {N:,}: missed with probability {missed:.3f}")

# %% [markdown]
# One wrong entry you miss nearly always, all of $b_2$ (64) more often than not, all of $W_3$ hardly
# ever. This is without replacement; with it, you will see below, the chance is nearly the same.
#
# So draw from every block: `check_gradient(..., sample=200)` does, and prints the chance.
#
# **Random directions** move a whole block at once, along a random vector $v$, and compare the slope
# with $d\theta \cdot v$. An error $e$ of the gradient changes that by $e \cdot v$: every wrong
# entry counts. A loose tolerance drowns one small error among many right entries; a tolerance as
# small as the rounding does not. But you do not learn which entry it is.
#
# **Predict.** One entry of 7,210 is set to 0. What sees it: 200 entries, or one direction for each
# block?


# %%
def at(params):
    probe = gradlab.MLP([64, 96, 10])
    probe.params = params
    return probe


def zeroed(params):
    pairs = at(params).gradients(X, Y)
    pairs[0][0][20, 4] = 0.0
    return pairs


start = gradlab.MLP([64, 96, 10], seed=6).params
for name, options in (("200 entries:", {"sample": 200}), ("directions: ", {"directions": 1})):
    report = gradlab.check_gradient(lambda p: at(p).loss(X, Y), zeroed, start, **options)
    print(name, report.verdict, *report.notes[:1])
print(gradlab.check_gradient(lambda p: at(p).loss(X, Y), zeroed, start, sample=200).notes[1])

# %% [markdown]
# The sample misses it, the directions do not. And the last line says how likely the sample was to
# miss something, in the block where that is worst: $b_2$ has 10 entries, and one of them was drawn,
# so one wrong entry is missed with probability 0.9 there, and with 0.97 in a larger block.

# %% [markdown]
# ## Your turn: the chance to miss it (2 min)
#
# Write `miss_probability(bad, total, samples)`: `bad` of `total` entries are wrong, and `samples`
# entries are drawn **with** replacement. Return the probability that none of them is wrong, a
# number.

# %% exercise="miss_probability"

# %% grade="miss_probability"

# %%
miss = gradlab.yours("miss_probability")
for bad in (1, 64, 640):
    print(f"{bad:>3} wrong of {N:,}: missed with probability {miss(bad, N, 1000):.3f}")

# %% [markdown]
# The same numbers as without replacement, nearly: $k$ is small beside $N$, so hardly an entry is
# drawn twice.

# %% [markdown]
# ## Recap
#
# | pitfall | sign | remedy |
# |:--|:--|:--|
# | L2 on one side | residual proportional to $W$ | the same convention on both sides |
# | large lambda | a small ratio | check data and penalty apart |
# | dropout | the loss differs from call to call | freeze the mask (or switch it off) |
# | kinks | one-sided slopes stay apart | smaller steps; another point |
# | float32, constants | noise far above $u\lvert J\rvert$ | float64; take constants out |
# | zeros | gradients of 0 | random parameters |
# | late bugs | passes at first | check again after some training |
# | cost | $2N$ losses | units, entries, samples |
#
# **Ask yourself.**
#
# <details><summary>The residual of W2 is −0.01 W2, and lambda is 0.01. What happened?</summary>
#
# The gradient has a penalty that the loss has not, or has it twice.
# </details>
#
# <details><summary>With dropout switched off your check passes. Are you done?</summary>
#
# No. The code of dropout was not run. Freeze a mask and check again.
# </details>
#
# <details><summary>Your ReLU check has ratio 6e-3 at h = 1e-3 and 3e-10 at h = 1e-5. A bug?</summary>
#
# No. A mistake in the gradient would not go away with a smaller step. Those were kinks.
# </details>

# %% [markdown]
# **Next:** [lesson 7](07_bug_hunt.ipynb): a bug hunt with all of this.
#
# **References.** A. Krogh and J. A. Hertz, *A simple weight decay can improve generalization*, NIPS
# 1991 (L2). N. Srivastava and others, *Dropout: a simple way to prevent neural networks from
# overfitting*, JMLR 15, 2014. J. J. Moré and S. M. Wild, *Estimating computational noise*, SIAM
# Journal on Scientific Computing 33(3), 2011, and *Estimating derivatives of noisy simulations*,
# ACM Transactions on Mathematical Software 38(3), 2012. I. Goodfellow, Y. Bengio and A. Courville,
# *Deep Learning*, MIT Press, 2016, sections 7.1 (L2) and 7.12 (dropout).
