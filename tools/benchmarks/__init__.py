"""Speed, grading and the scorecard, measured beside other ways to do the same."""
