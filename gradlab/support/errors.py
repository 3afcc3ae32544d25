"""The base class of errors written for people to read."""


class GradlabError(Exception):
    """What went wrong and what to do, in sentences for the person who typed the command."""
