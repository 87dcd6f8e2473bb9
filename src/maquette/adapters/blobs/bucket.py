"""A bucket of S3, R2, MinIO or any other store that speaks S3: where it is, how to reach it, what its errors mean."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from maquette.domain.errors import Refused, Unavailable

if TYPE_CHECKING:
    from obstore.store import S3Credential

EXAMPLE = "s3://bucket/prefix?endpoint=https://…&region=…"
CONNECT_S = 5
SILENCE_S = 20
"""Seconds that one request may wait for its answer, or a download for its next bytes."""
ASK_S = 3
"""The same for the question whether it is there at all: whoever asks that has a deadline of their own."""
RETRY_S = 25
"""No new try after these seconds: with the last try's own silence a call fails within a minute."""

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PREFIX = re.compile(r"([A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*)?")
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_FULL = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "InsufficientCapacity"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """``endpoint`` is scheme and host, ``prefix`` has no slash at either end."""

    endpoint: str
    name: str
    region: str
    prefix: str
    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)

    def path(self, *parts: str) -> str:
        """The object's name for these parts, behind the prefix."""
        return "/".join(part for part in (self.prefix, *parts) if part)

    def connect(self, *, patient: bool = True) -> S3Store:
        """Opens nothing yet. Nothing of the environment (``AWS_…``) has a say."""
        return S3Store(
            bucket=self.name,
            region=self.region,
            aws_endpoint_url_s3=self.endpoint,
            endpoint=self.endpoint,
            virtual_hosted_style_request=False,
            skip_signature=False,
            disable_bulk_delete=True,
            credential_provider=self._credential,
            client_options={
                "allow_http": self.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=CONNECT_S),
                "read_timeout": timedelta(seconds=SILENCE_S if patient else ASK_S),
                # silence is what is cut: a long download to a slow reader may take its time
                "timeout": timedelta(hours=12),
            },
            retry_config={"max_retries": 3 if patient else 1, "retry_timeout": timedelta(seconds=RETRY_S)},
        )

    def ask(self) -> None:
        """Lists a folder that is not there, without patience. Raises ``Unavailable("storage_unavailable")``."""
        with self.faults():
            list(obstore.list(self.connect(patient=False), self.path("no-such-folder")))

    @contextmanager
    def faults(self) -> Generator[None, None, None]:
        """Turns the store's errors into ``storage_unavailable`` and ``storage_full``; a missing object passes."""
        try:
            yield
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise self._unavailable(error) from error
            raise
        except BaseError as error:
            raise self._unavailable(error) from error

    def _credential(self) -> "S3Credential":
        keys = {"access_key_id": self.access_key_id, "secret_access_key": self.secret_access_key}
        return {**keys, "token": None, "expires_at": None}  # pyright: ignore[reportReturnType]

    def _unavailable(self, error: BaseException) -> Unavailable:
        status, code = _status(error), _code(error)
        where = f"The bucket {self.name} at {self.endpoint}"
        if status == 507 or code in _FULL:
            return Unavailable("storage_full", f"{where} is full.", "Free some space there or raise its quota.")
        if status in (401, 403):
            hint = "Check MAQUETTE_S3_ACCESS_KEY_ID, MAQUETTE_S3_SECRET_ACCESS_KEY and what the bucket allows them."
            return Unavailable("storage_unavailable", f"{where} refuses these keys ({code or status}).", hint)
        if code == "NoSuchBucket" or status == 404:
            return Unavailable("storage_unavailable", f"{where} does not exist.", "Check MAQUETTE_BLOBS_URL.")
        told = f"answers {status}" if status else "cannot be reached"
        return Unavailable("storage_unavailable", f"{where} {told}.")


def parse(url: str, access_key_id: str, secret_access_key: str) -> Bucket:
    """The bucket of ``s3://bucket/prefix?endpoint=…&region=…``. Raises ``Refused("invalid_setting")``."""
    parts = urlsplit(url)
    if parts.scheme != "s3" or "@" in parts.netloc or not _NAME.fullmatch(parts.netloc):
        hint = f"Write {EXAMPLE}; keys belong into MAQUETTE_S3_ACCESS_KEY_ID and MAQUETTE_S3_SECRET_ACCESS_KEY."
        raise Refused("invalid_setting", "blobs_url: that is not the address of a bucket.", hint)
    prefix = parts.path.strip("/")
    if not _PREFIX.fullmatch(prefix):
        raise Refused("invalid_setting", "blobs_url: the prefix may have letters, digits, -, _, . and /.")
    query = dict(parse_qsl(parts.query))
    unknown = query.keys() - {"endpoint", "region"}
    if unknown:
        raise Refused("invalid_setting", f"blobs_url: there is no option {min(unknown)!r}.", f"Write {EXAMPLE}.")
    if not access_key_id or not secret_access_key:
        hint = "Set MAQUETTE_S3_ACCESS_KEY_ID and MAQUETTE_S3_SECRET_ACCESS_KEY."
        raise Refused("invalid_setting", "blobs_url: the bucket's keys are missing.", hint)
    region = query.get("region") or ("auto" if "endpoint" in query else "us-east-1")
    endpoint = _endpoint(query.get("endpoint") or f"https://s3.{region}.amazonaws.com")
    return Bucket(endpoint, parts.netloc, region, prefix, access_key_id, secret_access_key)


def _endpoint(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.path.strip("/"):
        raise Refused("invalid_setting", "blobs_url: the endpoint is https://host or http://host:port.")
    return f"{parts.scheme}://{parts.netloc}"


def _status(error: BaseException) -> int:
    found = _STATUS.search(str(error))
    return int(found[1]) if found else 0


def _code(error: BaseException) -> str:
    found: Any = _CODE.search(str(error))
    return found[1] if found else ""
