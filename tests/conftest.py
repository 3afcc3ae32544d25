"""Settings that all tests share."""

from hypothesis import settings

pytest_plugins = ["pytester"]

# A slow machine must not fail a property; the same examples run everywhere.
settings.register_profile("gradlab", deadline=None, derandomize=True)
settings.load_profile("gradlab")
