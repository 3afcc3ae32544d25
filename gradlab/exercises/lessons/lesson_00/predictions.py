"""What lesson 0 asks before a cell is run."""

from gradlab.exercises.prediction import Answer, Prediction

PREDICTIONS = (
    Prediction(
        "wrong_networks_loss",
        "What will the loss of the wrong network do?",
        (
            Answer(
                "Training stops with an error.",
                "An array of the wrong shape would stop it. Here all shapes fit, and Python "
                "cannot know what the numbers ought to be.",
                "wrong code raises an error",
            ),
            Answer(
                "It explodes.",
                "It would if the steps led uphill. These are only roughly right, but they still "
                "lead downhill.",
                "a wrong gradient leads uphill",
            ),
            Answer(
                "It falls.",
                "A step that is roughly right still leads downhill. So a loss that falls shows "
                "that the steps help, not that they are the right ones.",
            ),
            Answer(
                "It stands still.",
                "Training does not need the exact gradient. Any small step that leads somewhat "
                "downhill lowers the loss, and these steps do.",
                "only the exact gradient trains",
            ),
        ),
    ),
    Prediction(
        "arrays_found",
        "In how many of the six arrays will the check find a mistake?",
        (
            Answer(
                "In none: the network learns, so its gradient cannot be wrong.",
                "That it learns does not count here. The check compares each slope that the "
                "gradient claims with what the loss does, and for one array they disagree.",
                "what trains is right",
            ),
            Answer(
                "In one.",
                "Each array of the gradient has a line that computes it. The wrong line computes "
                "one of them, and nothing else uses its result.",
            ),
            Answer(
                "In the wrong one, and in those that backpropagation computes after it.",
                "You would see that if the wrong line spoiled what is passed back from layer to "
                "layer. It only computes one array from it, and what is passed back stays right.",
                "every mistake is carried back to the earlier layers",
            ),
            Answer(
                "In all six: one wrong line spoils everything.",
                "Training mixes everything, since each step uses the whole gradient. The check "
                "does not train. It looks at one moment, array by array, and five of them come "
                "from lines that are right.",
                "one mistake spoils the whole gradient",
            ),
        ),
    ),
)
