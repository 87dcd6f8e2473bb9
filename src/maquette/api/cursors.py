"""Where a client is in its events, as text that it gives back: a number for one job, a token for many."""

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from maquette.domain.errors import Refused

_SEQ = re.compile(r"[0-9]{1,18}")
_CHECK_BYTES = 4


def read_seq(text: str) -> int:
    """A sequence number. Raises ``invalid_request``."""
    if not _SEQ.fullmatch(text):
        raise Refused("invalid_request", "Last-Event-ID and since are sequence numbers.")
    return int(text)


class Cursors:
    """The numbers up to which a client has each of its jobs, in the order in which it named them.

    A token is base64url of a checksum of the jobs' ids (CRC-32, against a token of other jobs) and of one number per
    job in LEB128 (seven bits a byte, the lowest first), 11 characters for one job and about 275 for 200.
    """

    def __init__(self, job_ids: Sequence[str], token: str = "") -> None:
        """Raises ``invalid_request`` for a token that was not given out for these jobs."""
        self._check = zlib.crc32(",".join(job_ids).encode()).to_bytes(_CHECK_BYTES, "big")
        self._seqs = dict.fromkeys(job_ids, 0)
        self._packed = dict.fromkeys(job_ids, b"\0")
        if token:
            for job_id, seq in zip(job_ids, self._read(token), strict=True):
                self[job_id] = seq

    def __getitem__(self, job_id: str) -> int:
        return self._seqs[job_id]

    def __setitem__(self, job_id: str, seq: int) -> None:
        self._seqs[job_id] = seq
        self._packed[job_id] = _pack(seq)

    def token(self) -> str:
        """What ``__init__`` takes."""
        return urlsafe_b64encode(self._check + b"".join(self._packed.values())).rstrip(b"=").decode()

    def _read(self, token: str) -> list[int]:
        try:
            data = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        except ValueError:
            data = b""
        seqs = _unpack(data[_CHECK_BYTES:])
        if data[:_CHECK_BYTES] != self._check or len(seqs) != len(self._seqs):
            raise Refused("invalid_request", "Last-Event-ID and since do not belong to these jobs.", "Leave it out.")
        return seqs


def _pack(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _unpack(data: bytes) -> list[int]:
    numbers: list[int] = []
    number = shift = 0
    for byte in data:
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(number)
            number = shift = 0
    return numbers
