"""One line of what ``maquette doctor`` found."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``missing``: something optional is not there. ``broken``: without it nothing can run."""

    OK = "ok"
    NOTE = "note"
    MISSING = "missing"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; ``hint`` is what mends it."""

    name: str
    state: State
    found: str
    hint: str = ""

    def document(self) -> dict[str, str]:
        """For programs."""
        return {"name": self.name, "state": self.state.value, "found": self.found, "hint": self.hint}
