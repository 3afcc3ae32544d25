"""What becomes of the results: marks, the gradebook, pages for learners."""
