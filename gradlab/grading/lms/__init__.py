"""Back into Moodle or Canvas: the gradebook filled, and pages zipped as the LMS takes them."""
