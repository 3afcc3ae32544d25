"""The base of all errors that are meant to be read by people."""


class GradlabError(Exception):
    """What went wrong and what to do, in sentences for the person who typed the command."""
