"""OpenAI: which way round the mask is, sizes, two meanings of 429, transcripts."""

import io
import json
import wave

import numpy as np
import pytest
from PIL import Image

from commissions import carry, made, mask, order, photo
from maquette.domain.hosting import Amount, Billed, Fault, Trouble
from maquette.engines.hosted.openai import OpenAI, OpenAIAudio
from maquette.ports.engines import Capability
from maquette.testing.loopbacks.openai import OpenAILoopback
from maquette.testing.loopbacks.wares import sent_form

EDITOR = Capability.EDITOR


def engine(server: OpenAILoopback, adapter=OpenAI, **options):
    return made(adapter, server, **{"base_url": f"{server.url}/v1", "model": "image-model", **options})


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_the_white_of_the_mask_is_edited_and_the_black_is_kept(tmp_path):
    wanted = order(tmp_path, EDITOR, prompt="x", mask=mask(tmp_path))
    with OpenAILoopback() as server:
        came = carry(engine(server), wanted, tmp_path / "into")
    before, after = pixels(wanted.pictures[0].path.read_bytes()), pixels(came.contents[0])
    assert (after[:, :48] == 255 - before[:, :48]).all()
    assert (after[:, 48:] == before[:, 48:]).all()
    assert came.snapshots[-1].spent == Amount(1300, "token")


def test_several_pictures_and_fields_go_along(tmp_path):
    pictures = (photo(tmp_path), photo(tmp_path, "second.png", (40, 40)))
    wanted = order(tmp_path, EDITOR, prompt="both", pictures=pictures, wants={"variants": 2})
    with OpenAILoopback() as server:
        came = carry(engine(server, more={"fields": {"quality": "low"}}), wanted, tmp_path / "into")
        parts = sent_form(server.seen("submit")[0])
    assert [part.name for part in parts[:2]] == ["image[]", "image[]"]
    assert {part.name: part.text for part in parts[2:]} == {
        "model": "image-model", "prompt": "both", "quality": "low", "n": "2"}  # fmt: skip
    assert len(came.parcels) == 2


@pytest.mark.parametrize(
    ("wants", "more", "size"),
    [
        ({"width": 1000, "height": 700}, {}, (992, 688)),
        ({"width": 9000, "height": 1000}, {}, (3840, 1280)),
        ({"width": 1000, "height": 5000}, {}, (1280, 3840)),
        ({"width": 900, "height": 1300}, {"sizes": ["1024x1024", "1024x1536"]}, (1024, 1536)),
        ({}, {}, (64, 64)),
    ],
)
def test_words_alone_make_a_picture_of_a_size_that_it_can_have(tmp_path, wants, more, size):
    wanted = order(tmp_path, EDITOR, prompt="a chair", pictures=(), wants=wants)
    with OpenAILoopback() as server:
        came = carry(engine(server, more=more), wanted, tmp_path / "into")
    assert Image.open(io.BytesIO(came.contents[0])).size == size


def test_a_local_server_that_answers_with_addresses_is_understood(tmp_path):
    with OpenAILoopback(links=True) as server:
        came = carry(engine(server), order(tmp_path, EDITOR, prompt="x"), tmp_path / "into", server.url)
    assert Image.open(io.BytesIO(came.contents[0])).size == (96, 72)


@pytest.mark.parametrize(
    ("fault", "phase", "meant", "billed", "raw"),
    [
        ("busy", "submit", Fault.RATE_LIMITED, Billed.NO, "rate_limit_exceeded"),
        ("broke", "submit", Fault.QUOTA, Billed.NO, "insufficient_quota"),
        ("denied", "submit", Fault.AUTH, Billed.NO, "invalid_api_key"),
        ("missing", "submit", Fault.UNSUPPORTED, Billed.NO, "model_not_found"),
        ("refused", "task", Fault.REFUSED, Billed.NO, "moderation_blocked"),
        ("error", "submit", Fault.PROVIDER, Billed.UNKNOWN, "server_error"),
        ("garbage", "submit", Fault.PROVIDER, Billed.UNKNOWN, ""),
        ("reset", "submit", Fault.TRANSPORT, Billed.UNKNOWN, "remote_failed"),
    ],
)
def test_what_goes_wrong_is_told_in_our_words(tmp_path, fault: str, phase: str, meant: Fault, billed: Billed, raw: str):
    with OpenAILoopback() as server:
        server.faults.add(fault, phase)
        with pytest.raises(Trouble) as caught:
            carry(engine(server), order(tmp_path, EDITOR, prompt="x"), tmp_path / "into")
    assert (caught.value.fault, caught.value.billed, caught.value.raw) == (meant, billed, raw)
    if fault == "busy":
        assert caught.value.retry_after == 0.7
        assert caught.value.request_id == "req_1"


def sound(folder) -> object:
    with wave.open(str(folder / "said.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(b"\0\0" * 8000)
    return folder / "said.wav"


@pytest.mark.parametrize(
    ("more", "spent"),
    [
        ({}, Amount(25, "token")),
        ({"fields": {"response_format": "verbose_json"}}, Amount(2, "second")),
        ({"path": "/inference"}, Amount(25, "token")),
    ],
)
def test_a_transcript_comes_as_one_document(tmp_path, more, spent):
    wanted = order(tmp_path, Capability.TRANSCRIBER, pictures=(), sound=sound(tmp_path), wants={"language": "en"})
    with OpenAILoopback() as server:
        base = server.url if "path" in more else f"{server.url}/v1"
        came = carry(engine(server, OpenAIAudio, more=more, base_url=base), wanted, tmp_path / "into")
        parts = {part.name: part for part in sent_form(server.seen("submit")[0])}
    document = json.loads(came.contents[0])
    assert document["text"] == f"A walnut chair, said in {(tmp_path / 'said.wav').stat().st_size} bytes."
    assert ("segments" in document) == ("fields" in more)
    assert parts["language"].text == "en"
    assert came.snapshots[-1].spent == spent
    assert came.parcels[0].role == "text"
