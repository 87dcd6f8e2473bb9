"""OpenAI's pictures and transcripts on 127.0.0.1.

An edit turns colours over where the mask is transparent, everywhere without one; the rest stays. A transcript says how
long the sound was.
"""

import base64
from collections.abc import Mapping
from typing import Any

from maquette.testing.loopbacks.goods import picture
from maquette.testing.loopbacks.server import Call, Loopback, Reply, route
from maquette.testing.loopbacks.wares import edited, sent_form

USAGE = {"input_tokens": 300, "output_tokens": 1000, "total_tokens": 1300}


class OpenAILoopback(Loopback):
    """``base_url`` is its ``url``, with ``/v1`` or without. Faults of a task: ``refused`` and ``fails``.

    ``links`` answers with addresses, as some local servers do.
    """

    options: Mapping[str, Any] = {"model": "image-model"}

    def __init__(self, polls: int = 2, tls: Any = None, *, links: bool = False) -> None:
        super().__init__(polls, tls)
        self._links = links
        self._files: list[bytes] = []

    def trouble(self, kind: str) -> Reply:
        told = {
            "busy": (429, "rate_limit_exceeded", "requests"),
            "crowded": (429, "rate_limit_exceeded", "requests"),
            "broke": (429, "insufficient_quota", "insufficient_quota"),
            "denied": (401, "invalid_api_key", "invalid_request_error"),
            "missing": (404, "model_not_found", "invalid_request_error"),
            "refused": (400, "moderation_blocked", "image_generation_user_error"),
            "fails": (400, "invalid_image_file", "image_generation_user_error"),
        }
        status, code, sort = told.get(kind, (500, None, "server_error"))
        error = {"message": kind, "type": sort, "code": code, "param": None}
        headers = {"x-request-id": "req_1"} | ({"retry-after-ms": "700", "retry-after": "1"} if kind == "busy" else {})
        return Reply({"error": error}, status, headers)

    @route("POST", "(/v1)?/images/edits", "submit")
    def edit(self, call: Call) -> Reply:
        parts = sent_form(call)
        named = {part.name.removesuffix("[]"): part for part in reversed(parts)}
        if refusal := self._refusal(call):
            return refusal
        if "image" not in named or "prompt" not in named:
            return Reply({"error": {"message": "image", "type": "invalid_request_error", "code": None}}, 400)
        mask = named["mask"].content if "mask" in named else b""
        return self._answer(edited(named["image"].content, mask), named["n"].text if "n" in named else "1")

    @route("POST", "(/v1)?/images/generations", "submit")
    def generate(self, call: Call) -> Reply:
        if refusal := self._refusal(call):
            return refusal
        asked = call.json()
        width, _, height = str(asked.get("size", "64x64")).partition("x")
        return self._answer(picture(int(width), int(height)), asked.get("n", 1))

    def _refusal(self, call: Call) -> Reply | None:
        if not self.allows(call):
            return self.trouble("denied")
        kind = self.faults.takes("task", "refused", "fails")
        return self.trouble(kind) if kind else None

    def _answer(self, content: bytes, count: object) -> Reply:
        self.charge("images", 1300, "token")
        self._files.append(content)
        told = {"url": f"{self.url}/files/{len(self._files) - 1}"} if self._links else {
            "b64_json": base64.b64encode(content).decode()}  # fmt: skip
        return Reply({"created": 1_780_000_000, "data": [told] * int(str(count)), "usage": USAGE})

    @route("GET", "/files/{number}", "file")
    def file(self, call: Call) -> Reply:
        return Reply(self._files[int(call.found["number"])], 200, {"Content-Type": "image/png"})

    @route("POST", "(/v1)?/audio/transcriptions", "submit")
    @route("POST", "/inference", "submit")
    def transcribe(self, call: Call) -> Reply:
        if refusal := self._refusal(call):
            return refusal
        named = {part.name: part for part in sent_form(call)}
        self.charge("audio", 25, "token")
        text = f"A walnut chair, said in {len(named['file'].content)} bytes."
        if "response_format" in named and named["response_format"].text == "verbose_json":
            segment = {"id": 0, "start": 0.0, "end": 2.0, "text": text, "no_speech_prob": 0.01}
            usage = {"type": "duration", "seconds": 2}
            return Reply({"language": "english", "duration": 2.0, "text": text, "segments": [segment], "usage": usage})
        return Reply({"text": text, "usage": {"type": "tokens", "total_tokens": 25}})
