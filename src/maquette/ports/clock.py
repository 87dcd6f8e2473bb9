"""Time, so that tests can turn it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time for timestamps, monotonic time for durations: wall clocks jump."""

    def now(self) -> datetime:
        """The present instant in UTC, timezone-aware."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary origin; never goes back."""
        ...
