"""Speed, grading and the scorecard, measured beside other tools for the same job."""
