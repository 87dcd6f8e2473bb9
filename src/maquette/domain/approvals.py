"""Who decides about a job's cut-outs, and what was decided."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from maquette.domain.errors import Refused

MAX_REASON = 500
"""Characters."""
MANUAL, NEVER, AUTO = "manual", "never", "auto"
DEFAULT = "auto>=0.8"
"""A bad cut-out makes a bad model, and behind it an engine may cost money: what is doubtful waits for a person. What
is not goes on, so that a caller who knows nothing of approval still gets most of its models."""
_RULE = re.compile(r"\s*auto\s*(?:(?:>=)?\s*(\d*\.?\d+)\s*)?", re.ASCII)
_HINT = "Give manual, never, or auto>= with a score from 0 to 1: auto>=0.8."


@dataclass(frozen=True, slots=True)
class Rule:
    """When a cut-out goes on without a person: always (``least`` is minus infinity), never (infinity), or by score."""

    least: float

    @classmethod
    def of(cls, given: object) -> "Rule":
        """Reads ``manual``, ``never``, ``auto>=0.8``; None and ``auto`` are the default. Raises ``invalid_setting``."""
        text = DEFAULT if given in (None, AUTO) else given
        if text == MANUAL:
            return cls(math.inf)
        if text == NEVER:
            return cls(-math.inf)
        told = _RULE.fullmatch(text) if isinstance(text, str) else None
        if told is None or not told[1] or not 0 <= float(told[1]) <= 1:
            raise Refused("invalid_setting", f"approve cannot be {given!r}.", _HINT)
        return cls(float(told[1]))

    @property
    def asks_nobody(self) -> bool:
        """Whether no person is ever waited for."""
        return self.least == -math.inf

    def passes(self, score: float | None) -> bool:
        """Whether a cut-out with this score (0 to 1; None is one that failed) goes on without a person."""
        return score is not None and score >= self.least

    def __str__(self) -> str:
        if math.isfinite(self.least):
            return f"{AUTO}>={self.least:g}"
        return NEVER if self.asks_nobody else MANUAL


class Verdict(StrEnum):
    """What holds for one photo once a person has looked."""

    CHOSEN = "chosen"
    """It is used; its cut-out is still to be decided about."""
    APPROVED = "approved"
    REJECTED = "rejected"
    REPLACED = "replaced"
    """Another photo takes its place."""


OUT = frozenset({Verdict.REJECTED, Verdict.REPLACED})
"""Verdicts under which a photo is not used."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word on one photo, and whose it was.

    ``cutout`` is the SHA-256 of the cut-out that was approved: another one has to be looked at again.
    """

    verdict: Verdict
    cutout: str = ""
    reason: str = ""
    by: str = ""
    at: datetime | None = None

    def document(self) -> dict[str, Any]:
        """As ``of`` reads it."""
        at = self.at and self.at.isoformat()
        return {"verdict": self.verdict.value, "cutout": self.cutout, "reason": self.reason, "by": self.by, "at": at}

    @classmethod
    def of(cls, given: dict[str, Any] | None) -> "Decision | None":
        """From JSON of ours; None stays None."""
        if given is None:
            return None
        at = datetime.fromisoformat(given["at"]) if given["at"] else None
        return cls(Verdict(given["verdict"]), given["cutout"], given["reason"], given["by"], at)
