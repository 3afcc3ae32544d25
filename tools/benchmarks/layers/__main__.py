"""Run the scorecard's part "Layers"."""

from tools.benchmarks.layers.runner import main

main()
