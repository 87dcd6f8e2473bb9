"""Twins of the servers that come with Hunyuan3D-2 and 2.1, as their sources have it and a trial of the former showed.

Kept are their oddities: no key; ``processing`` of unknown numbers and of work that has crashed; 404 with a text about
traffic for whatever ``/generate`` cannot do; half a file while it is being written; in 2.1 ``texturing`` without an end
where no texture was asked for.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from maquette.testing.loopbacks.goods import box
from maquette.testing.loopbacks.server import Call, Loopback, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work

TRAFFIC = {"text": "**NETWORK ERROR DUE TO HIGH TRAFFIC. PLEASE REGENERATE OR REFRESH THIS PAGE.**", "error_code": 1}
BOUNDS_21 = {"octree_resolution": (64, 512), "num_inference_steps": (1, 20), "face_count": (1000, 100_000)}


class HunyuanLoopback(TaskLoopback):
    """Hunyuan3D-2. ``textures`` is whether it was started with ``--enable_tex``."""

    adapter = "hunyuan3d"
    textures = True

    def allows(self, call: Call) -> bool:
        return True

    def trouble(self, kind: str) -> Reply:
        if kind == "missing":
            return Reply({"detail": "Not Found"}, 404)
        return Loopback.trouble(self, kind) if kind in ("busy", "crowded", "broke", "denied") else _failure()

    @route("POST", "/send", "submit")
    def send(self, call: Call) -> Reply:
        asked = _asked(call)
        if asked is None:
            return _failure()
        work = self.open("send", asked, 0)
        if not _showing(asked) or (asked.get("texture") and not self.textures):
            # the thread that does the work has died, and nobody looks after it
            work.fate = "forever"
        return Reply({"uid": work.id})

    @route("POST", "/generate", "generate")
    def generate(self, call: Call) -> Reply:
        asked = _asked(call)
        if asked is None:
            return _failure()
        if not _showing(asked) or (asked.get("texture") and not self.textures):
            return Reply(TRAFFIC, 404)
        return Reply(box(), 200, {"Content-Type": "model/gltf-binary"})

    @route("GET", "/status/{uid}", "poll")
    def status(self, call: Call) -> Reply:
        work = self.look(call.found["uid"])
        if work is None or work.stage != "done" or not self.seen_done(work):
            return self.unfinished(work)
        return Reply({"status": "completed", **self.models(work)})

    def seen_done(self, work: Work) -> bool:
        """Whether it notices that work is done: it looks for ``.glb`` files only."""
        return work.asked.get("type", "glb") == "glb"

    def unfinished(self, work: Work | None) -> Reply:
        """What is said of work that is not done, whatever became of it."""
        return Reply({"status": "processing"})

    def models(self, work: Work) -> Mapping[str, str]:
        """The files of work that is done, perhaps half written."""
        content = box()
        if self.faults.takes("file", "truncated"):
            content = content[: len(content) // 2]
        return {"model_base64": base64.b64encode(content).decode()}


class Hunyuan21Loopback(HunyuanLoopback):
    """Hunyuan3D-2.1."""

    @route("GET", "/health", "health")
    def health(self, call: Call) -> Reply:
        return Reply({"status": "healthy", "worker_id": "test"})

    @route("POST", "/send", "submit")
    def send(self, call: Call) -> Reply:
        asked = _asked(call)
        if asked is None or not all(low <= asked.get(name, low) <= high for name, (low, high) in BOUNDS_21.items()):
            return Reply({"detail": [{"loc": ["body"], "msg": "invalid", "type": "value_error"}]}, 422)
        return HunyuanLoopback.send(self, call)

    def unfinished(self, work: Work | None) -> Reply:
        if work and work.stage in ("failed", "refused"):
            return Reply({"status": "error", "message": "generation failed"}, 500)
        return Reply({"status": "texturing" if work and work.polls > 1 else "processing"})

    def models(self, work: Work) -> Mapping[str, str]:
        made = HunyuanLoopback.models(self, work)
        return {**made, "initial_model_base64": made["model_base64"]}

    def seen_done(self, work: Work) -> bool:
        """It looks for two files, and without a texture nobody makes the second."""
        return bool(work.asked.get("texture"))


def _asked(call: Call) -> dict[str, Any] | None:
    try:
        asked = call.json()
    except ValueError:
        return None
    return asked if isinstance(asked, dict) else None


def _showing(asked: Mapping[str, Any]) -> bool:
    """Whether there is a picture in it: plain base64, not a ``data:`` address."""
    try:
        content = base64.b64decode(str(asked.get("image", "")), validate=True)
    except (binascii.Error, ValueError):
        return False
    return content[:8] == b"\x89PNG\r\n\x1a\n" or content[:2] == b"\xff\xd8"


def _failure() -> Reply:
    return Reply(b"Internal Server Error", 500, {"Content-Type": "text/plain; charset=utf-8"})
