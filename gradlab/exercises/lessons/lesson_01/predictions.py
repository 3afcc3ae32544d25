"""What lesson 1 asks before a cell is run."""

from gradlab.exercises.prediction import Answer, Prediction

PREDICTIONS = (
    Prediction(
        "slope_of_the_chord",
        "What slope does the chord of x² from 3 to 3.5 have?",
        (
            Answer(
                "3.25",
                "That is the rise, 12.25 − 9. A slope is rise over run: divide it by 0.5.",
                "takes the rise for the slope",
            ),
            Answer(
                "6",
                "That is the slope of the tangent. On the way to 3.5 the curve gets steeper, and "
                "the chord has to climb all of it.",
                "a chord has the slope of the tangent",
            ),
            Answer("6.5", "Rise over run: (3.5² − 3²) / 0.5 = 3.25 / 0.5."),
            Answer(
                "7",
                "That is 2 · 3.5, the slope at the far end. Before it the curve is flatter, and "
                "the chord takes in the whole way.",
                "takes the slope at the far end",
            ),
        ),
    ),
    Prediction(
        "nearest_to_parallel",
        "Which chord of sin at x = 1 is closest to parallel to the tangent?",
        (
            Answer(
                "The central one.",
                "Forward errs to one side, backward to the other. The central slope is the mean "
                "of the two, and most of the error cancels.",
            ),
            Answer(
                "The forward one: it starts at the point, as in the definition.",
                "In the definition h goes to 0. Here it is 0.8, and over that stretch the "
                "curve flattens a lot. The forward chord takes in all of it.",
                "the formula of the definition is the best one",
            ),
            Answer(
                "The backward one: the curve is straighter on that side.",
                "It is straighter there, and so backward beats forward. But each of them errs to "
                "one side, with nothing to make up for it.",
                "looks for the straighter side, where both sides together are better",
            ),
            Answer(
                "Forward or backward: the central one does not even pass through the point.",
                "Slide a line up or down, and its slope stays as it is. A chord with the right "
                "slope may run beside the point.",
                "a chord must pass through the point to have its slope",
            ),
        ),
    ),
    Prediction(
        "who_tells_of_the_kink",
        "Which of the three formulas tells you that |x| has no slope at 0?",
        (
            Answer(
                "Central: it sees both sides.",
                "It sees them, and then takes their difference: (|h| − |−h|) / 2h. Both sides "
                "are equally high, so this is 0, as at the bottom of a smooth valley.",
                "what looks at both sides notices that they differ",
            ),
            Answer(
                "Forward and backward: their numbers grow without bound.",
                "They would at a jump, where a rise is divided by ever smaller steps. At a kink "
                "the rise shrinks along with the step.",
                "where there is no derivative, differences blow up",
            ),
            Answer(
                "All three: as h shrinks, their numbers do not settle.",
                "Each of them settles at once, because |x| is a straight line on either side. "
                "They settle on three different numbers.",
                "without a derivative a difference has no limit",
            ),
            Answer(
                "None of them.",
                "Each formula looks at two points, and through two points there is always a "
                "line, with a slope to report.",
            ),
        ),
    ),
    Prediction(
        "errors_at_half_the_step",
        "You halve h. What do the errors of forward and central do?",
        (
            Answer(
                "Both fall to a half.",
                "Forward's does. Central is the mean of forward and backward, whose errors of "
                "size h have opposite signs and cancel. What is left is of size h².",
                "every difference has order 1",
            ),
            Answer(
                "Forward's falls to a half, central's to a quarter.",
                "What goes with h has opposite signs to the right and to the left. So it cancels "
                "in the central difference, and h² is left.",
            ),
            Answer(
                "Both fall to a quarter.",
                "You may think of the gap between the curve and its tangent, which does go with "
                "h². A slope is a rise divided by h, so forward's error goes with h.",
                "forgets that the gap to the tangent is divided by h",
            ),
            Answer(
                "Forward's falls to a half; central has no error.",
                "It had none on the parabola, where the errors of forward and backward are equal "
                "and opposite. On the sine they are not quite: at h = 0.1 central is off by "
                "0.0009.",
                "central is exact for every curve",
            ),
        ),
    ),
    Prediction(
        "errors_down_to_1e_16",
        "What does the error do as h goes from 1e-1 down to 1e-16?",
        (
            Answer(
                "It falls all the way, as the limit says.",
                "With exact numbers it would. Floats keep about 16 digits: as h shrinks, f(x + "
                "h) and f(x) agree in more of them, and fewer are left for the difference.",
                "the smaller the step, the better",
            ),
            Answer(
                "It falls to about 1e-16 and stays there.",
                "That is how well f(x) is known. The slope is known less well: it has the "
                "rounding of f divided by h, and that grows as h shrinks.",
                "the slope is as precise as the function",
            ),
            Answer(
                "It falls until x + h is x, and then jumps.",
                "Rounding does its harm long before a step is lost: at h = 1e-8, say, there are "
                "still 45 million floats between x and x + h.",
                "rounding matters only once the step is lost",
            ),
            Answer(
                "It falls, then it rises.",
                "Two errors add up: that of the chord, which falls with h, and the rounding of f "
                "divided by h, which grows as h shrinks.",
            ),
        ),
    ),
    Prediction(
        "lost_step",
        "What is `1.0 + 1e-16` in Python?",
        (
            Answer(
                "`1.0000000000000001`",
                "There is no such float64. After `1.0` comes 1 + 2.2e-16, and the sum is rounded "
                "to the nearer of the two.",
                "floats are the real numbers",
            ),
            Answer(
                "exactly `1.0`",
                "1e-16 is less than half the way to the next float, so `1.0` is the float "
                "nearest to the sum.",
            ),
            Answer(
                "`1.0000000000000002`, the next float",
                "That float is there, but it is further from the sum than `1.0` is. Sums are "
                "rounded to the nearest float, not upwards.",
                "what is added must make the sum larger",
            ),
            Answer(
                "an error: 1e-16 is too small for a float",
                "By itself it is not: floats go far below 1e-300. It is small beside `1.0`, so "
                "that the sum is rounded, and rounding is never reported.",
                "lost digits are reported",
            ),
        ),
    ),
)
