# %% [markdown]
# # 7 Bug hunt
#
# **60 minutes**: 40 to read and run, 20 for exercises.
#
# **What you will do.** Take over a training pipeline with several mistakes in it, and find them one
# after the other: one that everybody sees, one that nobody sees, one behind a penalty, one that
# comes later. And one that is none. Then teach a program to do it for you.
#
# **What you will learn.**
# - how to go from a report to a line of code;
# - why finding one mistake is no reason to stop;
# - how to tell a false alarm from a mistake.
#
# **What you need.** Lessons [5](05_full_gradient_check.ipynb) and [6](06_pitfalls.ipynb).

# %%
import numpy as np

import gradlab

digits, labels = gradlab.load_digits()
X_train, Y_train = digits[:1500], labels[:1500]

# %% [markdown]
# ## The pipeline (4 min)
#
# Here is code that somebody wrote in a hurry. It trains a ReLU network with an L2 penalty on the
# digits. The loss is gradlab's and can be trusted. The backward pass is home-made. Its parts are in
# four small methods, so that you can replace them one at a time.
#
# Shapes: `A` is $(m, n_{l-1})$, what goes into the layer; `delta` is $\delta_l$, $(m, n_l)$; `W` is
# $(n_{l-1}, n_l)$; `Z` is $(m, K)$, the logits. In the code `layer` counts from 0, so `layer == 0`
# is $W_1$.
#
# **Predict.** Read it once. How many mistakes do you see? Do not look too long; that is what checks
# are for.


# %%
class Pipeline(gradlab.MLP):
    def gradients(self, X, Y):
        A = [X]
        for W, b in self.params[:-1]:
            A.append(np.maximum(A[-1] @ W + b, 0.0))
        W, b = self.params[-1]
        delta = self.start(A[-1] @ W + b, Y)
        pairs = []
        for layer in reversed(range(len(self.params))):
            W = self.params[layer][0]
            pairs.append((self.weights(layer, A[layer], delta, W), self.biases(delta)))
            delta = self.back(delta, W, A[layer])
        return pairs[::-1]

    def start(self, Z, Y):
        P = np.exp(Z - Z.max(axis=1, keepdims=True))
        return (Y - P / P.sum(axis=1, keepdims=True)) / len(Y)

    def weights(self, layer, A, delta, W):
        dW = A.T @ delta
        if layer == 0:
            dW[7::8] = 0.0  # the last pixel of each row is always blank
        return dW + self.l2 * W

    def biases(self, delta):
        return delta.mean(axis=0)

    def back(self, delta, W, A):
        return np.clip(delta @ W.T, -0.04, 0.04) * (A > 0)


# %% [markdown]
# ## First, train it (5 min)
#
# Five epochs, on 1,500 pictures.
#
# **Predict.** What does the loss do?


# %%
def train(kind, epochs=5):
    network = kind([64, 16, 10], "relu", l2=0.001, seed=7)
    with np.errstate(all="ignore"):
        losses = network.fit(X_train, Y_train, epochs=epochs, learning_rate=0.1)
    return network, losses


_, losses = train(Pipeline)
print(f"loss before: {losses[0]:.2f}")
print("after one epoch over 1,000, after five over 100,000:", losses[1] > 1e3, losses[5] > 1e5)

# %% [markdown]
# It explodes. No check is needed to see that something is wrong. But a check says **what**. We take
# 32 pictures, and new, untrained weights.

# %%
X, Y = digits[160:192], labels[160:192]


def check(kind):
    return gradlab.check_network(kind([64, 16, 10], "relu", l2=0.001, seed=7), X, Y)


check(Pipeline)

# %% [markdown]
# Everything fails. So the mistake is at the very beginning of the backward pass, or it is not the
# only one. Go to the block nearest to the output. Of $W_2$ the report says: but for a penalty, $-1$
# times what it should be. That is a sign. (The next finding gives two readings of the penalty. The
# first is true here: the penalty is right, and only the rest has the wrong sign. Seen as minus the
# right gradient, there would be $2\lambda W = 0.002\, W$ too much. The numbers cannot tell the two
# apart; the code can. The finding will go away with the other.) $b_2$ has the wrong sign too, and
# another factor on top.
#
# $\delta_2$ is $(A_2 - Y)/m$, and the code has $(Y - A_2)/m$. Mend this one line, and nothing else.


# %%
class Mended1(Pipeline):
    def start(self, Z, Y):
        P = np.exp(Z - Z.max(axis=1, keepdims=True))
        return (P / P.sum(axis=1, keepdims=True) - Y) / len(Y)


network, losses = train(Mended1)
print("loss before, and after each epoch:", [f"{loss:.2f}" for loss in losses])
hits = (network.predict(digits[1500:]) == labels[1500:].argmax(axis=1)).mean()
print(f"new digits read rightly: {hits:.0%}")

# %% [markdown]
# The loss falls, and most new digits are read. Many people would stop here.

# %% [markdown]
# ## After the first repair (6 min)
#
# **Predict.** Will the check pass now?

# %%
check(Mended1)

# %% [markdown]
# No. The biases are $0.03125 = 1/32$ times what they should be, and the batch has $m = 32$ rows.
# The weights pass. So $\delta$ is right, and only the line of $db$ is wrong: it takes the mean of
# the columns, but the $1/m$ is in $\delta$ already. It needs the sum.
#
# Why did training not show it? The biases learn 32 times too slowly, but there are 26 of them among
# 1,210 numbers.


# %%
class Mended2(Mended1):
    def biases(self, delta):
        return delta.sum(axis=0)


_, losses = train(Mended2)
print("loss before, and after each epoch:", [f"{loss:.2f}" for loss in losses])
print("biases:", 16 + 10, "of", 64 * 16 + 16 + 16 * 10 + 10)

# %% [markdown]
# Compare with the losses above: a little lower, and nobody could have told.

# %%
print("check:", check(Mended2).verdict)

# %% [markdown]
# ## A note in the margin (6 min)
#
# It passes. Done? The notes that came with the code say: *"checked with rows 192 to 223, lambda =
# 1, ratio 9e-5, fine for a ReLU network"*. That was another batch, and another $\lambda$. Repeat
# it.
#
# **Predict.** The ratio is in the band "acceptable with kinks". Is it kinks? What would you change
# to find out?


# %%
def ratio(network, X, Y, h=1e-5):
    probe = gradlab.MLP(network.sizes, network.activation, l2=network.l2)

    def loss(params):
        probe.params = params
        return probe.loss(X, Y)

    numeric = gradlab.numerical_gradient(loss, network.params, h=h)
    return gradlab.relative_difference(network.gradients(X, Y), numeric)


X_other, Y_other = digits[192:224], labels[192:224]
network = Mended2([64, 16, 10], "relu", l2=1.0, seed=7)
for h in (1e-4, 1e-5, 1e-6):
    print(f"h = {h:.0e}: ratio {ratio(network, X_other, Y_other, h):.0e}")

# %% [markdown]
# The ratio does not move. Kinks get fewer as $h$ shrinks, so it is not kinks: it is in the
# gradient. But where? Lower $\lambda$. The distance stays as it is, and what it is divided by
# shrinks.

# %%
for strength in (1.0, 0.1, 0.0):
    network = Mended2([64, 16, 10], "relu", l2=strength, seed=7)
    print(f"lambda = {strength:<4g} ratio {ratio(network, X_other, Y_other):.0e}")

# %% [markdown]
# Without a penalty it is "suspicious". So the mistake is in the data part, and the penalty covered
# it. (It would cover kinks in the same way. It was $h$ that ruled them out.) Now look at single
# entries.

# %%
data_alone = Mended2([64, 16, 10], "relu", l2=0.0, seed=7)
report = gradlab.check_network(data_alone, X_other, Y_other)
print(report.verdict, "-", report.findings[0])

# %% [markdown]
# Some entries of $W_1$, all in row 23: the weights of pixel 23, the last pixel of the third row of
# the picture. In the code, one line treats last pixels in its own way. "Always blank", says the
# comment. Is that so?

# %%
last_pixels = digits[:, 7::8]
print("pictures with ink in a last pixel:", (last_pixels > 0).any(axis=1).sum(), "of", len(digits))
print("in rows 160 to 191:", (X[:, 7::8] > 0).any(axis=1).sum())
print("in rows 192 to 223:", (X_other[:, 7::8] > 0).any(axis=1).sum())
print(check(Mended2).notes[-1])

# %% [markdown]
# It is not. But in our first 32 pictures it was, and there the gradient *was* right: input 0, so
# slope 0. The report that passed had said as much, in its last note, which we did not read: some
# columns of `X`, that is some pixels, are 0 in every row. **A check sees only what the batch uses.**
# And it needs no pictures. Random numbers use every pixel, and you can give every class its turn.
# (A ReLU unit that is off for the whole batch is still not checked: its slopes are all 0.)


# %%
class Mended3(Mended2):
    def weights(self, layer, A, delta, W):
        return A.T @ delta + self.l2 * W


rng = np.random.default_rng(7)
X, Y = rng.random((32, 64)), np.eye(10)[np.arange(32) % 10]  # every pixel, every class
print("before:", check(Mended2).verdict)
print("mended:", check(Mended3).verdict)

# %% [markdown]
# ## While it trains (7 min)
#
# One line is left that looks odd. But the check passes. Check again, every 150 steps while it
# trains, on real pictures that it is not trained on.
#
# **Predict.** Which blocks will fail, if the line of `back` is wrong?

# %%
new = np.linspace(1500, 1796, 32).astype(int)
X, Y = digits[new], labels[new]
monitor = gradlab.GradientMonitor(X, Y, every=150)
network = Mended3([64, 16, 10], "relu", l2=0.001, seed=7)
network.fit(X_train, Y_train, epochs=20, learning_rate=0.1, callback=monitor)
gradlab.show(monitor.plot())
for step, report in monitor.history:
    print(f"step {step:>3}: {report.verdict}")

# %% [markdown]
# At first everything passes. Later $W_1$ and $b_1$ fail, and $W_2$ and $b_2$ never do. So the
# mistake is on the way from $\delta_2$ to $\delta_1$: `back`. It clips $\delta_2 W_2^T$ at
# $\pm 0.04$, "to be on the safe side". At the start no entry is that large. Then $W_2$ grows.
#
# Clipping is a fair thing to do to a *gradient* before a step, on purpose. But then it is no longer
# the gradient of the loss, and it belongs in the optimiser, where a check does not look.


# %%
class Mended4(Mended3):
    def back(self, delta, W, A):
        return (delta @ W.T) * (A > 0)


network = Mended4([64, 16, 10], "relu", l2=0.001, seed=7)
network.fit(X_train, Y_train, epochs=20, learning_rate=0.1, callback=monitor)
print("every check passed:", monitor.passed)

# %% [markdown]
# ## The one that is none (6 min)
#
# Four mistakes are mended. A colleague runs a check of their own, with $h = 10^{-3}$, and reports
# the fifth.

# %%
fresh = Mended4([64, 16, 10], "relu", l2=0.001, seed=10)
print("h = 1e-3: ratio above 1e-4:", ratio(fresh, X, Y, 1e-3) > 1e-4)

# %% [markdown]
# **Predict.** A mistake, kinks, truncation or rounding? What would a smaller step do to each?

# %%
for h in (1e-4, 1e-5):
    print(f"h = {h:.0e}: ratio below 1e-7: {ratio(fresh, X, Y, h) < 1e-7}")

# %% [markdown]
# It went away. A mistake in the gradient stays, whatever $h$ is. Rounding gets worse as $h$
# shrinks. Truncation falls with $h^2$, and kinks get fewer: it was one of these. Look closer. Take
# the pre-activation nearest to 0, and walk across its kink along the bias of its unit.

# %%
(W1, b1), last = fresh.params
Z = X @ W1 + b1
row, unit = np.unravel_index(np.abs(Z).argmin(), Z.shape)
print(f"sample {row}, unit {unit}: |z| below 1e-3: {abs(Z[row, unit]) < 1e-3}")


def along_the_bias(step):
    moved = b1.copy()
    moved[unit] += step
    probe = gradlab.MLP([64, 16, 10], "relu", l2=0.001)
    probe.params = [(W1, moved), last]
    return probe.loss(X, Y)


for h in (1e-3, 1e-5):
    forward = (along_the_bias(h) - along_the_bias(0.0)) / h
    backward = (along_the_bias(0.0) - along_the_bias(-h)) / h
    print(f"h = {h:.0e}: forward {forward:+.5f}   backward {backward:+.5f}")

# %% [markdown]
# At $h = 10^{-3}$ one side is twice the other, at $10^{-5}$ they agree: a kink nearby, and no
# mistake. And gradlab, which takes smaller steps where it is in doubt:

# %%
gradlab.check_network(fresh, X, Y)

# %% [markdown]
# ## Hunt by program (6 min)
#
# Now leave it to a program. `gradlab.draw_suspects` draws networks, half of them with a bug. Some
# are trained, some have raw inputs, a constant in the loss, or samples on a kink. It also says what
# is right, so that you can practise.

# %%
networks, answers = gradlab.draw_suspects(20, seed=70)
print("right answers, sorted:", sorted(answers))

# %% [markdown]
# Each network has `.params`, `.X`, `.Y`, `.loss(X, Y)` and `.gradients(X, Y)`. The answer for a
# network is `"ok"`, or the name of the **wrong block nearest to the output**, because that is where
# the mistake sits. If both $W_3$ and $b_3$ are wrong, say `"W3"`.
#
# Here is a naive hunter: the textbook's difference with $h = 10^{-5}$, and the ratio of each block
# against $10^{-7}$. It names the first block that is above.
#
# **Predict.** Where will it go wrong: false alarms, misses, or the wrong block?


# %%
def naive(network):
    def loss(params):
        network.params = params
        return network.loss(network.X, network.Y)

    before = network.params
    numeric = gradlab.numerical_gradient(loss, before, h=1e-5)
    network.params = before
    claimed = network.gradients(network.X, network.Y)
    for layer, (mine, theirs) in enumerate(zip(claimed, numeric, strict=True), start=1):
        for letter, a, n in zip("Wb", mine, theirs, strict=True):
            if gradlab.relative_difference(a, n) > 1e-7:
                return f"{letter}{layer}"
    return "ok"


print(gradlab.confusion_table([naive(network) for network in networks], answers))

# %% [markdown]
# It misses nothing. But it names the wrong block for four of the ten wrong networks, and accuses
# five of the ten right ones: some have a large loss (rounding), some lie on a kink, and some have
# raw inputs of about $10^7$. There a step of $10^{-5}$ moves $z$ by about 100, and the chord means
# nothing. One step does not suit all. A hunter who cries wolf half the time is soon ignored.

# %% [markdown]
# ## Your turn: find the bugs (12 min)
#
# Write `find_bugs(networks)`.
#
# - `networks` is a list, each with `.params`, `.X`, `.Y`, `.loss(X, Y)` and `.gradients(X, Y)`.
# - Return a list with an answer for each, in the same order: `"ok"`, or the name of the wrong block
#   nearest to the output, such as `"b2"`; of `"W3"` and `"b3"`, `"W3"`.
# - You may use `gradlab.check_network`, `gradlab.check_gradient` and their reports
#   (`report.parameters` has a row for each block, with `.name` and `.verdict`),
#   `gradlab.numerical_gradient` and `gradlab.relative_difference`.
# - It is marked on 20 networks that you have not seen, 10 of them right. Points: 2 for each right
#   answer beyond 10. So "ok" for all earns nothing.

# %% exercise="find_bugs"

# %% grade="find_bugs"

# %% [markdown]
# ## Your turn: explain a bug (8 min)
#
# Choose one of the four mistakes of the pipeline. Explain it to a colleague who has seen only the
# loss curve, in 150 to 200 words. A person reads your answer, and marks it by this rubric:

# %% [markdown] rubric="explain"

# %% [markdown] written="explain"

# %% [markdown]
# ## Recap
#
# - A report, read from the output backwards, leads to a line.
# - After each repair, check again. Mistakes hide behind each other.
# - A check sees what the batch uses, at the weights that it is given. Vary both.
# - What goes away with a smaller step, down to the rounding, is no mistake in the gradient.
#
# **Ask yourself.**
#
# <details><summary>A check passes with lambda = 1, and fails with lambda = 0. Where is the mistake?</summary>
#
# In the data part. The penalty covered it.
# </details>
#
# <details><summary>Your program finds 10 bugs in 10 wrong networks, and 5 in 10 right ones. Is it good?</summary>
#
# No. A third of its alarms are false.
# </details>

# %% [markdown]
# **That was the course.** Check your own code next: `from gradlab import check_gradient`. `gradlab`
# measures; what it means, you know now.
#
# **References.** I. Goodfellow, Y. Bengio and A. Courville, *Deep Learning*, MIT Press, 2016,
# section 11.5 (debugging strategies).
