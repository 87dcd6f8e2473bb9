"""The clocks of this machine."""

import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """Implements ``Clock``."""

    def now(self) -> datetime:
        """The wall clock in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The system's monotonic clock."""
        return time.monotonic()


class SteadyClock(SystemClock):
    """Implements ``Clock``: the wall time of its making, carried on by the monotonic clock.

    A jump of the wall clock ends no sign-in and revives no ticket.
    """

    def __init__(self) -> None:
        self._origin = super().now() - timedelta(seconds=self.monotonic())

    def now(self) -> datetime:
        """The time in UTC that a clock which nobody sets would show."""
        return self._origin + timedelta(seconds=self.monotonic())
