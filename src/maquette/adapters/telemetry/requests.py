"""What this process has answered, counted as cheaply as can be: the server's busiest route pays for it too."""

from bisect import bisect_left

LATENCIES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""Stands for the methods that somebody made up: labels have no unbounded values."""


class Answers:
    """Requests of one route, method and class of status."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENCIES_S) + 1)
        """By latency: not cumulative, the last one beyond every bound."""
        self.seconds = 0.0


class Requests:
    """Everything counted since the process began. For one event loop: no locks."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str, int], Answers] = {}
        self.streams = 0
        self.worst_lag = 0.0

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Adds one request."""
        key = (route, method if method in METHODS else OTHER, status // 100)
        answers = self.answers.get(key)
        if answers is None:
            answers = self.answers[key] = Answers()
        answers.counts[bisect_left(LATENCIES_S, seconds)] += 1
        answers.seconds += seconds

    def take_lag(self) -> float:
        """The worst since the last call."""
        worst, self.worst_lag = self.worst_lag, 0.0
        return worst
