"""Gemini on 127.0.0.1, under ``/v1`` and ``/v1beta``: turns the colours of a picture over, or paints one."""

import base64
from collections.abc import Mapping
from typing import Any

from maquette.testing.loopbacks.goods import picture
from maquette.testing.loopbacks.server import Call, Loopback, Reply, route
from maquette.testing.loopbacks.wares import edited

TOKENS = {"promptTokenCount": 300, "candidatesTokenCount": 1290, "totalTokenCount": 1590}


class GeminiLoopback(Loopback):
    """Faults of a task, each in an answer of 200: ``refused``, ``blocked`` (the prompt), ``fails`` (no picture this
    time), ``words`` (a text instead)."""

    options: Mapping[str, Any] = {"model": "image-model"}

    def allows(self, call: Call) -> bool:
        return call.headers.get("x-goog-api-key") == self.key

    def trouble(self, kind: str) -> Reply:
        if kind in ("busy", "crowded", "broke"):
            scope = "PerDay" if kind == "broke" else "PerMinute"
            failure = {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
                       "violations": [{"quotaId": f"GenerateRequests{scope}PerProjectPerModel"}]}  # fmt: skip
            retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
            return _error(429, "RESOURCE_EXHAUSTED", [failure, retry])
        if kind == "denied":
            return _error(400, "INVALID_ARGUMENT", [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}])
        return _error(404, "NOT_FOUND") if kind == "missing" else _error(500, "INTERNAL")

    @route("POST", "/v1/models/{call}", "submit")
    @route("POST", "/v1beta/models/{call}", "submit")
    def generate(self, call: Call) -> Reply:
        if not self.allows(call):
            return self.trouble("denied")
        name, _, verb = call.found["call"].partition(":")
        if verb != "generateContent":
            return self.trouble("missing")
        kind = self.faults.takes("task", "refused", "blocked", "fails", "words")
        if kind == "blocked":
            return Reply({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {}})
        if kind:
            reason = {"refused": "IMAGE_SAFETY", "fails": "NO_IMAGE", "words": "STOP"}[kind]
            content = {"role": "model", "parts": [{"text": "I would rather not."}]} if kind == "words" else None
            self.charge(name, 300, "token")
            spent = {"promptTokenCount": 300, "totalTokenCount": 300}
            return Reply({"candidates": [{"content": content, "finishReason": reason}], "usageMetadata": spent})
        self.charge(name, 1590, "token")
        sent = [part["inlineData"] for part in call.json()["contents"][-1]["parts"] if "inlineData" in part]
        made = edited(_bytes(sent[0]["data"])) if sent else picture(64, 64)
        draft = {"thought": True, "inlineData": {"mimeType": "image/png", "data": _text(picture(8, 8))}}
        parts = [draft, {"text": "Here it is."}, {"inlineData": {"mimeType": "image/png", "data": _text(made)}}]
        candidate = {"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}
        return Reply({"candidates": [candidate], "usageMetadata": TOKENS, "modelVersion": name, "responseId": "r1"})


def _bytes(text: str) -> bytes:
    """JSON of protocol buffers takes both alphabets of base64; ``google-genai`` writes the one for addresses."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/"))


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _error(status: int, name: str, details: list[dict[str, Any]] | None = None) -> Reply:
    return Reply({"error": {"code": status, "status": name, "message": name.lower(), "details": details or []}}, status)
