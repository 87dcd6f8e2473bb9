"""Lists come in pages."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows, newest first, and the cursor that leads to the next ones."""

    items: tuple[T, ...]
    next_cursor: str | None
