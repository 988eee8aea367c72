"""Hypothesis without a deadline: a busy machine is not a wrong engine, and wall time proves nothing here."""

from hypothesis import settings

settings.register_profile("hall", deadline=None)
settings.load_profile("hall")
