"""Checking in a notebook: whose function it is, what it calls, and what the learner is shown."""
