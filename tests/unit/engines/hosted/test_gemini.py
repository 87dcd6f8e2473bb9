"""Gemini: pictures within the answer, and refusals in answers of 200."""

import asyncio
import base64
import io

import pytest
from PIL import Image

from commissions import carry, made, mask, order
from maquette.domain.hosting import Amount, Billed, Fault, Trouble
from maquette.engines.hosted.gemini import MASK_WORDS, Gemini
from maquette.ports.engines import Capability
from maquette.testing.loopbacks.gemini import GeminiLoopback

EDITOR = Capability.EDITOR


@pytest.mark.parametrize("version", ["v1", "v1beta"])
def test_an_edit_comes_back_and_drafts_are_left_out(tmp_path, version: str):
    wanted = order(tmp_path, EDITOR, prompt="a red chair", wants={"width": 1000, "height": 700})
    with GeminiLoopback() as server:
        engine = made(Gemini, server, model="image-model", more={"api": version})
        came = carry(engine, wanted, tmp_path / "into")
        sent = server.seen("submit")[0]
    assert sent.path == f"/{version}/models/image-model:generateContent"
    assert Image.open(io.BytesIO(came.contents[0])).size == (96, 72)
    assert came.parcels[0].role == "picture"
    assert came.snapshots[-1].spent == Amount(1590, "token")
    document = sent.json()
    assert document["generationConfig"]["imageConfig"]["aspectRatio"] == "3:2"
    assert (
        base64.b64decode(document["contents"][0]["parts"][0]["inlineData"]["data"])
        == wanted.pictures[0].path.read_bytes()
    )
    assert document["contents"][0]["parts"][1] == {"text": "a red chair"}


def test_words_alone_make_a_picture_and_variants_are_calls_of_their_own(tmp_path):
    wanted = order(tmp_path, EDITOR, prompt="a chair", pictures=(), wants={"variants": 3})
    with GeminiLoopback() as server:
        engine = made(Gemini, server, model="m")
        assert len(carry(engine, wanted, tmp_path / "a").parcels) == 3
        server.faults.add("refused", "task", skip=1)
        # what came before the refusal is paid and is kept
        assert len(carry(engine, wanted, tmp_path / "b").parcels) == 1
    assert [charge.units for charge in server.bill] == [1590] * 4 + [300]


def test_a_mask_goes_along_as_a_picture_with_words(tmp_path):
    with GeminiLoopback() as server:
        wanted = order(tmp_path, EDITOR, prompt="x", mask=mask(tmp_path))
        carry(made(Gemini, server, model="m"), wanted, tmp_path / "into")
        parts = server.seen("submit")[0].json()["contents"][0]["parts"]
    assert base64.b64decode(parts[1]["inlineData"]["data"]) == wanted.mask.read_bytes()
    assert parts[-1] == {"text": MASK_WORDS}


@pytest.mark.parametrize(
    ("fault", "phase", "meant", "billed", "raw"),
    [
        ("refused", "task", Fault.REFUSED, Billed.YES, "IMAGE_SAFETY"),
        ("blocked", "task", Fault.REFUSED, Billed.NO, "PROHIBITED_CONTENT"),
        ("fails", "task", Fault.PROVIDER, Billed.YES, "NO_IMAGE"),
        ("words", "task", Fault.BAD_OUTPUT, Billed.YES, "STOP"),
        ("busy", "submit", Fault.RATE_LIMITED, Billed.NO, "RESOURCE_EXHAUSTED"),
        ("broke", "submit", Fault.QUOTA, Billed.NO, "RESOURCE_EXHAUSTED"),
        ("denied", "submit", Fault.AUTH, Billed.NO, "INVALID_ARGUMENT"),
        ("missing", "submit", Fault.UNSUPPORTED, Billed.NO, "NOT_FOUND"),
        ("error", "submit", Fault.PROVIDER, Billed.UNKNOWN, "INTERNAL"),
        ("reset", "submit", Fault.TRANSPORT, Billed.UNKNOWN, "remote_failed"),
    ],
)
def test_what_goes_wrong_is_told_in_our_words(tmp_path, fault: str, phase: str, meant: Fault, billed: Billed, raw: str):
    with GeminiLoopback() as server:
        server.faults.add(fault, phase)
        with pytest.raises(Trouble) as caught:
            carry(made(Gemini, server, model="m"), order(tmp_path, EDITOR, prompt="x"), tmp_path / "into")
    assert (caught.value.fault, caught.value.billed, caught.value.raw) == (meant, billed, raw)
    assert server.key not in str(caught.value)


def test_the_wait_that_it_asks_for_is_told(tmp_path):
    with GeminiLoopback() as server:
        server.faults.add("busy")
        with pytest.raises(Trouble) as caught:
            carry(made(Gemini, server, model="m"), order(tmp_path, EDITOR, prompt="x"), tmp_path / "into")
    assert caught.value.retry_after == 7


def test_what_came_and_is_gone_is_expired(tmp_path):
    with GeminiLoopback() as server:
        engine = made(Gemini, server, model="m")
        came = carry(engine, order(tmp_path, EDITOR, prompt="x"), tmp_path / "into")
    came.parcels[0].path.unlink()
    with pytest.raises(Trouble) as caught:
        asyncio.run(engine.result(came.handle, tmp_path / "into"))
    assert (caught.value.fault, caught.value.billed) == (Fault.EXPIRED, Billed.YES)
