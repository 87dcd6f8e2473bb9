"""Puts trained weights into their folder: fetched or copied, checked, and with a receipt of what was agreed to."""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path

from maquette.domain.errors import Refused, StageError, Unavailable, is_full_disk
from maquette.domain.weights import WEIGHTS, Receipt, Weights, receipt_of, receipt_path
from maquette.ports.clock import Clock
from maquette.ports.outbound import Bounds, Fetcher

SECONDS = 6 * 3600.0
"""Longest time that a download may take: a gigabyte over a slow line."""
_PIECE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the person said yes to.

    ``sha256``: the hash that a file of their own must have. ``trust``: whatever hash theirs has, it is the right one
    from now on.
    """

    non_commercial: bool = False
    sha256: str = ""
    trust: bool = False


AS_LISTED = Agreement()


@dataclass(frozen=True, slots=True)
class Standing:
    """Weights and how they stand: ``present`` with the size that they should have; perhaps with a receipt."""

    weights: Weights
    present: bool
    receipt: Receipt | None = None


def find(name: str) -> Weights:
    """Raises ``unknown_weights``."""
    if name not in WEIGHTS:
        raise Refused(
            "unknown_weights", f"There are no weights called {name!r}.", f"Choose from: {', '.join(WEIGHTS)}."
        )
    return WEIGHTS[name]


def check_licence(weights: Weights, agreed: Agreement) -> None:
    """Raises ``licence_not_accepted``."""
    if weights.commercial_use or agreed.non_commercial:
        return
    message = f"{weights.title} ({weights.licence}) may not be used commercially."
    raise Refused("licence_not_accepted", message, "If that is fine with you: --accept-non-commercial")


class WeightStore:
    """The folder of weights. Nothing is touched before something is put into it."""

    def __init__(self, folder: Path, fetcher: Fetcher, clock: Clock) -> None:
        self.folder = folder
        self._fetcher = fetcher
        self._clock = clock

    def standings(self) -> tuple[Standing, ...]:
        """All weights that are known."""
        return tuple(self.standing(weights) for weights in WEIGHTS.values())

    def standing(self, weights: Weights) -> Standing:
        """Looks at names and sizes only."""
        receipt = self._receipt(weights)
        wanted = receipt.bytes if receipt else weights.bytes
        path = self.folder / weights.file
        return Standing(weights, path.is_file() and path.stat().st_size == wanted, receipt)

    async def pull(self, weights: Weights, agreed: Agreement, told: Callable[[int], object]) -> Receipt:
        """Fetches the file that the table names; ``told`` hears of the bytes that have arrived.

        Raises ``licence_not_accepted``, ``digest_mismatch``, ``length_mismatch``, ``storage_full``,
        ``url_unreachable``.
        """
        check_licence(weights, agreed)
        self._prepare(weights.bytes)
        with self._part(weights) as part:
            try:
                await self._fetcher.download(
                    weights.url, _counting(part, told), bounds=Bounds(weights.bytes, seconds=SECONDS)
                )
            except (StageError, Refused) as error:
                hint = f"Fetch {weights.url} by hand, then: maquette weights pull {weights.name} --file PATH"
                raise Refused("url_unreachable", f"{weights.file} cannot be fetched: {error.message}", hint) from error
            return self._settle(part, weights, agreed, weights.url, listed_only=True)

    def install(self, weights: Weights, source: Path, agreed: Agreement) -> Receipt:
        """Copies a file that the person has. Raises what ``pull`` raises, and ``file_missing``."""
        check_licence(weights, agreed)
        if not source.is_file():
            raise Refused("file_missing", f"There is no file {source}.")
        self._prepare(source.stat().st_size)
        with self._part(weights) as part, source.open("rb") as given:
            shutil.copyfileobj(given, part, _PIECE)
            return self._settle(part, weights, agreed, source.name, listed_only=False)

    def _prepare(self, size: int) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise Refused("invalid_setting", f"{self.folder} cannot be used: {error.strerror}.") from error
        if free < size:
            raise Unavailable("storage_full", f"{self.folder} has no room for {size // _PIECE} MiB.")

    @contextmanager
    def _part(self, weights: Weights) -> Generator[BufferedRandom]:
        """A file that nobody takes for the weights; it is gone afterwards, unless ``_settle`` gave it its name."""
        path = self.folder / f".{weights.file}.{secrets.token_hex(4)}.part"
        try:
            with path.open("w+b") as part:
                yield part
        except OSError as error:
            if is_full_disk(error):
                raise Unavailable("storage_full") from error
            raise
        finally:
            path.unlink(missing_ok=True)

    def _settle(
        self, part: BufferedRandom, weights: Weights, agreed: Agreement, source: str, *, listed_only: bool
    ) -> Receipt:
        part.flush()
        os.fsync(part.fileno())
        part.seek(0)
        sha256 = hashlib.file_digest(part, "sha256").hexdigest()
        size = os.fstat(part.fileno()).st_size
        if listed_only and size != weights.bytes:
            raise Refused("length_mismatch", f"{size:,} bytes came instead of {weights.bytes:,}.", "Pull them again.")
        _check_hash(sha256, weights, AS_LISTED if listed_only else agreed)
        receipt = Receipt(
            sha256, size, sha256 == weights.sha256, source, self._clock.now().isoformat(), agreed.non_commercial
        )
        Path(part.name).replace(self.folder / weights.file)
        self._write(receipt_path(self.folder, weights), json.dumps(receipt.document(), indent=1) + "\n")
        _sync(self.folder)
        return receipt

    def _write(self, path: Path, text: str) -> None:
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)

    def _receipt(self, weights: Weights) -> Receipt | None:
        try:
            return receipt_of(receipt_path(self.folder, weights).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return None


def _check_hash(sha256: str, weights: Weights, agreed: Agreement) -> None:
    if agreed.trust or sha256 == (agreed.sha256.lower() or weights.sha256):
        return
    hint = "Fetch it again; if it is meant to be another file, give its --sha256, or --trust it as it is."
    raise Refused("digest_mismatch", f"The file's SHA-256 is {sha256}, not the expected one.", hint)


def _counting(part: BufferedRandom, told: Callable[[int], object]) -> Callable[[bytes], object]:
    def write(piece: bytes) -> None:
        part.write(piece)
        told(part.tell())

    return write


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
