"""Hypothesis for this folder: no deadline, because the machine that runs the tests may be busy."""

from hypothesis import HealthCheck, settings

settings.register_profile("farwire", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("farwire")
