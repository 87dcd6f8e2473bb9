"""Meshy's loopback in bad weather: any request may go wrong, and each model tells whose it is."""

import collections
import hashlib
import json
import random
import struct
import threading
from collections.abc import Mapping
from typing import Any

from maquette.testing.loopbacks.goods import box
from maquette.testing.loopbacks.meshy import MeshyLoopback
from maquette.testing.loopbacks.server import Call, Faults, Reply
from maquette.testing.loopbacks.tasks import Work

GENERAL = {"busy": 3, "crowded": 3, "error": 3, "garbage": 3, "hang": 2, "trickle": 2, "huge": 2, "reset": 3, "drop": 3}
FATES = {"refused": 1, "fails": 1, "stuck": 1, "backwards": 1}
FILES = {"expired": 1, "truncated": 1}
RARELY = {"broke": 0.4}
"""402, for submits alone, beside the weights of the others."""


class Weather(Faults):
    """Any request may go wrong with the probability ``share``; which way, chance says, from a seed."""

    def __init__(self, share: float, seed: int) -> None:
        super().__init__()
        self.share = share
        self.dealt: collections.Counter[str] = collections.Counter()
        self._chance = random.Random(seed)
        self._turn = threading.Lock()
        self._of_this_request = threading.local()

    def takes(self, phase: str, *kinds: str) -> str:
        """What is due now. A file's own faults are asked for after the general ones, by the same thread."""
        with self._turn:
            if phase == "file" and "expired" in kinds:
                kind = getattr(self._of_this_request, "file", "")
            else:
                kind = self._drawn(phase)
                if phase == "file":
                    self._of_this_request.file = kind if kind in FILES else ""
            if kind not in kinds:
                return ""
            self.dealt[kind] += 1
            return kind

    def _drawn(self, phase: str) -> str:
        if self._chance.random() >= self.share:
            return ""
        known: Mapping[str, float] = GENERAL
        if phase == "task":
            known = FATES
        elif phase == "file":
            known = GENERAL | dict.fromkeys(FILES, 6)
        elif phase == "submit":
            known = GENERAL | RARELY
        return self._chance.choices(list(known), list(known.values()))[0]


class Stormy(MeshyLoopback):
    """Meshy, which puts the picture's digest into each model, so that a model tells whose it is."""

    balance = 1_000_000

    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.faults = faults
        self.asked: list[tuple[str, str]] = []

    def answer(self, call: Call, handler: Any) -> Reply | None:
        """As ever; of each submit is noted for which picture it came, and what it was told."""
        if call.method != "POST":
            return super().answer(call, handler)
        reply = super().answer(call, handler)
        told = "nothing" if reply is None else str(reply.status) if isinstance(reply.value, dict) else "garbage"
        self.asked.append((picture_of(call.json()), told))
        return reply

    def document(self, work: Work) -> dict[str, Any]:
        told = super().document(work)
        if work.stage == "done":
            told["model_urls"] = {"glb": self.file(marked(picture_of(work.asked)))}
        return told


def picture_of(asked: Mapping[str, Any]) -> str:
    """The digest of the picture that an order is for."""
    return hashlib.sha256(str(asked.get("image_url")).encode()).hexdigest()


def marked(mark: str) -> bytes:
    """The loopback's box with a word in it."""
    whole = box()
    (length,) = struct.unpack("<I", whole[12:16])
    document = json.loads(whole[20 : 20 + length])
    document["asset"]["extras"] = {"mark": mark}
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<I4s", len(text), b"JSON") + text + whole[20 + length :]
    return struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body
