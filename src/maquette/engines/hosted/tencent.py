"""Hunyuan3D as a service of Tencent Cloud (``ai3d``): models from one picture or from several sides.

Wire contract: https://cloud.tencent.com/document/product/1804/123447 and the vendor's client
``tencentcloud-sdk-python-ai3d`` 3.1 (November 2026); for the rest of the world
https://www.tencentcloud.com/document/product/1284/75540. Every answer has the status 200; what went wrong stands in it.
Requests are signed by TC3-HMAC-SHA256: https://www.tencentcloud.com/document/product/1278/46714. The sides are the
object's own, as those of Hunyuan3D-2mv, which this service runs.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from maquette.domain.assets import View
from maquette.domain.hosting import (
    Abilities,
    Amount,
    Billed,
    Clocks,
    Fault,
    Handle,
    Snapshot,
    Spread,
    Takes,
    Trouble,
)
from maquette.domain.hosting import CallState as State
from maquette.engines.hosted.documents import base64_of, code, number, rows, table, text
from maquette.engines.hosted.exchange import read_object
from maquette.engines.hosted.outline import Imprint, Outline
from maquette.ports.engines import Capability, Readiness
from maquette.ports.hosting import Enclosure, Order, Parcel
from maquette.ports.outbound import Body, Bounds

OWN_BASE = "https://ai3d.tencentcloudapi.com"
VERSIONS: Mapping[str, str] = {"ai3d": "2025-05-13", "hunyuan": "2023-09-01"}
"""Of each service; the second one is that of ``hunyuan.intl.tencentcloudapi.com``."""
OWN_REGION = "ap-guangzhou"
SECRET_ID, REGION = "secret_id", "region"
"""What of ``more`` is not for the request."""
GLB = "model/gltf-binary"
STATES: Mapping[str, State] = {
    "WAIT": State.QUEUED,
    "RUN": State.RUNNING,
    "DONE": State.SUCCEEDED,
    "FAIL": State.FAILED,
}
SIDES: Mapping[View, str] = {View.LEFT: "left", View.RIGHT: "right", View.BACK: "back"}
MORE_SIDES: Mapping[View, str] = {View.TOP: "top", View.BOTTOM: "bottom"}
"""Which version 3.1 takes besides."""
PREFIXES: tuple[tuple[str, Fault], ...] = (
    ("AuthFailure", Fault.AUTH),
    ("UnauthorizedOperation", Fault.AUTH),
    ("RequestLimitExceeded.JobNumExceed", Fault.CAPACITY),
    ("RequestLimitExceeded", Fault.RATE_LIMITED),
    ("LimitExceeded", Fault.RATE_LIMITED),
    ("ResourceInsufficient", Fault.QUOTA),
    ("ResourceUnavailable", Fault.QUOTA),
    ("FailedOperation.DownloadError", Fault.INVALID_INPUT),
    ("InvalidParameter", Fault.INVALID_INPUT),
    ("MissingParameter", Fault.INVALID_INPUT),
    ("UnknownParameter", Fault.INVALID_INPUT),
    ("RequestSizeLimitExceeded", Fault.INVALID_INPUT),
    ("Unsupported", Fault.UNSUPPORTED),
    ("InvalidAction", Fault.UNSUPPORTED),
)
REFUSALS = ("illegal", "moderation", "sensitive", "riskcontrol")
WORDS: Mapping[Fault, str] = {
    Fault.AUTH: "Tencent Cloud does not accept this key, or its clock and ours differ.",
    Fault.CAPACITY: "All of this account's places at Tencent Cloud are taken.",
    Fault.RATE_LIMITED: "Tencent Cloud was asked too often.",
    Fault.QUOTA: "No credit is left at Tencent Cloud.",
    Fault.INVALID_INPUT: "Tencent Cloud cannot work with what it was sent.",
    Fault.UNSUPPORTED: "Tencent Cloud does not offer this.",
    Fault.REFUSED: "Tencent Cloud's rules forbid this content.",
}
SLOT_S = 30.0
"""When a place is to be asked for again; it may still count as taken just after its work was done."""
POLL_S = 10.0
CLOCKS = Clocks(queue_s=1800.0, run_s=1800.0, stall_s=1800.0, total_s=3600.0)
"""Without progress a stall cannot be told from work."""
UNITS: Mapping[str, float] = {"Normal": 20.0, "LowPoly": 25.0, "Geometry": 15.0, "Sketch": 25.0}
EXTRA = 10.0
"""For several views, for PBR and for a wanted number of triangles, each."""
SENDING = Bounds(bytes=1_000_000, seconds=120.0)


class Tencent(Outline):
    """``key`` is ``SecretId:SecretKey``, or the secret key alone with ``secret_id`` in ``more``.

    ``more`` also holds ``region``; all else there goes into each request as it is. ``model`` is ``3.0`` or ``3.1``.
    """

    imprint = Imprint(
        "Hunyuan3D at Tencent Cloud",
        (Capability.MESHER,),
        "1",
        "Tencent Cloud's terms of service",
        True,
        OWN_BASE,
    )

    @property
    def abilities(self) -> Abilities:
        views = (View.FRONT.value, *self._sides().values())
        return Abilities(
            # base64 makes a third more of it, and all pictures together may then have 8 MB
            takes=Takes(
                max_bytes=4_400_000,
                max_total_bytes=5_900_000,
                min_side=128,
                pictures=len(views),
                views=views,
                alpha=False,
            ),
            gives=(GLB, "image/png"),
            result_ttl_s=86_400.0,
            max_parallel=3,
            cost_unit="credit",
            clocks=CLOCKS,
        )

    def check(self) -> Readiness:
        secret_id, secret = self._pair()
        if secret_id and secret:
            return Readiness(True)
        hint = f'Set key = "SecretId:SecretKey" in [engines.{self.options.name}].'
        return Readiness(False, "No secret id and secret key of Tencent Cloud are set.", hint)

    def authorised(self, key: str) -> dict[str, str]:  # noqa: ARG002 - each request is signed for itself
        return {}

    def spread(self, order: Order) -> Spread | None:
        """By the list of November 2026; what is given as a setting may or may not be charged for."""
        asked = self._wishes(order)
        units = UNITS.get(str(asked["GenerateType"]))
        if units is None:
            return None
        units += EXTRA if len(order.pictures) > 1 else 0.0
        extras = EXTRA * sum(bool(asked.get(name)) for name in ("EnablePBR", "FaceCount"))
        return Spread(units, units + extras, "credit")

    async def submit(self, order: Order, into: Path) -> Handle:  # noqa: ARG002 - nothing comes with the answer
        front, others = self._shown(order)
        document = {**self._wishes(order), "ImageBase64": await base64_of(front.path)}
        if others:
            document["MultiViewImages"] = [
                {"ViewType": side, "ViewImageBase64": await base64_of(picture.path)} for side, picture in others
            ]
        told = await self._ask("SubmitHunyuanTo3DProJob", document, submits=True)
        job = code(told.get("JobId"))
        if not job:
            raise Trouble(Fault.PROVIDER, "Tencent Cloud's answer names no job.", billed=Billed.UNKNOWN)
        return Handle(job)

    async def poll(self, handle: Handle) -> Snapshot:
        told = await self._job(handle)
        words = text(told.get("Status"))
        state = STATES.get(words, State.RUNNING)
        return Snapshot(
            state,
            words=code(words),
            spent=_spent(told) if state in (State.SUCCEEDED, State.FAILED) else None,
            error=_failure(told) if state is State.FAILED else None,
            retry_after=POLL_S,
        )

    async def result(self, handle: Handle, into: Path) -> tuple[Parcel, ...]:  # noqa: ARG002 - all lies at addresses
        files = rows((await self._job(handle)).get("ResultFile3Ds"))
        glb = next((file for file in files if text(file.get("Type")).upper() == "GLB"), {})
        model, picture = text(glb.get("Url")), text(glb.get("PreviewImageUrl"))
        if not model:
            raise Trouble(Fault.BAD_OUTPUT, "Tencent Cloud made no GLB.", billed=Billed.YES)
        parcels = (Parcel("model", GLB, model), Parcel("thumbnail", "image/png", picture))
        return parcels if picture else parcels[:1]

    def _pair(self) -> tuple[str, str]:
        """The secret id and the secret key."""
        first, _, second = self.options.key.rpartition(":")
        return str(self.options.more.get(SECRET_ID) or first), second

    def _sides(self) -> Mapping[View, str]:
        return {**SIDES, **MORE_SIDES} if self.options.model == "3.1" else SIDES

    def _shown(self, order: Order) -> tuple[Enclosure, list[tuple[str, Enclosure]]]:
        """The front, and the other sides with their names; a single picture is what is to be seen."""
        if len(order.pictures) == 1:
            return order.pictures[0], []
        front = next((picture for picture in order.pictures if picture.view is View.FRONT), None)
        if front is None:
            raise Trouble(Fault.UNSUPPORTED, "Tencent Cloud needs a picture of the front to work from several sides.")
        shown = {picture.view: picture for picture in order.pictures}
        return front, [(name, shown[side]) for side, name in self._sides().items() if side in shown]

    def _wishes(self, order: Order) -> dict[str, Any]:
        wants = order.wants
        asked: dict[str, Any] = {
            "Model": self.options.model or "3.0",
            "GenerateType": "Normal" if wants.get("texture", True) else "Geometry",
        }
        if wants.get("pbr") and wants.get("texture", True):
            asked["EnablePBR"] = True
        if wants.get("triangles"):
            asked["FaceCount"] = min(max(int(wants["triangles"]), 3_000), 1_500_000)
        return {
            **asked,
            **{name: value for name, value in self.options.more.items() if name not in (SECRET_ID, REGION)},
        }

    async def _job(self, handle: Handle) -> Mapping[str, Any]:
        return await self._ask("QueryHunyuanTo3DProJob", {"JobId": handle.external_id})

    async def _ask(self, action: str, document: Mapping[str, Any], *, submits: bool = False) -> Mapping[str, Any]:
        content = json.dumps(document).encode()
        headers = self._signed(action, content, datetime.now(UTC))
        answer = await self.exchange.send(
            "POST", "/", Body(content=content), submits=submits, headers=headers, bounds=SENDING
        )
        told = table(read_object(answer, submits=submits).get("Response"))
        if not told:
            billed = Billed.UNKNOWN if submits else Billed.NO
            raise Trouble(Fault.PROVIDER, "Tencent Cloud's answer cannot be read.", billed=billed)
        if told.get("Error"):
            raise _told(table(told["Error"]), code(told.get("RequestId")), submits=submits)
        return told

    def _signed(self, action: str, content: bytes, at: datetime) -> Mapping[str, str]:
        host = urlsplit(self.options.base_url or OWN_BASE).netloc
        label = host.partition(".")[0]
        service = label if label in VERSIONS else "ai3d"
        stamp = int(at.timestamp())
        return {
            "Content-Type": JSON,
            "X-TC-Action": action,
            "X-TC-Version": VERSIONS[service],
            "X-TC-Region": str(self.options.more.get(REGION, OWN_REGION)),
            "X-TC-Timestamp": str(stamp),
            "Authorization": authorization(self._pair(), service, host, content, stamp),
        }


JSON = "application/json"


def authorization(pair: tuple[str, str], service: str, host: str, content: bytes, stamp: int) -> str:
    """The header of a POST of JSON to ``/``, signed by TC3-HMAC-SHA256 over its type, its host and its content.

    ``stamp`` is in Unix seconds; Tencent takes it within five minutes of its own clock.
    """
    secret_id, secret_key = pair
    date = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    scope = f"{date}/{service}/tc3_request"
    signed = "content-type;host"
    head = f"content-type:{JSON}\nhost:{host}\n"
    request = "\n".join(("POST", "/", "", head, signed, hashlib.sha256(content).hexdigest()))
    wanted = "\n".join(("TC3-HMAC-SHA256", str(stamp), scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"TC3{secret_key}".encode()
    for part in (date, service, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, wanted.encode(), "sha256").hexdigest()
    return f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={signed}, Signature={signature}"


def _fault(raw: str) -> Fault:
    if any(word in raw.lower() for word in REFUSALS):
        return Fault.REFUSED
    return next((fault for prefix, fault in PREFIXES if raw.startswith(prefix)), Fault.PROVIDER)


def _told(error: Mapping[str, Any], request_id: str, *, submits: bool) -> Trouble:
    raw = code(error.get("Code"))
    fault = _fault(raw)
    unsure = submits and fault is Fault.PROVIDER and not raw.startswith("FailedOperation")
    return Trouble(
        fault,
        WORDS.get(fault, "Tencent Cloud could not do this."),
        billed=Billed.UNKNOWN if unsure else Billed.NO,
        raw=raw,
        request_id=request_id,
        retry_after=SLOT_S if fault is Fault.CAPACITY else None,
    )


def _failure(told: Mapping[str, Any]) -> Trouble:
    """Why a job failed."""
    raw = code(told.get("ErrorCode"))
    fault = _fault(raw)
    billed = Billed.YES if number(told.get("ResultCreditConsumed")) else Billed.NO
    words = WORDS.get(fault, "Tencent Cloud's work failed.")
    return Trouble(fault, words, billed=billed, raw=raw, request_id=code(told.get("RequestId")))


def _spent(told: Mapping[str, Any]) -> Amount | None:
    units = number(told.get("ResultCreditConsumed"))
    return None if units is None else Amount(units, "credit")
