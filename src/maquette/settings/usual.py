"""Names of environment variables that other programs and providers' own clients read, taken where ours say nothing.

Such a variable makes the engine of the provider's own name. It is also the key of other engines with the provider's
adapter that have none, unless they are at an address of their own: a key must not go where its owner did not send it.
"""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

KEYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fal": ("FAL_KEY",),
        "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        "meshy": ("MESHY_API_KEY",),
        "openai": ("OPENAI_API_KEY",),
        "replicate": ("REPLICATE_API_TOKEN",),
        "tripo": ("TRIPO_API_KEY",),
    }
)
"""Of each engine the variables that hold its key, the first that is set wins."""
PAIRS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "fal": (("FAL_KEY_ID", "FAL_KEY_SECRET"),),
        "tencent": (("TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"),),
    }
)
"""The same where a key has two parts; they are joined by a colon."""
BUCKET: Mapping[str, str] = MappingProxyType(
    {
        "AWS_ACCESS_KEY_ID": "`s3_access_key_id`",
        "AWS_SECRET_ACCESS_KEY": "`s3_secret_access_key`",
        "AWS_S3_BUCKET": "the bucket of `blobs_url`",
        "AWS_REGION": "its region; also `AWS_DEFAULT_REGION`, else us-east-1",
        "AWS_ENDPOINT_URL": "its endpoint, if not Amazon's; also `AWS_ENDPOINT_URL_S3`",
    }
)
"""What variables of a bucket stand for."""
UNNEEDED: Mapping[str, str] = MappingProxyType(
    {"REDIS_URL": "no Redis is needed: jobs, queues and events are in the database"}
)


class UsualNames(PydanticBaseSettingsSource):
    """The last of the sources."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002
        """Part of the library's interface; the whole is given at once."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """What the environment holds under these names, in the shape of the settings."""
        engines = {name: {"key": key} for name in sorted({*KEYS, *PAIRS}) if (key := _key(name))}
        bucket = {
            "s3_access_key_id": _value("AWS_ACCESS_KEY_ID"),
            "s3_secret_access_key": _value("AWS_SECRET_ACCESS_KEY"),
            "blobs_url": _bucket(),
        }
        given: dict[str, Any] = {name: value for name, value in bucket.items() if value}
        return given | ({"engines": engines} if engines else {})


def with_keys(engines: Mapping[str, Any]) -> dict[str, Any]:
    """The tables of engines, with the providers' keys where they have none."""
    return {name: _with_key(name, table) for name, table in engines.items()}


def unneeded() -> Mapping[str, str]:
    """Variables that are set and have nothing to say here, and why."""
    return {name: reason for name, reason in UNNEEDED.items() if _value(name)}


def _with_key(name: str, table: Any) -> Any:
    if not isinstance(table, Mapping) or table.get("key") or table.get("base_url"):  # pyright: ignore[reportUnknownMemberType]
        return table  # pyright: ignore[reportUnknownVariableType]
    given: dict[str, Any] = dict(table)  # pyright: ignore[reportUnknownArgumentType]
    adapter = str(given.get("adapter") or name).replace("-", "_")
    key = _key(adapter) or _key(adapter.partition("_")[0])
    return {**given, "key": key} if key else given


def _key(engine: str) -> str:
    single = next((value for name in KEYS.get(engine, ()) if (value := _value(name))), "")
    pairs = ((_value(first), _value(second)) for first, second in PAIRS.get(engine, ()))
    return single or next((f"{first}:{second}" for first, second in pairs if first and second), "")


def _bucket() -> str:
    name = _value("AWS_S3_BUCKET")
    region = _value("AWS_REGION") or _value("AWS_DEFAULT_REGION") or "us-east-1"
    own = f"https://s3.{region}.amazonaws.com"
    endpoint = _value("AWS_ENDPOINT_URL_S3") or _value("AWS_ENDPOINT_URL") or own
    return f"s3://{name}?{urlencode({'endpoint': endpoint, 'region': region})}" if name else ""


def _value(name: str) -> str:
    return os.environ.get(name, "").strip()
