"""Files on their way: forms, base64, what is kept on arrival."""

import base64

import pytest

from maquette.domain.hosting import Fault, Trouble
from maquette.engines.hosted.parts import Part, decoded, form, kept
from maquette.testing.loopbacks.server import Call
from maquette.testing.loopbacks.wares import sent_form

BYTES = bytes(range(256))


@pytest.mark.parametrize(
    "text",
    [
        base64.b64encode(BYTES).decode(),
        base64.urlsafe_b64encode(BYTES).decode(),
        base64.urlsafe_b64encode(BYTES).decode().rstrip("="),
        "data:image/png;charset=utf-8;base64," + base64.b64encode(BYTES).decode(),
    ],
)
def test_base64_is_read_in_all_its_shapes(text: str):
    assert decoded(text) == BYTES


def test_what_is_no_base64_is_bad_output():
    with pytest.raises(Trouble) as caught:
        decoded("not base64 at all!")
    assert caught.value.fault is Fault.BAD_OUTPUT


def test_a_form_keeps_bytes_order_and_repeated_names():
    body, headers = form(
        [Part("image[]", BYTES, "image/png", "a.png"), Part("image[]", b"--", "", "b"), Part("n", b"2")]
    )
    assert body.content is not None
    parts = sent_form(Call("POST", "/", {}, headers, body.content, {}))
    assert [(part.name, part.content, part.filename) for part in parts] == [
        ("image[]", BYTES, "a.png"), ("image[]", b"--", "b"), ("n", b"2", "")]  # fmt: skip


def test_a_file_is_called_by_what_it_is_and_not_by_what_is_said(tmp_path):
    parcel = kept(tmp_path, "picture", b"\x89PNG\r\n\x1a\n", "text/html")
    assert parcel.path is not None
    assert (parcel.path.name, parcel.media_type) == ("picture-0.png", "image/png")
