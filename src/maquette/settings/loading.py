"""Reads the settings, and says what is wrong with them."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from platformdirs import user_config_path
from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsConfigDict

from maquette.domain.errors import Refused
from maquette.settings.fields import PREFIX, WITHIN, Settings
from maquette.settings.tables import BudgetTable, EngineTable, PreferTable, PriceTable

CONFIG_VARIABLE = f"{PREFIX}CONFIG"


def load(config: Path | None = None, flags: Mapping[str, Any] | None = None) -> Settings:
    """Reads the settings. ``flags`` holds what the command line gave; None values count as not given.

    Raises ``file_missing`` for a named file that is not there, ``invalid_setting`` naming the first bad value.
    """
    path = _config_path(config)

    class Configured(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        return Configured(**given)
    except ValidationError as error:
        raise _refusal(error, path) from error
    except ValueError as error:
        # a TOML file that cannot be parsed, or an environment value that should have been JSON
        raise Refused("invalid_setting", f"The settings cannot be read: {error}", _where(path)) from error


def config_path() -> Path:
    """Where the TOML file is looked for when nobody names one."""
    return user_config_path("maquette", appauthor=False) / "config.toml"


def unknown_variables() -> tuple[str, ...]:
    """``MAQUETTE_`` variables that name no setting: most likely misspelt."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields} | {CONFIG_VARIABLE}
    return tuple(
        sorted(name for name in os.environ if name.upper().startswith(PREFIX) and _outer(name.upper()) not in known)
    )


def _outer(variable: str) -> str:
    """The setting that a variable with double underscores reaches into: what is in it has been checked."""
    return variable.removesuffix(WITHIN) if variable.endswith(WITHIN) else variable.partition(WITHIN)[0]


def _config_path(named: Path | None) -> Path | None:
    path = named or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if path is None:
        default = config_path()
        return default if default.is_file() else None
    if not path.is_file():
        raise Refused("file_missing", f"There is no settings file {path}.")
    return path


def _refusal(error: ValidationError, path: Path | None) -> Refused:
    first = error.errors(include_url=False, include_input=False)[0]
    name = ".".join(str(part) for part in first["loc"] if part != "[key]")
    if first["type"] == "extra_forbidden":
        known = ", ".join(_known(first["loc"][:-1]))
        return Refused("invalid_setting", f"There is no setting {name!r}.", f"Choose from: {known}.")
    reason = first["msg"].removeprefix("Value error, ")
    if not name:
        name, _, reason = reason.partition(": ")
    return Refused("invalid_setting", f"{name}: {reason}", _where(path, name))


def _known(within: tuple[int | str, ...]) -> Iterable[str]:
    """The settings of a table."""
    tables: Mapping[int | str, type[BaseModel]] = {
        "engines": EngineTable,
        "prices": PriceTable,
        "budget": BudgetTable,
        "prefer": PreferTable,
    }
    return (tables[within[0]] if within else Settings).model_fields


def _where(path: Path | None, name: str = "") -> str:
    variable = f"{PREFIX}{name.upper().replace('.', WITHIN)}" if name else f"{PREFIX}* variables"
    return f"Look at the flags, {variable}" + (f", or {path}." if path else ".")
