"""What the vendors' own clients need: they leave connections to be closed by the collector of garbage."""

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def cleared_away(request: pytest.FixtureRequest) -> Iterator[None]:
    """Collects what a vendor's client left open, so that no later test is blamed for it."""
    yield
    if "clients" in request.module.__name__:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
