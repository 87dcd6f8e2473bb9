"""Replicate on 127.0.0.1: predictions of models, versions and deployments.

What a model makes is told by its name: ``mesh`` or ``3d`` a GLB, ``edit`` a list of one picture, else a cut-out. A bare
version makes cut-outs.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from maquette.testing.loopbacks.base import Call, Loopback, Reply, route
from maquette.testing.loopbacks.wares import cut_out, edited, model, of_data_uri

PAGE = 2
"""How many predictions a page of the list shows here; Replicate shows 100."""


@dataclass(slots=True)
class _Prediction:
    id: str
    model: str
    version: str
    input: dict[str, Any]
    created_at: str
    callback: str = ""
    status: str = "starting"
    asked: int = 0
    error: str | None = None
    removed: bool = False


class ReplicateLoopback(Loopback):
    """Faults of a task: ``refused``, ``fails``, ``aborted``, ``stuck``, ``backwards``, ``expired``, ``truncated``."""

    def __init__(self, polls: int = 2, tls: Any = None) -> None:
        super().__init__(polls, tls)
        self._predictions: dict[str, _Prediction] = {}

    def trouble(self, kind: str) -> Reply:
        reply = super().trouble(kind)
        detail = "Request was throttled. Your rate limit resets in ~30s." if reply.status == 429 else kind
        told = {"title": kind, "detail": detail, "status": reply.status}
        return Reply(told, reply.status, {**reply.headers, "Content-Type": "application/problem+json"})

    @route("POST", "/v1/predictions", "submit")
    @route("POST", "/v1/models/{owner}/{name}/predictions", "submit")
    @route("POST", "/v1/deployments/{owner}/{name}/predictions", "submit")
    def submit(self, call: Call) -> Reply:
        if not self.allows(call):
            return self.trouble("denied")
        asked = call.json()
        name = f"{call.found['owner']}/{call.found['name']}" if call.found else ""
        with self.lock:
            number = f"p{len(self._predictions):025d}"
            stamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
            version = asked.get("version", "a" * 64)
            self._predictions[number] = _Prediction(
                number, name, version, asked["input"], stamp, asked.get("webhook", "")
            )
        self.charge(number, 1.5, "second")
        return Reply(self._told(self._predictions[number]), 201)

    def callback_of(self, prediction: str) -> str:
        """The address that Replicate was told to call."""
        return self._predictions[prediction].callback

    @route("GET", "/v1/predictions", "list")
    def listed(self, call: Call) -> Reply:
        start = int(call.query.get("cursor", "0"))
        newest = list(reversed(self._predictions.values()))
        shown = [self._told(entry, listed=True) for entry in newest[start : start + PAGE]]
        more = f"{self.url}/v1/predictions?cursor={start + PAGE}" if start + PAGE < len(newest) else None
        return Reply({"previous": None, "next": more, "results": shown})

    @route("GET", "/v1/predictions/{id}", "poll")
    def status(self, call: Call) -> Reply:
        prediction = self._predictions.get(call.found["id"])
        if prediction is None or not self.allows(call):
            return self.trouble("missing" if prediction is None else "denied")
        prediction.asked += 1
        if prediction.status in ("starting", "processing"):
            self._move(prediction)
        elif self.faults.takes("task", "expired"):
            prediction.removed = True
        return Reply(self._told(prediction))

    def _move(self, prediction: _Prediction) -> None:
        kind = self.faults.takes("task", "refused", "fails", "aborted", "stuck")
        if kind == "stuck":
            prediction.status = "processing"
        elif kind == "aborted":
            prediction.status = "aborted"
        elif kind:
            prediction.status = "failed"
            prediction.error = "NSFW content detected." if kind == "refused" else "CUDA out of memory"
        elif prediction.asked > self.polls:
            prediction.status = "succeeded"
        else:
            prediction.status = "processing"

    @route("POST", "/v1/predictions/{id}/cancel", "cancel")
    def cancel(self, call: Call) -> Reply:
        prediction = self._predictions.get(call.found["id"])
        if prediction is None:
            return self.trouble("missing")
        if prediction.status in ("starting", "processing"):
            prediction.status = "canceled"
        return Reply(self._told(prediction))

    @route("GET", "/files/{id}/{name}", "file")
    def file(self, call: Call) -> Reply:
        prediction = self._predictions[call.found["id"]]
        photo = next((data for value in prediction.input.values() if (data := _file(value))), b"")
        if prediction.model and _makes_mesh(prediction.model):
            content = model()
        else:
            content = edited(photo) if "edit" in prediction.model else cut_out(photo)
        content = content[: len(content) // 2] if self.faults.takes("task", "truncated") else content
        return Reply(content, 200, {"Content-Type": "application/octet-stream"})

    def _told(self, prediction: _Prediction, *, listed: bool = False) -> dict[str, Any]:
        place = f"{self.url}/v1/predictions/{prediction.id}"
        done = prediction.status == "succeeded"
        percent = 5 if self.faults.takes("task", "backwards") else min(100, 100 * prediction.asked // (self.polls + 1))
        file = f"{self.url}/files/{prediction.id}/{'out.glb' if _makes_mesh(prediction.model) else 'out.png'}"
        output = [file] if "edit" in prediction.model else file
        told = {
            "id": prediction.id,
            "model": prediction.model or "owner/hidden",
            "version": prediction.version,
            "status": prediction.status,
            "created_at": prediction.created_at,
            "started_at": prediction.created_at if prediction.asked else None,
            "completed_at": prediction.created_at if done else None,
            "error": prediction.error,
            "metrics": {"predict_time": 1.5} if done else {},
            "source": "api",
            "data_removed": prediction.removed,
            "urls": {"get": place, "cancel": f"{place}/cancel"},
        }
        if listed:
            return told
        logs = (
            f"Using seed: 1\n{percent:3d}%|#####     | {percent}/100 [00:01<00:01, 9.1it/s]\n"
            if prediction.asked
            else ""
        )
        kept = not prediction.removed
        return {
            **told,
            "input": prediction.input if kept else {},
            "output": output if done and kept else None,
            "logs": logs,
        }


def _makes_mesh(name: str) -> bool:
    return "mesh" in name or "3d" in name


def _file(value: object) -> bytes:
    first = value[0] if isinstance(value, list) and value else value
    return of_data_uri(first) if isinstance(first, str) else b""
