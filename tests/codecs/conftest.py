"""No deadline for Hypothesis, because the machine that runs the tests may be busy."""

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("farwire", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("farwire")

pytest.register_assert_rewrite("tests.codecs.javascript_wanted")
