"""From a dataclass to a row and back: columns bear the fields' names and the column types do the converting."""

from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Row

T = TypeVar("T")


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def values(item: Any) -> dict[str, Any]:
    """The columns' values of a dataclass instance."""
    return {name: getattr(item, name) for name in _names(type(item))}


def changes(before: T, after: T) -> dict[str, Any]:
    """The values that differ."""
    return {name: value for name, value in values(after).items() if getattr(before, name) != value}


def load(kind: type[T], row: Row[Any]) -> T:
    """The dataclass behind a row that has (at least) its columns."""
    found = row._mapping  # pyright: ignore[reportPrivateUsage]  # SQLAlchemy's public name for it
    return kind(**{name: found[name] for name in _names(kind)})
