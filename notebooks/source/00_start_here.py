# %% [markdown]
# # 0 Start here
#
# **10 minutes**: 8 to read and run, 2 for exercises.
#
# **What you will do.** Train two networks, one of them with a mistake in it, and find the mistake
# with one gradient check. Then do a dry run of an exercise.
#
# **What you will learn.**
# - what a wrong gradient does to training;
# - what a gradient check does;
# - how the lessons of this course work.
#
# **What you need.** Python and a little NumPy. You have met a neural network before.

# %% [markdown]
# ## How a lesson works (1 min)
#
# A lesson is made of cells: some to read, some to run. Click a cell of code and press
# **Shift + Enter** to run it; its result appears below. Run the cells from top to bottom.
#
# Where you see **Predict**, stop and say what you expect before you go on. You will remember what
# surprised you. Some of these questions are cells of their own: run the cell, choose an answer,
# then run the next cell and look. Finally, open the reply to your answer. Until then you may change
# your mind; once the reply is open, your answer stands.
#
# Your choices are kept in this notebook, so they are part of what you hand in, and they stay when
# you run all cells again. This browser remembers them too: a fresh copy of the lesson shows them as
# *Chosen earlier in this browser*, and they count as that copy's only once you press them again or
# open the reply. They earn no points and cost none.
#
# First, see if everything is in place.

# %%
import gradlab

gradlab.check_environment()

# %% [markdown]
# Every line should say *ok*. If one does not, do what it says, then run the cell again.

# %% [markdown]
# ## Two networks, one mistake (4 min)
#
# The data are real: handwritten digits, as pictures of 8 × 8 pixels. A network gets 64 numbers
# and says which digit it sees.

# %%
X, Y = gradlab.load_digits()
print("X:", X.shape, "one picture a row, grey values from", X.min(), "to", X.max())
print("Y:", Y.shape, "one-hot: a 1 in the column of the right digit")
gradlab.show(gradlab.plots.plot_digits(X[:10], Y[:10]))

# %% [markdown]
# Coarse, but you can read them. So can a small network.
#
# To train it, you need the **gradient**: for each of its numbers, how the loss changes when that
# number changes. Backpropagation computes it, and people write backpropagation by hand. It is
# easy to get *almost* right.
#
# Here are two networks that start with the same numbers. The second one has **one wrong line** in
# its backward pass.

# %%
right = gradlab.MLP([64, 32, 32, 10], seed=0)
bug = next(iter(gradlab.bugs.BUGS))  # the first of a list of bugs; we do not look which
wrong = gradlab.bugs.plant(right, bug)
print("the same loss before training:", right.loss(X, Y) == wrong.loss(X, Y))

# %% [markdown]
# Now train both. First say what you expect.

# %%
gradlab.predict("wrong_networks_loss")

# %%
histories = {
    name: network.fit(X[:1500], Y[:1500], epochs=10, learning_rate=0.1)
    for name, network in (("right", right), ("wrong", wrong))
}
gradlab.show(gradlab.plots.plot_losses(histories))
for name, network in (("right", right), ("wrong", wrong)):
    hits = (network.predict(X[1500:]) == Y[1500:].argmax(axis=1)).mean()
    start, end = histories[name][0], histories[name][-1]
    print(f"{name}: loss {start:.2f} -> {end:.2f}, {hits:.0%} right on new digits")

# %% [markdown]
# It falls, smoothly, and most new digits are read rightly. Nothing crashed. Nobody who saw only
# the dashed curve would look for a mistake. After ten epochs it is a little behind, and nothing
# says why.
#
# That is why a mistake like this one can live long.

# %% [markdown]
# ## One gradient check (3 min)
#
# There is one independent witness: the **loss** itself. Change one number of the network by a
# tiny step, compute the loss again, and see how much it moved. That is what the gradient claims
# to know. Do so for every number, and compare.
#
# The network has about 3,500 numbers in six arrays: weights `W1`, `W2`, `W3` and biases `b1`, `b2`,
# `b3`. The check says for each of the six whether its gradient is right.

# %%
gradlab.predict("arrays_found")

# %%
gradlab.check_network(wrong, X[:32], Y[:32])

# %% [markdown]
# In one. Read the report from the top: the verdict, the guilty parameter, the cause. Then the
# table, with a line for each array. *Difference* goes from 0, the same, to 1, opposite. For an
# array that fails you see the entry where the two differ most: what backpropagation claims for it
# (*gradient*), and what the loss says (*measured*).

# %% [markdown]
# Is the cause right? Now look which bug it was.

# %%
print(gradlab.bugs.BUGS[bug].what)

# %% [markdown]
# Here `A` is what goes into a layer, and `delta` how the loss changes with what comes out of it;
# lesson 5 has both. The two products are each other's transpose. The array is square, 32 × 32, so
# the shapes fit, and no error was raised.
#
# And the right one?

# %%
report = gradlab.check_network(right, X[:32], Y[:32])
print(report.verdict)

# %% [markdown]
# It passes: each of its 3,466 numbers was moved, and each slope agrees. At the end of this course
# you can write such a check, and you will know when to trust it: a careless one cries wolf at right
# gradients and lets wrong ones through.

# %% [markdown]
# ## Your turn: a dry run (2 min)
#
# Each exercise has two cells: one that you fill in, and one that checks it. This one is easy, so
# that you can see how they work.
#
# 1. Run both cells below as they are. The second says that you have not tried yet.
# 2. Replace the line that raises `NotImplementedError` by a wrong answer, such as
#    `return x**2`. Run both cells again, and read what the check says.
# 3. Then make it right: `double(x)` returns x + x, for a number or an array.
#
# Two more helpers, for a new cell (the **+** button above makes one): `gradlab.hint("double")`
# gives a nudge, and `gradlab.solution("double")` the answer.

# %% exercise="double"

# %% grade="double"

# %% [markdown]
# The number below the report is your points. A check runs on a few cases in your own notebook, as
# often as you like.
#
# If your notebook is graded later, an answer is run with what it uses of your other cells, and with
# the packages of the course. Other packages, and files of your own, are not there. Keep the first
# line of each function as it is.
#
# Later lessons also have **explorers**: figures with sliders. Drag them, or click one and use the
# arrow keys, and watch what moves; *reset* goes back to the start. Explorers and predictions also
# work when you open a saved notebook again, before you run anything.

# %% [markdown]
# **What your teacher sees.** The course sends nothing anywhere while you work. If you hand the
# notebook in, your teacher has the whole file: your text, your code and what it printed, what you
# chose in predictions, your notes. A program may grade it. It tells your teacher which answers are
# right, which mistakes it recognised, whether an answer is the same as the published one or as
# somebody else's, and whether it came late, if the place where you handed it in says so. Your class
# may see how often each mistake was made and each answer predicted, without names. You get your
# points and hints. Your teacher reads what you answer in words, and may change points.

# %% [markdown]
# ## Recap
#
# First, your predictions. The ones that were wrong are worth a second look.

# %%
gradlab.tally_predictions(0)

# %% [markdown]
# What to keep of this lesson:
#
# - A network with a wrong gradient may train all the same, a little worse. The loss curve need not
#   tell you.
# - A gradient check compares the gradient with the loss itself, number by number.
# - It says which parameter is wrong, and often why.
#
# **Next:** [lesson 1](01_derivatives_by_differences.ipynb) measures slopes with nothing but the
# values of a function. The whole check stands on that.
#
# **References.** E. Alpaydin and C. Kaynak, *Optical Recognition of Handwritten Digits*, UCI
# Machine Learning Repository, 1998 (the data). I. Goodfellow, Y. Bengio and A. Courville, *Deep
# Learning*, MIT Press, 2016, section 6.5 (backpropagation) and section 11.5 (debugging, gradient
# checks included).
