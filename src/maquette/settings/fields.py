"""What an operator may set."""

import ipaddress
import os
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from platformdirs import user_data_path
from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from maquette.domain.fleet import Queue
from maquette.settings.tables import BudgetTable, EngineName, EngineTable, PreferTable, PriceTable
from maquette.settings.usual import UsualNames, with_keys

PREFIX = "MAQUETTE_"
WITHIN = "__"
MEGABYTE = 1_000_000
LEAST_SECRET = 32
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - these are compared with, not bound
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:[0-9]{1,5})?")


class LogLevel(StrEnum):
    """How much the server says on stderr."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """For whom the log is written."""

    TEXT = "text"
    JSON = "json"


def _data_folder() -> Path:
    return user_data_path("maquette", appauthor=False)


def _concurrency() -> int:
    return max(1, min(4, (os.cpu_count() or 2) // 2))


class Settings(BaseSettings):
    """What an operator may set. Frozen: read once, then handed to whoever needs it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=WITHIN, extra="forbid", frozen=True, env_ignore_empty=True
    )

    data: Path = Field(
        default_factory=_data_folder,
        description="Folder of the database, the files and the secrets. With SQLite one process at a time serves it.",
    )
    database_url: str = Field(
        default="",
        description="Empty for SQLite in the data folder, or `postgresql+psycopg://user@host/name`.",
    )
    blobs_url: str = Field(
        default="",
        description="Empty for files in the data folder, or `s3://bucket/prefix?endpoint=https://…&region=…`.",
    )
    s3_access_key_id: SecretStr = Field(default=SecretStr(""), description="Key id for the bucket of `blobs_url`.")
    s3_secret_access_key: SecretStr = Field(default=SecretStr(""), description="Its secret. Set it in the environment.")
    redirect_downloads: bool = Field(
        default=False,
        description="Answer downloads with a short-lived link to the bucket instead of sending the bytes.",
    )
    host: str = Field(
        default="127.0.0.1", min_length=1, description="Address to listen on; any but a loopback one needs a key."
    )
    port: int = Field(default=8760, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    allowed_hosts: frozenset[str] = Field(
        default=frozenset(),
        description="Host names that requests may name, without port, beyond the loopback ones, `host` and that of "
        "`public_url`. Needed with `host` 0.0.0.0 or ::.",
    )
    public_url: str = Field(
        default="",
        description="Scheme and host by which a reverse proxy is reached, such as https://maquette.example.org.",
    )
    require_key: bool | None = Field(
        default=None,
        description="Whether requests need a key. Unset: they do, except on loopback without `public_url`.",
    )
    cors_origins: frozenset[str] = Field(
        default=frozenset(),
        description="Origins of other pages that may call with a key, such as https://shop.example.org.",
    )
    max_photo_mb: int = Field(default=50, ge=1, le=500, description="Largest photo in megabytes.")
    max_queued: int = Field(default=100, ge=1, description="Unfinished jobs that may exist at a time.")
    max_batch_rows: int = Field(default=1000, ge=1, le=10_000, description="Products in one batch.")
    upload_seconds: float = Field(default=120.0, gt=0, description="Longest time that one upload may take.")
    max_sockets: int = Field(default=1000, ge=1, description="WebSockets that one owner may hold open at a time.")
    fetches: int = Field(default=8, ge=1, le=256, description="Photos that are fetched from URLs at a time.")
    fetch_seconds: float = Field(default=60.0, gt=0, description="Longest time that fetching one photo may take.")
    undo_days: float = Field(
        default=7.0, ge=0, le=3650, description="Days for which a deletion can be undone; then it is for good."
    )
    keep_days: float = Field(
        default=0.0,
        ge=0,
        le=36500,
        description="Days after which ended jobs and what they made are deleted; 0 keeps them for ever.",
    )
    draft_days: float = Field(
        default=0.0,
        ge=0,
        le=36500,
        description="Days after which a project that never had a job is deleted, if nothing changed; 0 keeps it.",
    )
    import_mb: int = Field(default=1000, ge=1, le=4000, description="Largest project to import, in megabytes unpacked.")
    import_files: int = Field(default=2000, ge=1, le=60_000, description="Photos, models… in a project to import.")
    import_rows: int = Field(default=100_000, ge=1, description="Jobs, tasks, events… in a project to import.")
    concurrency: int = Field(
        default_factory=_concurrency,
        ge=1,
        le=64,
        description="Jobs that are worked on at a time; by default one per two processors, at most 4.",
    )
    queues: str = Field(
        default="cpu,gpu,net",
        description="Queues that this process works for: `cpu` (whole jobs), `gpu` and `net` (single stages).",
    )
    gpu_concurrency: int = Field(default=1, ge=1, le=64, description="Stages on graphics cards at a time.")
    net_concurrency: int = Field(
        default=32, ge=1, le=1000, description="Stages at a time that wait for somebody else's machine."
    )
    webhook_loopback: bool = Field(
        default=False, description="Whether webhooks may lead to this very machine, on any port; for development."
    )
    link_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What links to files are signed with: 32 letters or more, the same on all machines that serve. "
        "Empty for a secret of the data folder's own.",
    )
    serve_works: bool = Field(default=True, description="Whether `serve` works on jobs itself.")
    lease_seconds: float = Field(
        default=30.0, ge=1, le=3600, description="Silence after which the other processes take over a worker's jobs."
    )
    drain_seconds: float = Field(
        default=60.0, ge=0, le=3600, description="How long a worker that is told to stop lets running stages end."
    )
    threads: int = Field(default=2, ge=1, le=64, description="Processor threads that one stage may use.")
    weights: Path | None = Field(
        default=None, description="Folder of trained weights for engines; by default `weights` in the data folder."
    )
    log_level: LogLevel = Field(default=LogLevel.WARNING, description="How much the server says on stderr.")
    log_format: LogFormat = Field(
        default=LogFormat.TEXT, description="`text` for people, or `json`: one object a line for programs."
    )

    otlp_endpoint: str = Field(
        default="",
        description="Base address of the OpenTelemetry collector that traces go to, such as http://127.0.0.1:4318. "
        "Empty: none are made. Needs `maquette[otel]`.",
    )
    engines: dict[EngineName, EngineTable] = Field(
        default_factory=dict, description="Hosted engines: a table `[engines.NAME]` for each."
    )
    prices: dict[EngineName, PriceTable] = Field(
        default_factory=dict, description="What they charge: a table `[prices.NAME]` for each whose price is known."
    )
    budget: BudgetTable = Field(default=BudgetTable(), description="What may be spent at most.")
    prefer: PreferTable = Field(
        default=PreferTable(), description="Which engines are tried, in this order, where a job names none."
    )

    @field_validator("otlp_endpoint")
    @classmethod
    def _collector(cls, value: str) -> str:
        if value and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError(f"{value!r} is no address of the form http://host:port.")
        return value

    @field_validator("engines", mode="before")
    @classmethod
    def _with_usual_keys(cls, value: Any) -> Any:
        return with_keys(value) if isinstance(value, dict) else value  # pyright: ignore[reportUnknownArgumentType]

    @field_validator("data")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("public_url")
    @classmethod
    def _public(cls, value: str) -> str:
        return check_origin(value.rstrip("/")) if value else value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: frozenset[str]) -> frozenset[str]:
        return frozenset(check_origin(origin) for origin in value)

    @model_validator(mode="after")
    def _exposed(self) -> Self:
        if self.require_key is False and not is_loopback(self.host):
            raise ValueError(f"require_key: {self.host} can be reached from other machines, so keys are needed there.")
        return self

    @property
    def needs_key(self) -> bool:
        """Whether somebody without a key is turned away."""
        if self.require_key is None:
            return bool(self.public_url) or not is_loopback(self.host)
        return self.require_key

    @property
    def host_names(self) -> frozenset[str]:
        """What requests may name besides loopback: a specific address to listen on is one of them."""
        return self.allowed_hosts if self.host in EVERYWHERE else self.allowed_hosts | {self.host}

    @field_validator("link_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"it needs at least {LEAST_SECRET} letters; `openssl rand -hex 32` makes some.")
        return value

    @field_validator("queues")
    @classmethod
    def _known_queues(cls, value: str) -> str:
        if not _queues(value) or not all(name in frozenset(Queue) for name in _queues(value)):
            raise ValueError(f"{value!r} must name queues: {','.join(Queue)}.")
        return value

    @property
    def slots(self) -> dict[Queue, int]:
        """How much of each queue this process works on at a time."""
        counts = {Queue.CPU: self.concurrency, Queue.GPU: self.gpu_concurrency, Queue.NET: self.net_concurrency}
        return {Queue(name): counts[Queue(name)] for name in _queues(self.queues)}

    @property
    def weights_folder(self) -> Path:
        """Where engines look for trained weights."""
        return (self.weights or self.data / "weights").expanduser().absolute()

    @property
    def import_bytes(self) -> int:
        """The largest archive in bytes."""
        return self.import_mb * MEGABYTE

    @property
    def max_photo_bytes(self) -> int:
        """The largest photo in bytes."""
        return self.max_photo_mb * MEGABYTE

    def secrets(self) -> frozenset[str]:
        """Values that must never be written down: those marked as secret, and passwords inside URLs."""
        values = tuple(_leaves(self))
        marked = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
        # the two parts of a key are as secret as the whole
        parts = {part for secret in marked for part in secret.split(":")}
        in_urls = {password for value in values if isinstance(value, str) for password in _passwords(value)}
        return frozenset((marked | parts | in_urls) - {""})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library passes it by this name
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, TOML, the names of others; nothing else."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls), UsualNames(settings_cls)


def _queues(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def is_loopback(host: str) -> bool:
    """Whether an address can be reached from this machine only. Names other than ``localhost`` are not trusted."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _passwords(text: str) -> tuple[str, ...]:
    """The password of a URL, as it is spelt there and as it is meant."""
    try:
        password = urlsplit(text).password
    except ValueError:
        return ()
    return (password, unquote(password)) if password else ()


def check_origin(text: str) -> str:
    """Raises ``ValueError`` unless it is scheme, host and perhaps port, in lower case, as browsers send it."""
    if not _ORIGIN.fullmatch(text):
        raise ValueError(f"{text!r} is not of the form https://host or http://host:port, in lower case.")
    return text


def _leaves(value: Any) -> Iterable[Any]:
    """Every single value of the settings and their tables."""
    if isinstance(value, BaseModel):
        parts: Iterable[Any] = (getattr(value, name) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        parts = value.values()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    else:
        return (value,)
    return (leaf for part in parts for leaf in _leaves(part))
