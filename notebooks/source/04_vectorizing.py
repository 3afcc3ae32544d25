# %% [markdown]
# # 4 Vectorizing W and b
#
# **40 minutes**: 25 to read and run, 15 for exercises.
#
# **What you will do.** Put every weight and bias of a network into one vector, and find each of
# them again. Watch five traps snap shut. Then measure the slope along every entry.
#
# **What you will learn.**
# - how a list of layers becomes one vector $\theta$, and back;
# - why the gradient has to go the same way;
# - what quietly breaks it: views, orders, rounding, shared arrays, integers;
# - what a numerical gradient costs.
#
# **What you need.** [Lesson 3](03_worked_example.ipynb), and matrices in NumPy.

# %%
from itertools import pairwise

import numpy as np

import gradlab

# %% [markdown]
# ## One vector for a whole network (5 min)
#
# So far $f$ took one number. The loss of a network takes thousands: a matrix of weights and a
# vector of biases for each layer. To move them one at a time, you need them in one row.
#
# Here is a small network: 3 inputs, 4 hidden units, 2 outputs, each layer connected to all of the
# next (`MLP` is such a network). Layer $l$ has $n_l$ units, and $n_0$ is the number of inputs. So
# its weights $W_l$ have shape $(n_{l-1}, n_l)$ and its biases $b_l$ shape $(n_l,)$.

# %%
network = gradlab.MLP([3, 4, 2], seed=4)
for number, (W, b) in enumerate(network.params, start=1):
    print(f"W{number}: shape {W.shape}, {W.size} entries    b{number}: shape {b.shape}")

# %% [markdown]
# We put them one after the other: $W_1, b_1, W_2, b_2, \dots$, and each matrix **row by row**
# (NumPy calls that C order). The result is the vector $\theta$, of length $N$.
#
# **Predict.** How long is $\theta$? At which index does $b_1$ begin? And $W_2$? (Count from 0.)

# %%
theta, unravel = gradlab.ravel(network.params)
print("theta has shape", theta.shape)
gradlab.show(gradlab.plots.plot_theta(network.params))

# %% [markdown]
# $N = 12 + 4 + 8 + 2 = 26$. Read the strip from left to right: twelve cells of $W_1$, then the four
# of $b_1$ (hatched), which begin at 12, and $W_2$ from 16 on. A colour is a layer.
#
# `gradlab.ravel` also gave back a function for the return trip.

# %%
again = unravel(theta)
(W1, b1), (W2, b2) = again
print("shapes:", W1.shape, b1.shape, W2.shape, b2.shape)
print("the same numbers:", np.array_equal(W1, network.params[0][0]))

# %% [markdown]
# ## Where an entry lives (3 min)
#
# Say that layer $l$ begins at the index $o_l$ of $\theta$. With rows and columns counted from 0,
#
# $$W_l[r, c] = \theta[\, o_l + r\, n_l + c\, ], \qquad
# b_l[c] = \theta[\, o_l + n_{l-1} n_l + c\, ].$$
#
# One row down is $n_l$ further, because a row of $W_l$ has $n_l$ entries. The biases come after all
# $n_{l-1} n_l$ weights of their layer.
#
# **Predict.** $W_2$ has shape (4, 2) and begins at $o_2 = 16$. Where is $W_2[2, 1]$? And what is
# entry 13?

# %%
print("16 + 2 * 2 + 1 =", 16 + 2 * 2 + 1)
print("theta[21] is W2[2, 1]:", theta[21] == W2[2, 1])
print("theta[13] is b1[1]:   ", theta[13] == b1[1])
gradlab.show(gradlab.plots.plot_theta(network.params, mark=21))

# %% [markdown]
# The mark stands over cell 21, the sixth of the eight cells of $W_2$: after two rows of two
# and one more cell. Entry 13 lies in $b_1$, which begins at 12.

# %% [markdown]
# ## The gradient goes the same way (3 min)
#
# The gradient has the shapes of the parameters: a $dW_l$ for each $W_l$, a $db_l$ for each $b_l$.
# Put it into a vector **by the same rule**. Then entry $i$ of $d\theta$ is the derivative of the
# loss by entry $i$ of $\theta$, and you may forget where it came from.

# %%
rng = np.random.default_rng(4)
X, Y = rng.random((6, 3)), np.eye(2)[[0, 1, 1, 0, 1, 0]]
dtheta, _ = gradlab.ravel(network.gradients(X, Y))
print("dtheta has shape", dtheta.shape)

# %% [markdown]
# Test one entry: move $\theta_{21}$ by a little to both sides, and compare.
#
# **Predict.** How close will the two numbers be?


# %%
def loss(vector):
    moved = gradlab.MLP([3, 4, 2])
    moved.params = unravel(vector)
    return moved.loss(X, Y)


h = 1e-5
right, left = theta.copy(), theta.copy()
right[21] += h
left[21] -= h
slope = (loss(right) - loss(left)) / (2 * h)
print(f"measured slope along theta[21]: {slope:.6f}")
print(f"backpropagation, dtheta[21]:    {dtheta[21]:.6f}")

# %% [markdown]
# The first six decimals agree. That is the whole idea of a gradient check. What is left is to do it
# for every $i$, and not to fall into a trap on the way.

# %% [markdown]
# ## Trap 1: a view is not a copy (2 min)
#
# NumPy's `ravel` saves work where it can: it hands you a **view**, a second name for the same
# memory.
#
# **Predict.** We change the first entry of the vector. What happens to the matrix?

# %%
A = np.zeros((2, 2))
vector = A.ravel()
vector[0] = 99.0
print("A[0, 0] after a change of its ravel:  ", A[0, 0])
B = np.zeros((2, 2))
vector = B.flatten()
vector[0] = 99.0
print("B[0, 0] after a change of its flatten:", B[0, 0])

# %% [markdown]
# `ravel` gave a view, and the weights of your network changed behind your back. `flatten` always
# copies, and so does `np.concatenate`. `reshape` is like `ravel`: a view where it can. If in
# doubt, ask `np.shares_memory(a, b)`, or write `.copy()`.

# %% [markdown]
# ## Trap 2: rows or columns first (1 min)
#
# A matrix can also be read column by column (Fortran order, `order="F"`). Either order is fine, as
# long as both trips use the same one.
#
# **Predict.** Out column by column, back row by row. What does this print?

# %%
A = np.array([[1, 2, 3], [4, 5, 6]])
print(A.ravel(order="F").reshape(2, 3))

# %% [markdown]
# The same six numbers in other places. The shape fits, so nothing complains. If only the gradient
# takes the wrong way, every single entry of it may be right, and the check still fails. Transposing
# on one side has the same effect.

# %% [markdown]
# ## Trap 3: x + h − h is not x (2 min)
#
# After you moved an entry to both sides you have to put it back. It is tempting to step: $+h$, then
# $-2h$, then $+h$ again.
#
# **Predict.** Of 1,000 small weights, how many are what they were after these three steps?

# %%
x = rng.normal(0.0, 0.01, 1000)
h = 1e-4
restored = ((x + h) - 2 * h) + h
print("more than half of them differ now:", np.count_nonzero(x != restored) > 500)
print("each by less than 1e-17:          ", np.abs(x - restored).max() < 1e-17)

# %% [markdown]
# Each step rounds. The damage is in the last digits, so the slopes hardly notice. But your network
# is no longer the one that you had: training after a check is not the training without it. And in
# float32 the damage is $2^{29}$ times larger. Keep the old value and put **it** back; or change a
# copy.
#
# Worse is to forget it: then step $i$ is measured with all entries before it still moved.

# %% [markdown]
# ## Trap 4: one array, used twice (2 min)
#
# Two layers of the same shape, made from the same array. The loss below adds the entries of the
# first layer, plus twice those of the second. So its slopes are 1 and 2.
#
# **Predict.** What slope do you measure along the first entry of the first layer, if you move it
# in place?

# %%
W = np.zeros((2, 2))
layers = [W, W]  # one array, two names


def total(layers):
    return layers[0].sum() + 2 * layers[1].sum()


before = total(layers)
layers[0][0, 0] += 0.5
print("in place, slope:", (total(layers) - before) / 0.5)

separate, back = gradlab.ravel([np.zeros((2, 2))] * 2)
before = total(back(separate))
separate[0] += 0.5
print("through theta, slope:", (total(back(separate)) - before) / 0.5)

# %% [markdown]
# In place you move both at once, and measure 3, the sum of both. In $\theta$ an array that occurs
# twice has two places, each with its own slope. (If two layers are *meant* to share their weights,
# then 3 is the derivative you want, and $\theta$ should hold the array once.)

# %% [markdown]
# ## Trap 5: whole numbers (1 min)
#
# Lesson 1 had this one. Parameters written as `np.array([1, 2, 3])` are integers, and cut what you
# put into them.
#
# **Predict.** The loss is the sum of the squares, so the first slope is 2. What comes out with a
# forward difference? And with a central one?

# %%
theta_int = np.array([1, 2, 3])
up, down = theta_int.copy(), theta_int.copy()
up[:] = up + np.array([1e-5, 0, 0])
down[:] = down - np.array([1e-5, 0, 0])
print("up:", up, "  down:", down)
print("forward:", ((up**2).sum() - (theta_int**2).sum()) / 1e-5)
print("central:", round(((up**2).sum() - (down**2).sum()) / 2e-5))

# %% [markdown]
# Up, 1.00001 is cut to 1: nothing moves. Down, 0.99999 is cut to 0: a whole step of 1. So forward
# says 0, and central 50,000. Convert to float64 when you build $\theta$. (`gradlab` refuses
# integers, and says which array it was.)

# %% [markdown]
# ## Every entry, the others held (4 min)
#
# The partial derivative of $J$ by $\theta_i$ moves $\theta_i$ alone. With $e_i$ the vector that has
# a 1 in place $i$ and 0 elsewhere,
#
# $$\frac{\partial J}{\partial \theta_i} \approx
# \frac{J(\theta + h e_i) - J(\theta - h e_i)}{2h}, \qquad i = 0, \dots, N - 1.$$
#
# By lesson 2 its error is $\frac{h^2}{6} \frac{\partial^3 J}{\partial \theta_i^3}(\xi)$, if that
# third derivative is continuous, plus rounding of at most about $\varepsilon/h$, with the noise
# $\varepsilon$ of the loss. Nothing new happens: along each entry the loss is a function of one
# number.
#
# **Predict.** How many losses does it take for our network?

# %%
calls = []


def counted(vector):
    calls.append(1)
    return loss(vector)


slopes = gradlab.numerical_gradient(counted, theta, h=1e-5)
print("losses:", len(calls))
print("relative difference from backpropagation is below 1e-8:", end=" ")
print(gradlab.relative_difference(slopes, dtheta) < 1e-8)

# %% [markdown]
# $2N = 52$. Backpropagation gives all $N$ derivatives for the price of a few losses, whatever $N$
# is. That is why you train with backpropagation, and only *check* with differences.
#
# (*Relative difference* is a distance between two vectors that lesson 5 explains: 0 means equal.)

# %%
for sizes in ([3, 4, 2], [64, 32, 10], [784, 128, 64, 10]):
    count = sum(n_in * n_out + n_out for n_in, n_out in pairwise(sizes))
    name = "-".join(map(str, sizes))
    print(f"network {name:<14}  N = {count:>7,}   losses: {2 * count:>7,}")

# %% [markdown]
# A loss of a millisecond makes that more than three minutes for the last one. Lesson 6 shows how
# 404 moves are enough.

# %% [markdown]
# ## Explore (2 min)
#
# Choose an entry of $\theta$ and move it. The bars above are all of $\theta$; the curve below is
# the loss along your entry, all others held.
#
# 1. Move entry 13 to the right as far as it goes. What do the loss and its slope do?
# 2. Set *move by* to 0 and make $h$ smaller. When do the two slopes agree in four decimals?
# 3. Try entries 24 and 25, the biases of the outputs. How do their slopes compare?

# %%
gradlab.explore_theta()

# %% [markdown]
# <details><summary>What there was to see</summary>
#
# 1. The curve flattens: the tanh of that hidden unit saturates near 1, and its bias stops
#    mattering. A slope near 0 does not mean that something is broken.
# 2. At h = 0.01 they do. At h = 0.5 the chord is too flat, by about 8 percent.
# 3. They are each other's negative. A softmax does not notice if all its inputs grow by the same
#    amount, so moving both at once changes nothing.
# </details>

# %%
last = dtheta[24] + dtheta[25]
print("slopes of entries 24 and 25 add up to less than 1e-15:", abs(last) < 1e-15)
for step in (0.5, 0.01):
    moved = theta.copy()
    moved[13] += step
    ahead = loss(moved)
    moved[13] -= 2 * step
    slope = (ahead - loss(moved)) / (2 * step)
    print(f"h = {step:<4g}  slope along theta[13] {slope:+.4f}   backprop {dtheta[13]:+.4f}")

# %% [markdown]
# ## Your turn: pack (3 min)
#
# Write `pack(params)`.
#
# - `params` is a list of pairs `(W, b)`: `W` has shape $(n_{l-1}, n_l)$, `b` has shape $(n_l,)$.
#   The arrays may hold float64, float32 or integers.
# - Return one new 1-D array of float64, of shape $(N,)$: $W_1$, $b_1$, $W_2$, $b_2$ and so on, each
#   $W$ row by row, however it lies in memory. It shares no memory with `params`, and leaves
#   `params` as they are.

# %% exercise="pack"

# %% grade="pack"

# %% [markdown]
# ## Your turn: unpack (4 min)
#
# Write `unpack(theta, shapes)`, the way back.
#
# - `theta` is what `pack` returns.
# - `shapes` is a list with a pair of shapes for each layer, such as
#   `[((3, 4), (4,)), ((4, 2), (2,))]`.
# - Return a list of pairs `(W, b)` of new float64 arrays, which share no memory with `theta`: who
#   changes them must not change `theta`. (Slices and `reshape` give views.) A layer of one unit has
#   shapes $(n_{l-1}, 1)$ and $(1,)$.

# %% exercise="unpack"

# %% grade="unpack"

# %% [markdown]
# ## Your turn: locate (4 min)
#
# A check found entry 21 wrong. Whose entry is that?
#
# Write `locate(index, shapes)`, with `shapes` as for `unpack`.
#
# - Return the name of the block and the place in it: `("W2", (2, 1))` or `("b1", (1,))`. Layers are
#   counted from 1; the index, rows, columns and places from 0.
# - Raise `IndexError` if the index is negative, or $N$ or larger.

# %% exercise="locate"

# %% grade="locate"

# %% [markdown]
# ## Your turn: numerical gradient (4 min)
#
# Write `numerical_gradient(loss, theta, h)`.
#
# - `theta` is a 1-D array of float64 or of integers; `loss` takes a float64 array of its shape and
#   returns a number; `h` is a positive number.
# - Return a float64 array of the shape of `theta`: for each entry the central difference with just
#   this `h`, all others held.
# - `theta` has to be the same after the call as before it, to the last bit. (`above = theta` is no
#   copy, only a second name.)

# %% exercise="numerical_gradient"

# %% grade="numerical_gradient"

# %% [markdown]
# ## Recap
#
# - $\theta$ holds $W_1, b_1, W_2, b_2, \dots$, each matrix row by row. The gradient takes the same
#   way, so entry $i$ belongs to entry $i$.
# - Copy; keep one order; put the old value back; one place for each array; float64.
# - A numerical gradient takes $2N$ losses.
#
# **Ask yourself.**
#
# <details><summary>Your check says that every entry of W2 is wrong, but when you sort both lists of
# numbers they are the same. What happened?</summary>
#
# The right numbers in the wrong places: another order, or a transpose, on one of the two ways.
# </details>
#
# <details><summary>A network 10-20-5. At which index does b2 begin?</summary>
#
# After 10 · 20 weights, 20 biases and 20 · 5 weights: at 320.
# </details>

# %%
print("b2 of 10-20-5 begins at", 10 * 20 + 20 + 20 * 5)

# %% [markdown]
# **Next:** [lesson 5](05_full_gradient_check.ipynb) derives the gradient of a network, and checks
# it.
#
# **References.** C. R. Harris and others, *Array programming with NumPy*, Nature 585, 2020 (views,
# copies, memory order). J. Nocedal and S. J. Wright, *Numerical Optimization*, 2nd ed., Springer,
# 2006, section 8.1 (gradients by differences and their cost). A. Griewank and A. Walther,
# *Evaluating Derivatives*, 2nd ed., SIAM, 2008 (why the reverse mode costs only a few
# evaluations of the function).
