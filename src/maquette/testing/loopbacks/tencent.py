"""A twin of Tencent Cloud's ``ai3d``: every answer has the status 200, every request must be signed.

The signature is checked as https://www.tencentcloud.com/document/product/1278/46714 says, over whichever headers a
client has signed, and its time against the clock.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from typing import Any

from maquette.testing.loopbacks.goods import box, picture
from maquette.testing.loopbacks.server import Call, Reply, route
from maquette.testing.loopbacks.tasks import TaskLoopback, Work

_STATUS = {"queued": "WAIT", "running": "RUN", "done": "DONE", "failed": "FAIL", "refused": "FAIL", "canceled": "FAIL"}
_CODES = {
    "busy": ("RequestLimitExceeded", "The request frequency exceeds the limit."),
    "crowded": ("RequestLimitExceeded.JobNumExceed", "The number of concurrent jobs exceeds the limit."),
    "broke": ("ResourceInsufficient", "The resource is insufficient."),
    "denied": ("AuthFailure.SignatureFailure", "The provided credentials could not be validated."),
    "late": ("AuthFailure.SignatureExpire", "Signature expired."),
    "invalid": ("InvalidParameterValue", "The parameter value is incorrect."),
    "missing": ("InvalidParameterValue.JobIdNotExist", "The job does not exist."),
    "error": ("InternalError", "An internal error occurred."),
}
_FAILURES = {
    "failed": ("FailedOperation.InnerError", "Service internal error."),
    "refused": ("OperationDenied.ImageIllegalDetected", "The image contains content that violates the rules."),
}
_HEADER = re.compile(
    r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/(\w+)/tc3_request, SignedHeaders=([\w;-]+), "
    r"Signature=([0-9a-f]{64})"
)
SKEW_S = 300
MOST_ENCODED = 8_000_000


class TencentLoopback(TaskLoopback):
    """Its ``key`` is the secret key; ``secret_id`` belongs to it."""

    key = "tencent-loopback-secret-never-shown"
    secret_id = "AKIDloopback"  # noqa: S105 - the half that is not secret
    options: Mapping[str, Any] = {"more": {"secret_id": secret_id}}

    def trouble(self, kind: str) -> Reply:
        number, words = _CODES.get(kind, _CODES["error"])
        return _good({"Error": {"Code": number, "Message": words}})

    def answer(self, call: Call, handler: BaseHTTPRequestHandler) -> Reply | None:
        """All actions come to one path; here each has its own."""
        action = call.headers.get("x-tc-action", "")
        return super().answer(replace(call, path=f"/{action}") if call.path == "/" and action else call, handler)

    @route("POST", "/SubmitHunyuanTo3DProJob", "submit")
    def make(self, call: Call) -> Reply:
        if wrong := self.wrong(call):
            return self.trouble(wrong)
        asked = call.json()
        if not _fits(asked):
            return self.trouble("invalid")
        return _good({"JobId": self.open("pro", asked, _price(asked)).id})

    @route("POST", "/QueryHunyuanTo3DProJob", "poll")
    def tell(self, call: Call) -> Reply:
        if wrong := self.wrong(call):
            return self.trouble(wrong)
        work = self.look(str(call.json().get("JobId")))
        return _good(self.document(work)) if work else self.trouble("missing")

    def wrong(self, call: Call) -> str:
        """What is wrong with the signature; empty when nothing is."""
        match = _HEADER.fullmatch(call.headers.get("authorization", ""))
        if not match or match[1] != self.secret_id:
            return "denied"
        stamp = call.headers.get("x-tc-timestamp", "0")
        if abs(time.time() - int(stamp)) > SKEW_S or time.strftime("%Y-%m-%d", time.gmtime(int(stamp))) != match[2]:
            return "late"
        names = match[4].split(";")
        head = "".join(f"{name}:{call.headers.get(name, '').strip().lower()}\n" for name in names)
        digest = hashlib.sha256(call.body).hexdigest()
        request = f"{call.method}\n/\n\n{head}\n{match[4]}\n{digest}"
        scope = f"{match[2]}/{match[3]}/tc3_request"
        wanted = f"TC3-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        dated = hmac.digest(f"TC3{self.key}".encode(), match[2].encode(), "sha256")
        signing = hmac.digest(hmac.digest(dated, match[3].encode(), "sha256"), b"tc3_request", "sha256")
        good = hmac.new(signing, wanted.encode(), "sha256").hexdigest()
        fits = match[3] == "ai3d" and call.headers.get("x-tc-version") == "2025-05-13" and "host" in names
        return "" if fits and hmac.compare_digest(good, match[5]) else "denied"

    def document(self, work: Work) -> dict[str, Any]:
        """The job as it is told."""
        number, words = _FAILURES.get(work.stage, ("", ""))
        made = work.stage == "done"
        preview = self.file(picture(), "image/png", "preview.png") if made else ""
        files = [{"Type": "OBJ", "Url": self.file(b"# test\n", "text/plain", "model.obj"), "PreviewImageUrl": preview},
                 {"Type": "GLB", "Url": self.file(box()), "PreviewImageUrl": preview}]  # fmt: skip
        return {
            "Status": _STATUS[work.stage],
            "ErrorCode": number,
            "ErrorMessage": words,
            "ResultFile3Ds": files if made else [],
            "ResultCreditConsumed": work.units if work.ended else 0.0,
            "ResultCreditDetails": f"Generate-Normal:{work.units}" if made else "",
        }


def _good(value: Mapping[str, Any]) -> Reply:
    return Reply({"Response": {**value, "RequestId": secrets.token_hex(16)}})


def _fits(asked: Any) -> bool:
    if not isinstance(asked, dict):
        return False
    views = asked.get("MultiViewImages") or []
    sides = ("left", "right", "back", *(("top", "bottom") if asked.get("Model") == "3.1" else ()))
    shown = [view.get("ViewImageBase64", "") for view in views]
    pictures = [asked.get("ImageBase64", ""), *shown]
    names = [view.get("ViewType") for view in views]
    return (
        all(map(_picture, pictures))
        and sum(map(len, pictures)) <= MOST_ENCODED
        and all(name in sides for name in names)
        and len(set(names)) == len(names)
    )


def _picture(value: str) -> bool:
    try:
        content = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return content[:8] == b"\x89PNG\r\n\x1a\n" or content[:2] == b"\xff\xd8"


def _price(asked: Mapping[str, Any]) -> float:
    price = {"LowPoly": 25.0, "Geometry": 15.0, "Sketch": 25.0}.get(str(asked.get("GenerateType")), 20.0)
    return price + 10.0 * sum(bool(asked.get(name)) for name in ("MultiViewImages", "EnablePBR", "FaceCount"))
