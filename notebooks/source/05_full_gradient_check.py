# %% [markdown]
# # 5 The full gradient check
#
# **90 minutes**: 66 to read and run, 24 for exercises.
#
# **What you will do.** Derive the gradient of a softmax network, matrix by matrix. Check it by hand
# in seven steps. Then learn how to read the number that comes out, and when not to trust it.
#
# **What you will learn.**
# - softmax and cross-entropy that never overflow;
# - backpropagation in matrix form, a shape beside each symbol;
# - the seven steps of a gradient check;
# - the ratio and its customary bands, and where they are wrong;
# - how a report tells you which line of code to look at.
#
# **What you need.** [Lesson 4](04_vectorizing.ipynb), the chain rule, matrix products. Take a
# break in the middle: after the exercise on backpropagation is a good place.

# %%
from itertools import pairwise

import numpy as np

import gradlab

# %% [markdown]
# ## Softmax (6 min)
#
# A batch is rows: $X$ has shape $(m, n_0)$, a sample in each row. The last layer of a network gives
# each sample a row of **logits**, one for each of $K$ classes: $Z$ has shape $(m, K)$. Softmax
# turns a row of logits into probabilities:
#
# $$a_{ik} = \frac{e^{z_{ik}}}{\sum_{j=1}^{K} e^{z_{ij}}}, \qquad A \text{ of shape } (m, K).$$
#
# Each entry is positive, and each row sums to 1.
#
# **Predict.** What does this formula give for the logits 1000, 1001 and 1002?

# %%
z = np.array([1000.0, 1001.0, 1002.0])
with np.errstate(all="ignore"):
    print("as written:  ", np.exp(z) / np.exp(z).sum())
print("of 0, 1 and 2:", (np.exp([0, 1, 2]) / np.exp([0, 1, 2]).sum()).round(4))

# %% [markdown]
# $e^{1000}$ is infinite in float64, and infinity over infinity is NaN. But only the differences of
# the logits matter: subtract any number $c$ from a whole row, and $e^{-c}$ cancels in the fraction.
# Take $c$ = the row's largest logit. Then the largest exponent is 0, and nothing can overflow. What
# underflows is a probability below $10^{-300}$, and 0 is close enough. (Not for its logarithm, as
# you will see.)

# %%
shifted = np.exp(z - z.max())
print("shifted:     ", (shifted / shifted.sum()).round(4))

# %% [markdown]
# ## Your turn: softmax (3 min)
#
# Write `softmax(Z)`.
#
# - `Z` has shape $(m, K)$, a row of logits for each sample. Leave it as it is.
# - Return an array of the same shape. Each row sums to 1.
# - It has to be right for logits as large as $\pm 10^4$.

# %% exercise="softmax"

# %% grade="softmax"

# %% [markdown]
# ## Cross-entropy without log(0) (6 min)
#
# $Y$ has shape $(m, K)$ and is **one-hot**: a 1 in the column of the right class, 0 elsewhere. The
# loss is the **cross-entropy**, which asks how probable the right class was:
#
# $$J = -\frac1m \sum_{i=1}^{m} \sum_{k=1}^{K} y_{ik} \ln a_{ik}.$$
#
# We take the **mean** over the $m$ samples. Some write the sum, without $1/m$. The sum is $m$ times
# the mean, and its gradient is $m$ times the mean's. Either is fine; do not mix them.
#
# **Predict.** A sample has the logits 0 and 800, and the first class is right. What is
# $-\ln a_1$, by this formula, and in truth?

# %%
z = np.array([0.0, 800.0])
a = np.exp(z - z.max()) / np.exp(z - z.max()).sum()
with np.errstate(divide="ignore"):
    print("probability, then logarithm:", -np.log(a[0]))
print("from the logits:            ", z.max() + np.log(np.exp(z - z.max()).sum()) - z[0])

# %% [markdown]
# $a_1 = e^{-800}$ is 0 in float64, and its logarithm is minus infinity. The truth is 800. Do the
# logarithm on paper first:
#
# $$-\ln a_k = \ln \sum_j e^{z_j} - z_k
# = \underbrace{c + \ln \sum_j e^{z_j - c}}_{\text{log-sum-exp}} - z_k, \qquad c = \max_j z_j.$$
#
# The sum holds $e^0 = 1$, so it is at least 1 and its logarithm at least 0: `log(0)` never appears.
# You may have met `log(a + 1e-12)` as a remedy. Try it, and its slope by the first logit, which is
# $a_1 - 1 = -1$ in truth (the next section derives that).


# %%
def patched(z):
    powers = np.exp(z - z.max())
    return -np.log(powers[0] / powers.sum() + 1e-12)


slope = gradlab.numerical_gradient(patched, z, h=1e-3)[0]
print(f"-log(a + 1e-12) is {patched(z):.1f}, and its slope by the first logit {slope:.1f}")

# %% [markdown]
# The loss is 27.6 in place of 800, and its slope is 0 in place of −1: this sample teaches the
# network nothing any more.

# %% [markdown]
# ## Your turn: cross-entropy (4 min)
#
# Write `cross_entropy(Z, Y)`.
#
# - `Z` has shape $(m, K)$ and holds logits, up to $\pm 10^4$; `Y` has the same shape and is
#   one-hot.
# - Return a number: summed over the classes, the **mean** over the rows. Natural logarithm.
# - Compute it from the logits, without forming a probability on the way.

# %% exercise="cross_entropy"

# %% grade="cross_entropy"

# %% [markdown]
# ## The slope at the logits (7 min)
#
# Take one sample, with logits $z_1, \dots, z_K$ and targets $y_1, \dots, y_K$ that sum to 1. By the
# formula above its loss is
#
# $$L = -\sum_k y_k \ln a_k = \sum_k y_k \Big( \ln \sum_j e^{z_j} - z_k \Big)
# = \ln \sum_j e^{z_j} - \sum_k y_k z_k.$$
#
# In the last step $\sum_k y_k = 1$ was used. Now the derivative with respect to $z_k$. The first
# term gives
#
# $$\frac{\partial}{\partial z_k} \ln \sum_j e^{z_j} = \frac{e^{z_k}}{\sum_j e^{z_j}} = a_k,$$
#
# the second $-y_k$. So $\partial L / \partial z_k = a_k - y_k$. The mean brings a $1/m$. For a
# whole batch, with $\delta_L$ for the derivative of $J$ with respect to $Z_L$, the logits:
#
# $$\boxed{\; \delta_L = \frac1m (A_L - Y) \;} \qquad \delta_L, A_L, Y \text{ of shape } (m, K).$$
#
# **Predict.** Softmax says 0.7, 0.2, 0.1 and the first class is right; $m = 1$. What is $\delta$?
# Which logit should go up?

# %%
z = np.log([[0.7, 0.2, 0.1]])
y = np.array([[1.0, 0.0, 0.0]])


def mean_loss(Z, Y):
    shifted = Z - Z.max(axis=1, keepdims=True)
    return (np.log(np.exp(shifted).sum(axis=1)) - (Y * shifted).sum(axis=1)).mean()


def measured(Y):
    return gradlab.numerical_gradient(lambda Z: mean_loss(Z, Y), z).round(6)


print("a - y:   ", (np.exp(z) - y).round(6))
print("measured:", measured(y))

# %% [markdown]
# The slope along the right logit is negative: the loss falls when that logit goes up. The others
# push it down, each by its probability.
#
# What if a row of $Y$ does not sum to 1, say $y = (1, 1, 0)$? Then the step above gives
# $2 \ln \sum_j e^{z_j}$ in place of $\ln \sum_j e^{z_j}$. **Predict** the slope.

# %%
both = np.array([[1.0, 1.0, 0.0]])


def minus_sum(Z):
    return -(both * np.log(np.exp(Z) / np.exp(Z).sum())).sum()


print("measured:", gradlab.numerical_gradient(minus_sum, z).round(6))
print("2a - y:  ", (2 * np.exp(z) - both).round(6))
print("a - y:   ", (np.exp(z) - both).round(6))

# %% [markdown]
# It is $2a - y$. The formula $a - y$ needs rows that sum to 1. Keep to these.

# %% [markdown]
# ## Back through a layer (10 min)
#
# Layer $l$ takes $A_{l-1}$ of shape $(m, n_{l-1})$ and computes
#
# $$Z_l = A_{l-1} W_l + b_l, \qquad A_l = g(Z_l), \qquad Z_l, A_l \text{ of shape } (m, n_l).$$
#
# The vector $b_l$ of shape $(n_l,)$ is added to every row. $g$ acts on each entry; the last layer
# has softmax in its place. Write $\delta_l$ for the derivative of $J$ with respect to $Z_l$; it has
# the shape of $Z_l$. Suppose that we know it.
#
# **The weights.** One entry is $z_{ij} = \sum_k a_{ik} w_{kj} + b_j$. The weight $w_{kj}$ occurs
# in column $j$ of every row $i$, with the factor $a_{ik}$. By the chain rule
#
# $$\frac{\partial J}{\partial w_{kj}} = \sum_{i=1}^{m} a_{ik}\, \delta_{ij}
# \quad\Rightarrow\quad dW_l = A_{l-1}^T\, \delta_l,$$
# $$(n_{l-1}, n_l) = (n_{l-1}, m)\,(m, n_l).$$
#
# **The biases.** $b_j$ occurs in column $j$ of every row, with the factor 1. So it collects the
# whole column:
#
# $$db_l = \sum_{i=1}^{m} \delta_{i \cdot}, \qquad \text{the column sums of } \delta_l,
# \text{ of shape } (n_l,).$$

# %% [markdown]
# **Further back.** $a_{ik}$ occurs in row $i$ of $Z_l$, in every column $j$, with the factor
# $w_{kj}$:
#
# $$\frac{\partial J}{\partial a_{ik}} = \sum_{j=1}^{n_l} \delta_{ij}\, w_{kj}
# \quad\Rightarrow\quad dA_{l-1} = \delta_l\, W_l^T,$$
# $$(m, n_{l-1}) = (m, n_l)\,(n_l, n_{l-1}).$$
#
# And since $A_{l-1} = g(Z_{l-1})$ entry by entry, each entry is multiplied by its own $g'$:
#
# $$\delta_{l-1} = (\delta_l W_l^T) * g'(Z_{l-1}), \qquad (m, n_{l-1}).$$
#
# Here $*$ is the product entry by entry. For tanh, $g' = 1 - \tanh^2 = 1 - A_{l-1} * A_{l-1}$: the
# derivative in terms of $A$, which you have already.
#
# **Predict.** Before you look at the figure: which arrays of the forward pass does the backward
# pass need?

# %%
gradlab.show(gradlab.plots.plot_flow())

# %% [markdown]
# It needs every $A_{l-1}$ (for $dW_l$), every $W_l$ but $W_1$ (to go further back), and $g'$ at
# every hidden $Z_l$, for which $A_l$ is enough. Two things flow down from each $\delta_l$: $dW_l$
# and $db_l$. Only $\delta$ itself goes on to the left. So
# **a mistake in $\delta_l$ spoils layer $l$ and everything to its left; a mistake in $dW_l$ spoils $dW_l$ alone**.
# You will use that when you read a report.

# %% [markdown]
# ## Your turn: backpropagation (8 min)
#
# Write `backward(params, X, Y)` for a network with tanh in every hidden layer, and softmax with the
# mean cross-entropy at the end.
#
# - `params` is a list of pairs `(W, b)`, one for each layer: `W` of shape $(n_{l-1}, n_l)$, `b` of
#   shape $(n_l,)$. There may be any number of hidden layers, none included. `X` has shape
#   $(m, n_0)$; `Y` has shape $(m, K)$ and is one-hot.
# - Return a list of pairs `(dW, db)`, in the order and the shapes of `params`: a list of one pair
#   for a single layer.
# - The forward pass is yours to write, too. `params`, `X` and `Y` stay as they are. The logits are
#   ordinary here.

# %% exercise="backward"

# %% grade="backward"

# %% [markdown]
# ## The check, in seven steps (14 min)
#
# Now check such a gradient, by hand. Seven steps, seven cells.
#
# **Step 1. Initialise, not with zeros.** Random weights, of a usual size that keeps tanh out of
# saturation, and random biases. A check at zero is blind: if $W_2 = 0$, then
# $\delta_1 = (\delta_2 W_2^T) * g' = 0$, right or wrong, and all gradients to its left are 0. We
# come back to that.

# %%
rng = np.random.default_rng(5)
sizes = [20, 12, 8, 5]
params = [
    (rng.normal(0, np.sqrt(2 / (n_in + n_out)), (n_in, n_out)), rng.normal(0, 0.1, n_out))
    for n_in, n_out in pairwise(sizes)
]
print("shapes:", [(W.shape, b.shape) for W, b in params])

# %% [markdown]
# **Step 2. Pack.** All parameters into one vector $\theta$ of length $N$, as in lesson 4.
#
# **Predict.** What is $N$ for 20-12-8-5?


# %%
def to_vector(pairs):
    return np.concatenate([part.ravel() for pair in pairs for part in pair])


def to_pairs(vector):
    pairs, start = [], 0
    for n_in, n_out in pairwise(sizes):
        middle, end = start + n_in * n_out, start + n_in * n_out + n_out
        W, b = vector[start:middle].reshape(n_in, n_out), vector[middle:end]
        pairs.append((W.copy(), b.copy()))
        start = end
    return pairs


theta = to_vector(params)
print("theta has shape", theta.shape)

# %% [markdown]
# $20 \cdot 12 + 12 + 12 \cdot 8 + 8 + 8 \cdot 5 + 5 = 401$.
#
# **Step 3. Data.** A few samples are enough; $X$ scaled to $[0, 1]$, so that no $Z$ is huge and
# tanh does not saturate. $Y$ one-hot, with every class in it: a class that never occurs tests less.

# %%
m = 10
X = rng.random((m, 20))
Y = np.eye(5)[[0, 1, 2, 3, 4, 0, 1, 0, 1, 0]]
print("X", X.shape, "Y", Y.shape, "samples of each class:", Y.sum(axis=0).astype(int))

# %% [markdown]
# **Step 4. One forward and one backward pass.** The forward pass is one line of code for each
# formula. The backward pass is yours, if it passed its check above; otherwise the course's own
# stands in for it, and the cell says so.


# %%
def forward(params, X):
    A = [X]
    for W, b in params[:-1]:
        A.append(np.tanh(A[-1] @ W + b))
    W, b = params[-1]
    return A, A[-1] @ W + b


gradients = gradlab.yours("backward")
print(f"loss: {mean_loss(forward(params, X)[1], Y):.4f}")

# %% [markdown]
# **Step 5. Pack the gradients in the same way.** The same function, so the same order.

# %%
dtheta = to_vector(gradients(params, X, Y))
print("dtheta has shape", dtheta.shape)

# %% [markdown]
# **Step 6. A central difference for every entry.** From the loss alone. The backward pass does not
# occur in it: that is what makes it an independent witness.


# %%
def loss(vector):
    return mean_loss(forward(to_pairs(vector), X)[1], Y)


h = 1e-5
numeric = np.empty_like(theta)
for i in range(len(theta)):
    right, left = theta.copy(), theta.copy()
    right[i] += h
    left[i] -= h
    numeric[i] = (loss(right) - loss(left)) / (2 * h)

# %% [markdown]
# **Step 7. Compare.** With the length $\|v\| = \sqrt{\sum_i v_i^2}$ of a vector:
#
# $$r = \frac{\| d\theta - n \|}{\| d\theta \| + \| n \|}, \qquad n \text{ the numerical gradient.}$$
#
# **Predict.** From lesson 2: about how small will $r$ be, if the gradient is right? Near $10^{-4}$,
# $10^{-9}$ or $10^{-16}$?

# %%
ratio = np.linalg.norm(dtheta - numeric) / (np.linalg.norm(dtheta) + np.linalg.norm(numeric))
print(f"ratio near 1e{round(np.log10(ratio))}")

# %% [markdown]
# A central difference with $h = 10^{-5}$ is good to about ten digits, and that is what we see. The
# gradient is right.
#
# A check that cannot fail is worth nothing. So spoil the gradient and compare again: forget the sum
# in the last $db$, and take the first row of $\delta$ in its place.


# %%
def broken(params, X, Y):
    *others, (dW, _) = gradients(params, X, Y)
    _, first_row = gradients(params, X[:1], Y[:1])[-1]
    return [*others, (dW, first_row / len(X))]


broken_vector = to_vector(broken(params, X, Y))
print(f"ratio: {gradlab.relative_difference(broken_vector, numeric):.2f}")

# %% [markdown]
# From below $10^{-8}$ to above 0.1, for a mistake in 5 of 401 entries.

# %% [markdown]
# ### The same with gradlab
#
# `gradlab.check_gradient` does all seven steps but the first and the third, with any loss and any
# gradient. It gives each entry a tolerance of its own.

# %%
report = gradlab.check_gradient(
    lambda p: mean_loss(forward(p, X)[1], Y), lambda p: gradients(p, X, Y), params
)
print(report)

# %% [markdown]
# Both agree, and so do the numbers behind them:

# %%
theirs = gradlab.numerical_gradient(loss, theta, h=1e-5)
print("the same differences to 1e-9:", np.abs(theirs - numeric).max() < 1e-9)
print("the same verdict:", report.passed == (ratio < 1e-7))

# %% [markdown]
# **And at zero?** Here is the blind check of step 1: all parameters are 0, and the backward pass
# takes every gradient of the hidden layers times 1000.


# %%
def nonsense(params, X, Y):
    (dW1, db1), (dW2, db2), last = gradients(params, X, Y)
    return [(1000 * dW1, 1000 * db1), (1000 * dW2, 1000 * db2), last]


zeros = to_pairs(0 * theta)
at_zero = gradlab.numerical_gradient(loss, 0 * theta, h=1e-5)
ratio_at_zero = gradlab.relative_difference(to_vector(nonsense(zeros, X, Y)), at_zero)
print("ratio below 1e-7 at zero:  ", ratio_at_zero < 1e-7)
print("entries that are not zero: ", np.count_nonzero(np.abs(at_zero) > 1e-9), "of", len(theta))
report = gradlab.check_gradient(
    lambda p: mean_loss(forward(p, X)[1], Y), lambda p: nonsense(p, X, Y), zeros
)
print("gradlab:", report.verdict)

# %% [markdown]
# Nonsense passes: of 401 slopes only the five of the last bias are not zero, and 1000 times 0 is 0.
# gradlab passes it too, and rightly: at this one point the gradient *is* right. No check at zero
# can see more. So check at random parameters. (The last $dW_L = A_{L-1}^T \delta_L$ is 0 as well,
# because $\tanh 0 = 0$; ReLU is the same. With sigmoid, where $g(0) = 1/2$, the last weights have a
# slope. The others are blind all the same.)

# %% [markdown]
# ## The ratio, not the distance (6 min)
#
# Why divide? Train a network on a few digits, and check it on the way: a right one, and one with a
# mistake in a bias. Watch both the **distance** $\|d\theta - n\|$ and the **ratio**.
#
# **Predict.** What does the distance of the wrong network do, while the loss falls? And its ratio?

# %%
digits, labels = gradlab.load_digits()
X_few, Y_few = digits[:64], labels[:64]
checked = [0, 30, 100, 300, 1000, 2000]


def loss_of(pairs):
    network = gradlab.MLP([64, 12, 10])
    network.params = pairs
    return network.loss(X_few, Y_few)


def distance_and_ratio(network, h=1e-5):
    n = to_vector(gradlab.numerical_gradient(loss_of, network.params, h=h))
    a = to_vector(network.gradients(X_few, Y_few))
    return np.linalg.norm(a - n), gradlab.relative_difference(a, n)


def follow(network):
    found = []

    def callback(network, step, steps):
        if step in checked:
            found.append(distance_and_ratio(network))

    network.fit(X_few, Y_few, epochs=2000, learning_rate=0.5, batch_size=64, callback=callback)
    return zip(*found, strict=True)


# %%
right = gradlab.MLP([64, 12, 10], seed=5)
wrong = gradlab.bugs.plant(right, "flipped_bias")
distance_right, ratio_right = follow(right)
distance_wrong, ratio_wrong = follow(wrong)
series = {
    "distance, wrong": distance_wrong,
    "ratio, wrong": ratio_wrong,
    "ratio, right": ratio_right,
    "distance, right": distance_right,
}
shown = [max(step, 1) for step in checked]  # a logarithmic axis has no 0
gradlab.show(gradlab.plots.plot_sizes(shown, series, "training step", "size", log_x=True))
print(
    "distance of the wrong one falls over 1000-fold:", distance_wrong[0] > 1e3 * distance_wrong[-1]
)
print("its ratio stays between 0.03 and 0.3:", 0.03 < min(ratio_wrong) < max(ratio_wrong) < 0.3)
print("distance of the right one stays below 1e-9:", max(distance_right) < 1e-9)
print("its ratio grows more than tenfold:", ratio_right[-1] > 10 * ratio_right[0])
smaller = distance_and_ratio(right, h=1e-6)[0]
print("with a tenth of the step its distance is 5 to 20 times as large:", end=" ")
print(5 < smaller / distance_and_ratio(right)[0] < 20)

# %% [markdown]
# (Step 0 is drawn at 1.) The distance of the **wrong** network falls by more than a factor of 1000,
# and nothing was repaired: the gradients themselves shrank. A fixed limit on the distance would
# fail it early and pass it late. Its ratio stays above 0.03.
#
# The **right** network is off by a distance that soon stops falling. It is rounding: a step ten
# times smaller makes it about ten times larger. And it does not shrink with the loss, which is
# still computed from logits near 10, each rounded in *its* last digit. The gradient does shrink,
# and so the *ratio* rises, more than tenfold. Near a minimum even a right gradient looks worse.
# Remember that when we come to the bands.
#
# **Both zero.** If $d\theta = n = 0$ the ratio is $0/0$. Two equal gradients agree, so say 0.
# **NaN.** If an entry is NaN, so is the ratio, and NaN should never pass.
# `gradlab.relative_difference` does both.
#
# **Mean or sum?** The ratio is the same: numerator and denominator are both $m$ times larger. (Not
# with the penalty of lesson 6, which does not change with $m$.)

# %%
print("both zero:", gradlab.relative_difference(np.zeros(3), np.zeros(3)))
print("with NaN: ", gradlab.relative_difference(np.array([1.0, np.nan]), np.ones(2)))
print(f"mean:      {gradlab.relative_difference(dtheta, 1.1 * numeric):.4f}")
print(f"sum:       {gradlab.relative_difference(m * dtheta, 1.1 * m * numeric):.4f}")

# %% [markdown]
# ## Your turn: the ratio (3 min)
#
# Write `relative_difference(a, b)`.
#
# - `a` and `b` are arrays of floats, both of the same shape, 1-D or 2-D.
# - Return $\|a - b\| / (\|a\| + \|b\|)$, a number. The length is the root of the sum of all
#   squares, for a matrix too.
# - 0.0 if both are zero everywhere; NaN if an entry is NaN. No constant in the denominator.

# %% exercise="relative_difference"

# %% grade="relative_difference"

# %% [markdown]
# ## The customary bands (6 min)
#
# What is a small ratio? With $h$ near $10^{-5}$, in float64, you will often meet these rules. (They
# were stated for single entries, $|a_i - n_i| / \max(|a_i|, |n_i|)$, and are often used for the
# ratio of the norms, as here.)
#
# | ratio | customary reading |
# |:--|:--|
# | above $10^{-2}$ | almost surely wrong |
# | $10^{-2}$ to $10^{-4}$ | suspicious |
# | $10^{-4}$ to $10^{-7}$ | acceptable with kinks (ReLU); still too much for smooth activations |
# | below $10^{-7}$ | right |
#
# And with them: *the deeper the network, the more errors add up, and at ten layers $10^{-2}$ is
# tolerable.* Is it? Measure. For 1 to 10 hidden layers of 8 units, all right, take the ratio over
# the whole gradient, and the ratio of the worst block alone.
#
# **Predict.** How large is the ratio at ten layers, with tanh? And with sigmoid, whose derivative
# is at most 1/4?


# %%
def measure(depth, activation):
    network = gradlab.MLP([64, *[8] * depth, 10], activation, seed=0)
    analytic = network.gradients(digits[:16], labels[:16])

    def loss(pairs):
        network.params = pairs
        return network.loss(digits[:16], labels[:16])

    numeric = gradlab.numerical_gradient(loss, network.params, h=1e-5)
    blocks = [
        (gradlab.relative_difference(a, n), np.linalg.norm(a - n))
        for pair, other in zip(analytic, numeric, strict=True)
        for a, n in zip(pair, other, strict=True)
    ]
    ratios, distances = zip(*blocks, strict=True)
    return gradlab.relative_difference(analytic, numeric), max(ratios), max(distances)


depths = [1, 2, 4, 7, 10]
series, distances = {}, {}
for activation in ("tanh", "sigmoid"):
    whole, worst, distance = zip(*(measure(d, activation) for d in depths), strict=True)
    series[f"{activation}, whole"], series[f"{activation}, worst block"] = whole, worst
    distances[activation] = distance
gradlab.show(gradlab.plots.plot_sizes(depths, series, "hidden layers", "ratio", bands=True))

# %% [markdown]
# Three of the lines hardly leave the floor. One climbs through the bands.

# %%
for name in ("tanh, whole", "tanh, worst block", "sigmoid, whole"):
    print(f"{name}: below 1e-8 at every depth:", max(series[name]) < 1e-8)
print("sigmoid, worst block: above 1e-5 at ten layers:", series["sigmoid, worst block"][-1] > 1e-5)
print(
    "sigmoid, distance in any block: below 1e-9 at every depth:", max(distances["sigmoid"]) < 1e-9
)

# %% [markdown]
# With tanh the ratio hardly grows: ten layers stay below $10^{-8}$. With sigmoid the *whole* stays
# there as well. Only the worst block, one of the first layer, climbs.
#
# Is that an error that adds up? No: the *distance* is as small at ten layers as at one. But each
# sigmoid passes on at most a quarter of the slope, so that the gradient of the first layer is tiny,
# and the same rounding of the loss is large beside it. The gradient **vanishes**; the difference is
# as exact as ever.
#
# So depth is no excuse for $10^{-2}$ over the whole gradient: look for a mistake. For a single
# entry or a block it may mean that the gradient there is smaller than its own rounding.

# %% [markdown]
# ## Where the bands are wrong (6 min)
#
# A fixed limit is folklore. It can be wrong both ways.
#
# **A constant in the loss.** Add 100,000 to the loss of the seven steps, as the constant
# of a likelihood might. The gradient is the same.
#
# **Predict.** What happens to the ratio?


# %%
def loss_with_constant(pairs):
    return mean_loss(forward(pairs, X)[1], Y) + 100_000


noisy = to_vector(gradlab.numerical_gradient(loss_with_constant, params, h=1e-5))
print("ratio above 1e-7:", gradlab.relative_difference(dtheta, noisy) > 1e-7)
report = gradlab.check_gradient(loss_with_constant, lambda p: gradients(p, X, Y), params)
print("gradlab:", report.verdict)
print(f"from 100,000 to the next float: {np.spacing(1e5):.1e}")

# %% [markdown]
# A right gradient looks wrong. The loss is now rounded to multiples of $1.5 \cdot 10^{-11}$.
# Divided by $2h$, that leaves errors of up to $7 \cdot 10^{-7}$ in each slope. The bands call this
# right gradient "still too much". gradlab *measures* the noise of the loss, widens its steps and
# its tolerances, and passes.
#
# **A small gradient.** Here is a sigmoid network with twelve hidden layers. All formulas of its
# backward pass are right but one: $db_1$ has the wrong sign.
#
# **Predict.** In which of the bands is the ratio?


# %%
def deep_loss(pairs):
    probe = gradlab.MLP([64, *[8] * 12, 10], "sigmoid")
    probe.params = pairs
    return probe.loss(digits[:16], labels[:16])


deep = gradlab.MLP([64, *[8] * 12, 10], "sigmoid", seed=0)
deep_wrong = gradlab.bugs.plant(deep, "flipped_bias")
slopes = gradlab.numerical_gradient(deep_loss, deep.params, h=1e-5)
claimed = deep_wrong.gradients(digits[:16], labels[:16])
print("ratio below 1e-7:", gradlab.relative_difference(claimed, slopes) < 1e-7)
print(f"ratio of b1 alone: {gradlab.relative_difference(claimed[0][1], slopes[0][1]):.1f}")
report = gradlab.check_network(deep_wrong, digits[:16], labels[:16])
print("gradlab:", report.verdict, "-", report.findings[0])
print("right one:", gradlab.check_network(deep, digits[:16], labels[:16]).verdict)

# %% [markdown]
# Below $10^{-7}$: "right". The gradient of the first layer has vanished, and its eight wrong
# numbers are drowned in the gradient of the last ones. The report looks at each block, and within
# it at each entry.
#
# **How gradlab decides.** Each slope has its own **error budget**, the truncation and the rounding
# of its own difference, both measured. An entry that is off by more, at steps that agree, is wrong,
# and its block **fails**. A block whose budget is too large to tell is **inconclusive**. Else it
# **passes**.

# %% [markdown]
# ## Which parameter is wrong? (5 min)
#
# You know how a mistake spreads: $dW_l$ and $db_l$ are dead ends, $\delta_l$ goes on to the left.
# Turn that round.
#
# | blocks that fail | look at |
# |:--|:--|
# | $W_l$ alone, or $b_l$ alone | the formula of $dW_l$, or of $db_l$ |
# | every $W$ and no $b$ (or every $b$ and no $W$) | the line of $dW$ (of $db$) in the loop over layers |
# | everything up to layer $l$, but not $l + 1$ | the step from $\delta_{l+1}$ to $\delta_l$ |
# | all layers but the last | the line in the loop that goes back, for instance $g'$ |
# | everything | $\delta_L$, or the loss |
#
# Here are three mistakes in a network with four layers.
#
# 1. $db_1$ has the wrong sign.
# 2. $dW_1$ is laid out column by column.
# 3. $\delta_2$ goes back through $W_2$ in place of $W_2^T$. ($W_2$ is square.)
#
# **Predict.** Which blocks will fail in each case?

# %%
network = gradlab.MLP([64, 12, 12, 8, 10], seed=5)
for name in ("flipped_bias", "column_by_column", "untransposed_weights"):
    report = gradlab.check_network(gradlab.bugs.plant(network, name), digits[:16], labels[:16])
    print(f"{name}:", "  ".join(f"{b.name} {b.verdict}" for b in report.parameters))

# %% [markdown]
# The first two are dead ends: one block each. The third goes back with $\delta_2 W_2$ in place of
# $\delta_2 W_2^T$. Layer 2 itself is right, and everything to its left is wrong. When several
# blocks fail, **start with the one nearest to the output**. What lies left of it may be wrong for
# the same reason.

# %% [markdown]
# **What a check does not show.** It compares a gradient with the loss *as it is coded*. Give the
# labels to the wrong samples, and ask again.

# %%
shuffled = gradlab.check_network(network, digits[:16], labels[:16][::-1])
print("labels in the wrong order:", shuffled.verdict)

# %% [markdown]
# It passes, and rightly: this is the gradient of that loss. Whether the loss, the data or the
# optimiser is what you meant, a gradient check cannot know.

# %% [markdown]
# ## Your turn: the whole check (6 min)
#
# Write `gradient_check(loss, gradient, theta)`, which returns `True` or `False`.
#
# - `loss(theta)` returns a number, `gradient(theta)` an array in the shape of `theta`; `theta` is a
#   1-D array of float64. All losses are smooth (tanh, softmax).
# - `True` if the gradient agrees with differences of the loss; `False` if it does not, or if it
#   holds a NaN.
# - It is tried on networks that you have not seen, as many right as wrong. Right ones have a ratio
#   below $10^{-8}$ at a sensible step, wrong ones one above $10^{-4}$, or NaN. Some gradients are
#   very small, some very large.
# - `theta` has to be the same after the call as before it: move a copy.

# %% exercise="gradient_check"

# %% grade="gradient_check"

# %% [markdown]
# ## Recap
#
# - $\delta_L = (A_L - Y)/m$, then $dW_l = A_{l-1}^T \delta_l$, $db_l$ = column sums of $\delta_l$,
#   and $\delta_{l-1} = (\delta_l W_l^T) * g'(Z_{l-1})$.
# - Seven steps: initialise, pack, data, forward and backward, pack the same way, difference,
#   compare.
# - The ratio does not depend on the size of the gradient; the distance does.
# - Bands are folklore. Look at every block, and at the error of the difference itself.
# - Begin to repair at the failed block nearest to the output.
#
# **Ask yourself.**
#
# <details><summary>W3 fails, b3 passes, and everything before layer 3 passes too. Where is the
# mistake?</summary>
#
# In the formula of dW3. Its delta is right: b3 and all earlier layers use the same one.
# </details>
#
# <details><summary>Your ratio is 3e-6, with tanh and a loss near 10⁵. Wrong?</summary>
#
# Not shown. The rounding of such a loss explains as much. Take the constant out of the loss, or
# measure its noise, and check again.
# </details>
#
# <details><summary>All slopes but those of the last bias are zero. What did you check?</summary>
#
# Probably a network whose weights are all zero. Initialise at random.
# </details>

# %% [markdown]
# **Next:** [lesson 6](06_pitfalls.ipynb): L2, dropout, kinks and other things that fool a check.
#
# **References.** I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016,
# sections 4.1 (overflow), 6.2.2.3 (softmax) and 6.5 (backpropagation). D. E. Rumelhart, G. E.
# Hinton and R. J. Williams, *Learning representations by back-propagating errors*, Nature 323, 1986.
# C. M. Bishop, *Pattern Recognition and Machine Learning*, Springer, 2006, section 5.3
# (backpropagation, and central differences to check it). P. Blanchard, D. J. Higham and N. J.
# Higham, *Accurately computing the log-sum-exp and softmax functions*, IMA Journal of Numerical
# Analysis 41(4), 2021. Stanford University, *CS231n: Deep learning for computer vision*, course
# notes, "Gradient checks" (the bands).
