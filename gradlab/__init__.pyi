from . import bugs as bugs, examples as examples, plots as plots
from .bugs.suspects import (
    confusion_table as confusion_table,
    draw_suspects as draw_suspects,
)
from .checker.check import (
    check_gradient as check_gradient,
    numerical_gradient as numerical_gradient,
)
from .checker.layer.check import check_layer as check_layer
from .checker.norms import relative_difference as relative_difference
from .checker.parameters import ravel as ravel
from .checker.report import GradientReport as GradientReport
from .course.doctor import check_environment as check_environment
from .differences.budget import error_budget as error_budget
from .differences.convergence import (
    fit_order as fit_order,
    sweep as sweep,
)
from .differences.formulas import (
    backward_difference as backward_difference,
    central_difference as central_difference,
    complex_step as complex_step,
    five_point_difference as five_point_difference,
    forward_difference as forward_difference,
    richardson as richardson,
)
from .differences.noise import estimate_noise as estimate_noise
from .differences.steps import best_step as best_step
from .differences.taylor import (
    lagrange_bound as lagrange_bound,
    taylor_polynomial as taylor_polynomial,
)
from .exercises.checking.check import (
    check as check,
    hint as hint,
    solution as solution,
)
from .exercises.checking.yours import yours as yours
from .exercises.predicting import (
    predict as predict,
    tally_predictions as tally_predictions,
)
from .explorers.chords import explore_chords as explore_chords
from .explorers.kink import explore_kink as explore_kink
from .explorers.regularization import explore_regularization as explore_regularization
from .explorers.theta import explore_theta as explore_theta
from .explorers.v_curve import explore_v_curve as explore_v_curve
from .network.check import check_network as check_network
from .network.digits import load_digits as load_digits
from .network.mlp import MLP as MLP
from .network.monitor import GradientMonitor as GradientMonitor
from .support.drawing import show as show

__all__: list[str]
