"""The question ``explain`` of lesson 7."""

from __future__ import annotations

from gradlab.exercises.exercise import WrittenAnswer

EXERCISE = WrittenAnswer(
    rubric=(
        (3, "what is wrong: the formula as it is, and as it should be, with the shapes"),
        (3, "the evidence: which blocks fail, which pass, and why that points to this line"),
        (2, "what the loss curve, a ratio or an early check showed, and what it hid"),
        (2, "what to do so that it is found next time, and what a check cannot show"),
    ),
    model="""\
The biases. The pipeline takes $db_l$ as the mean of the columns of $\\delta_l$. It should be
their sum, $db_l = \\sum_i \\delta_{i\\cdot}$, of shape $(n_l,)$. The $1/m$ of the mean loss is in
$\\delta_l$ already, of shape $(m, n_l)$, so it was applied twice.

The evidence: $b_1$ and $b_2$ fail, $W_1$ and $W_2$ pass. The weights of a layer use the same
$\\delta_l$ as its biases, so $\\delta_l$ is right, and the line of $db_l$ is wrong. The report
says that the gradient is $1/32$ of what it should be, and the batch has 32 rows.

Nobody noticed, because the weights make up nearly all of the network. The loss fell almost as
fast as with the right gradient; the biases just learned 32 times more slowly.

Next time: a test with a gradient check, read block by block, at the start and after some
training, on a batch that uses every input. It shows that the gradient fits the loss as it is
coded, not that the loss or the data are right.""",
    words=(150, 200),
)
