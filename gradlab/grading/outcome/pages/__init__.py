"""Pages for people: for learners, for marking, and on the class."""
