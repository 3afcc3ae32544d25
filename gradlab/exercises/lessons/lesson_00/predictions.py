"""What lesson 0 asks before a cell is run."""

from gradlab.exercises.prediction import Answer, Prediction

PREDICTIONS = (
    Prediction(
        "wrong_networks_loss",
        "One line of the backward pass is wrong. What will the loss of that network do?",
        (
            Answer(
                "It explodes, or the program stops with an error.",
                "A wrong gradient is still an array of numbers of the right shape, and a step "
                "along it still moves the weights.",
                "a mistake in the code shows itself",
            ),
            Answer(
                "It stands still.",
                "One array of six is wrong. The other five still lead downhill.",
                "a wrong gradient is no gradient at all",
            ),
            Answer(
                "It falls.",
                "Most of the gradient is right, and even the wrong part points roughly downhill.",
            ),
        ),
    ),
    Prediction(
        "arrays_found",
        "In how many of the six arrays will the check find the mistake?",
        (
            Answer(
                "in one",
                "Only the gradient of one array is computed by the wrong line.",
            ),
            Answer(
                "in all six",
                "Each array's gradient is compared with the loss by itself, and five of them are "
                "computed by lines that are right.",
                "a mistake spreads to everything",
            ),
            Answer(
                "in none: the loss falls, so it looks right",
                "The check does not look at the training. It moves the network's numbers and asks "
                "the loss.",
                "what trains is right",
            ),
        ),
    ),
)
