"""The data folder: where everything of this machine lies that must outlive a process."""

import contextlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from maquette.domain.errors import Refused


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Its parts. Nothing is touched before ``prepare``."""

    root: Path

    @property
    def blobs(self) -> Path:
        return self.root / "blobs"

    @property
    def scratch(self) -> Path:
        """Files of stages that are running (``Scratch``)."""
        return self.root / "scratch"

    def prepare(self) -> None:
        """Raises ``Refused`` when it cannot be made."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.scratch.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            hint = "Choose another with --data or MAQUETTE_DATA."
            raise Refused("invalid_setting", f"{self.root} cannot be used: {error.strerror}.", hint) from error

    def free_bytes(self) -> int:
        """Space on its disk."""
        return shutil.disk_usage(self.root).free

    def secret(self) -> bytes:
        """What links are signed with: made once, for the owner's eyes only."""
        return self._once("secret", secrets.token_hex(32)).encode()

    def _once(self, name: str, text: str) -> str:
        """The content of a small file that exactly one process gets to write."""
        path = self.root / name
        if not path.exists():
            fresh = self.root / f".{name}.{secrets.token_hex(8)}"
            descriptor = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            # a link, unlike a rename, loses against a file that is there already
            with contextlib.suppress(FileExistsError):
                os.link(fresh, path)
            fresh.unlink()
        return path.read_text(encoding="utf-8")
