"""Run the scorecard's part "in the world"."""

from tools.benchmarks.world.runner import main

main()
