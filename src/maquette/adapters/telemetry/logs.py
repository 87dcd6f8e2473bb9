"""Logging of a process: one handler on stderr, as text for people or JSON lines for programs, without secrets.

The cleaning sits in the formatter, the last place that sees a line: nothing that a library logs, and no exception's
text, gets past it.
"""

import json
import logging
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

from maquette.adapters.telemetry.facts import ALLOWED, bound
from maquette.adapters.telemetry.redaction import Redactor

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_logger = logging.getLogger(__name__)


class LogSettings(Protocol):
    """The settings that matter here."""

    @property
    def log_level(self) -> str:
        """``debug``, ``info``, ``warning`` or ``error``."""
        ...

    @property
    def log_format(self) -> str:
        """``text`` or ``json``."""
        ...


def configure_logging(settings: LogSettings, secrets: Iterable[str] = (), stream: TextIO | None = None) -> None:
    """Sets up the root logger, for the server and for workers alike. Doing so again replaces what was there.

    ``secrets`` are values that must never be written, whatever stands around them.
    """
    redactor = Redactor(secrets)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines(redactor) if settings.log_format == "json" else TextLines(redactor))
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(True)
    threading.excepthook = _thread_died


class TextLines(logging.Formatter):
    """One line for people, the facts at its end; a traceback below it."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__(TEXT)
        self._redactor = redactor

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        facts = " ".join(f"{name}={value}" for name, value in _facts(record).items())
        line = super().formatMessage(record)
        return f"{line} [{facts}]" if facts else line

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(super().format(record))


class JsonLines(logging.Formatter):
    """One JSON object a line: ``ts``, ``level``, ``logger``, ``message``, the facts, and ``error`` with a traceback."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__()
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = self.formatException(record.exc_info)
        # cleaned before it becomes JSON: afterwards the quotes that the patterns look for are escaped
        cleaned = {
            name: self._redactor.clean(value) if isinstance(value, str) else value for name, value in line.items()
        }
        return json.dumps(cleaned, ensure_ascii=False)


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """What is bound here and what the line itself brought (``extra``), as far as it is allowed."""
    found = {**bound(), **{name: value for name, value in vars(record).items() if name in ALLOWED}}
    return {name: _plain(found[name]) for name in ALLOWED if found.get(name) is not None}


def _plain(value: object) -> object:
    return value if isinstance(value, bool | int | float) else str(value)


def _thread_died(arguments: threading.ExceptHookArgs) -> None:
    """The interpreter's own way would print past the formatter."""
    name = arguments.thread.name if arguments.thread else "?"
    if arguments.exc_value is not None:
        _logger.error("Thread %s died.", name, exc_info=arguments.exc_value)
