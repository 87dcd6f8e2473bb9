"""Engines are classes: this makes one of them, where it is listed as well as where it works."""

from pathlib import Path
from typing import Any


def hire(kind: Any, weights: Path | None) -> Any:
    """An engine of this class; one that reads weights (``ports.engines.WithWeights``) is told the folder, if any."""
    return kind() if weights is None or not reads_weights(kind) else kind.reading(weights)


def reads_weights(kind: Any) -> bool:
    """Whether the class is a ``WithWeights``."""
    return callable(getattr(kind, "reading", None))
