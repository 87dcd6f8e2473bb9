"""ComfyUI on 127.0.0.1, with the routes that jobs have there; ``old`` has a history and a queue instead.

What a workflow makes is told by its nodes: one of class ``SaveGLB`` a GLB, one of ``RemoveBackground`` a cut-out, every
other the first picture with its colours turned over, where a ``LoadImageMask`` is white.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from maquette.testing.loopbacks.goods import box, picture
from maquette.testing.loopbacks.server import Call, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work
from maquette.testing.loopbacks.wares import cut_out, edited, sent_form

STATES = {
    "queued": "pending",
    "running": "in_progress",
    "done": "completed",
    "failed": "failed",
    "refused": "failed",
    "canceled": "cancelled",
}
ERROR = {"exception_message": "out of memory", "exception_type": "torch.OutOfMemoryError", "node_type": "KSampler"}


class ComfyUILoopback(TaskLoopback):
    """Asks for no key and charges nothing. ``forget`` loses every job, as a restart does."""

    options: Mapping[str, Any] = {
        "capability": "editor",
        "more": {
            "workflow": {
                "1": {"class_type": "LoadImage", "inputs": {"image": ""}},
                "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
            },
            "slots": {"image": "1.image"},
        },
    }

    def __init__(self, polls: int = 2, tls: Any = None, *, old: bool = False) -> None:
        super().__init__(polls, tls)
        self.old = old
        self.inputs: dict[str, bytes] = {}

    def forget(self) -> None:
        self.works.clear()

    @route("POST", "/upload/image", "upload")
    def upload(self, call: Call) -> Reply:
        named = {part.name: part for part in sent_form(call)}
        name = f"renamed-{named['image'].filename}"
        self.inputs[f"maquette/{name}"] = named["image"].content
        return Reply({"name": name, "subfolder": "maquette", "type": named["type"].text})

    @route("POST", "/prompt", "submit")
    def prompt(self, call: Call) -> Reply:
        asked = call.json()
        number = asked.get("prompt_id") or str(uuid.uuid4())
        if str(uuid.UUID(number)) != number:
            return _invalid("invalid_prompt_id")
        if any(node["class_type"] == "Missing" for node in asked["prompt"].values()):
            return _invalid("missing_node_type")
        work = self.open("workflow", asked, 0)
        with self.lock:
            self.works[number] = self.works.pop(work.id)
            work.id = number
        return Reply({"prompt_id": number, "number": len(self.works), "node_errors": {}})

    @route("GET", "/api/jobs/{id}", "poll")
    def job(self, call: Call) -> Reply:
        work = None if self.old else self.look(call.found["id"])
        if work is None:
            return Reply({"error": "Job not found"}, 404)
        told: dict[str, Any] = {"id": work.id, "status": STATES[work.stage], "outputs_count": 1}
        if work.stage in ("failed", "refused"):
            told["execution_error"] = ERROR
        return Reply(told | ({"outputs": _outputs(work)} if work.stage == "done" else {}))

    @route("GET", "/history/{id}", "history")
    def history(self, call: Call) -> Reply:
        work = self.look(call.found["id"])
        if work is None or not work.ended:
            return Reply({})
        message = {"failed": "execution_error", "canceled": "execution_interrupted"}.get(
            work.stage, "execution_success"
        )
        status = {"status_str": "success" if work.stage == "done" else "error", "completed": work.stage == "done",
                  "messages": [["execution_start", {}], [message, ERROR]]}  # fmt: skip
        return Reply({work.id: {"outputs": _outputs(work) if work.stage == "done" else {}, "status": status}})

    @route("GET", "/queue", "queue")
    def queue(self, call: Call) -> Reply:
        def items(stage: str) -> list[list[Any]]:
            return [[0, work.id, work.asked["prompt"], {}, []] for work in self.works.values() if work.stage == stage]

        return Reply({"queue_running": items("running"), "queue_pending": items("queued")})

    @route("POST", "/queue", "cancel")
    def dequeue(self, call: Call) -> Reply:
        for number in call.json()["delete"]:
            if self.works[number].stage == "queued":
                self.stop(number)
        return Reply({})

    @route("POST", "/api/jobs/{id}/cancel", "cancel")
    def cancel(self, call: Call) -> Reply:
        return Reply({"error": "no such route"}, 405) if self.old else Reply({"cancelled": self.stop(call.found["id"])})

    @route("GET", "/view", "file")
    def view(self, call: Call) -> Reply:
        work = self.works.get(call.query["filename"].partition(".")[0])
        fault = self.faults.takes("file", "expired", "truncated")
        if work is None or fault == "expired":
            return Reply(b"", 404)
        content, media_type = self._made(work.asked["prompt"])
        return Reply(content[: len(content) // 2] if fault else content, 200, {"Content-Type": media_type})

    def _made(self, graph: dict[str, Any]) -> tuple[bytes, str]:
        classes = {node["class_type"] for node in graph.values()}
        if "SaveGLB" in classes:
            return box(), "model/gltf-binary"
        photo, mask = self._loaded(graph, "LoadImage"), self._loaded(graph, "LoadImageMask")
        if "RemoveBackground" in classes:
            return cut_out(photo or picture()), "image/png"
        return edited(photo or picture(), mask), "image/png"

    def _loaded(self, graph: dict[str, Any], kind: str) -> bytes:
        named = [node["inputs"].get("image") for node in graph.values() if node["class_type"] == kind]
        return self.inputs.get(named[0], b"") if named else b""


def _invalid(kind: str) -> Reply:
    error = {"type": kind, "message": "Cannot execute", "details": "", "extra_info": {}}
    return Reply({"error": error, "node_errors": {}}, 400)


def _outputs(work: Work) -> dict[str, Any]:
    graph = work.asked["prompt"]
    saved: dict[str, Any] = {}
    for number, node in graph.items():
        if node["class_type"] in ("SaveImage", "SaveGLB", "PreviewImage"):
            ending, key = (".glb", "3d") if node["class_type"] == "SaveGLB" else (".png", "images")
            kind = "temp" if node["class_type"] == "PreviewImage" else "output"
            saved[number] = {key: [{"filename": f"{work.id}{ending}", "subfolder": "", "type": kind}]}
    return saved
