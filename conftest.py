"""For every test, those of the notebooks included."""

import os

# A progress bar is an output of its own, which nbval would compare on a slow machine.
os.environ["TQDM_DISABLE"] = "1"
