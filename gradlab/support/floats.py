"""The unit round-off of float64, and the types of float arrays, indices and masks."""

import numpy as np
from numpy.typing import NDArray

# u: half the distance from 1 to the next larger float64. Rounding changes a number by at most u
# times its size. N. J. Higham, "Accuracy and Stability of Numerical Algorithms", section 2.1.
UNIT_ROUNDOFF = 2.0**-53

FloatArray = NDArray[np.float64]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
