"""Whether the wall clock can be believed when it says that things are old."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from maquette.ports.clock import Clock

LEAP = timedelta(days=30)
"""More than this since the last sign of life is taken for a clock that jumped."""
PATIENCE = timedelta(days=7)
"""So long must the doubted clock run evenly before it is believed after all."""
UNEVEN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Watch:
    wall: datetime
    monotonic: float


class Doubt:
    """Suspects a clock that is far ahead of everything that was ever written down.

    A machine that was off for months looks the same. It is believed when a person says so, or by itself after a week:
    by then whatever was deleted before the leap has had its days.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._watch: _Watch | None = None

    def about(self, last: datetime | None) -> timedelta | None:
        """How far the clock is ahead of the ``last`` sign of life, if that is not to be believed."""
        now = self._clock.now()
        if last is None or now - last <= LEAP:
            self._watch = None
            return None
        return None if self._watched_long_enough(now) else now - last

    def _watched_long_enough(self, now: datetime) -> bool:
        watch = self._watch or _Watch(now, self._clock.monotonic())
        watched = timedelta(seconds=self._clock.monotonic() - watch.monotonic)
        even = abs(now - watch.wall - watched) < UNEVEN
        self._watch = watch if even else _Watch(now, self._clock.monotonic())
        return even and watched >= PATIENCE
