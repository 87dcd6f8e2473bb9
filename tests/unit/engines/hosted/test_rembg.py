"""rembg's server: a model is always named, and a restricted one only by the operator."""

import io

import pytest
from PIL import Image

from commissions import carry, made, order
from maquette.domain.hosting import Fault, Trouble
from maquette.engines.hosted.rembg import MODEL, Rembg
from maquette.testing.loopbacks.rembg import RembgLoopback
from maquette.testing.loopbacks.wares import sent_form


def test_a_cut_out_comes_back_and_a_model_is_named(tmp_path):
    with RembgLoopback() as server:
        came = carry(made(Rembg, server, more={"fields": {"ppm": "true"}}), order(tmp_path), tmp_path / "into")
        parts = {part.name: part for part in sent_form(server.seen("submit")[0])}
    picture = Image.open(io.BytesIO(came.contents[0]))
    assert (picture.mode, picture.size) == ("RGBA", (96, 72))
    assert server.models == [MODEL]
    assert parts["ppm"].text == "true"


def test_a_model_that_forbids_commerce_says_so(tmp_path):
    with RembgLoopback() as server:
        free, restricted = made(Rembg, server), made(Rembg, server, model="bria-rmbg")
        allowed = made(Rembg, server, model="bria-rmbg", commercial_use=True, licence="contract of 2026")
        carry(restricted, order(tmp_path), tmp_path / "into")
        unknown = made(Rembg, server, model="somebodys-model")
    assert (free.info.commercial_use, free.info.licence) == (True, "Apache-2.0")
    assert not unknown.info.commercial_use
    assert not restricted.info.commercial_use
    assert "NC" in restricted.info.licence
    assert (allowed.info.commercial_use, allowed.info.licence) == (True, "contract of 2026")
    assert server.models == ["bria-rmbg"]


@pytest.mark.parametrize(
    ("fault", "phase", "meant"),
    [
        ("fails", "task", Fault.INVALID_INPUT),
        ("error", "submit", Fault.PROVIDER),
        ("garbage", "submit", Fault.BAD_OUTPUT),
        ("reset", "submit", Fault.TRANSPORT),
    ],
)
def test_what_goes_wrong_is_told_in_our_words(tmp_path, fault, phase, meant):
    with RembgLoopback() as server:
        server.faults.add(fault, phase)
        with pytest.raises(Trouble) as caught:
            carry(made(Rembg, server), order(tmp_path), tmp_path / "into")
    assert caught.value.fault is meant
