"""Marking: an answer is called on cases, judged, and told what is wrong with it."""
