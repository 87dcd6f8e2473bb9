"""Left is left: ``left`` is the object's own left side, whatever a provider calls it and wherever it wants it."""

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.domain.assets import View
from maquette.domain.hosting import Billed, Fault, Handle, Trouble
from maquette.engines.hosted.hunyuan import Hunyuan
from maquette.engines.hosted.meshy import Meshy
from maquette.engines.hosted.tencent import Tencent
from maquette.engines.hosted.tripo import Tripo
from maquette.ports.engines import Capability
from maquette.ports.hosting import Enclosure, Options, Order
from maquette.testing.loopbacks.hunyuan import HunyuanLoopback
from maquette.testing.loopbacks.meshy import MeshyLoopback
from maquette.testing.loopbacks.server import Loopback
from maquette.testing.loopbacks.tencent import TencentLoopback
from maquette.testing.loopbacks.tripo import TripoLoopback

PNG = b"\x89PNG\r\n\x1a\n"


def content_of(view: View) -> bytes:
    return PNG + view.value.encode()


def order(folder: Path, *views: View, **wants: Any) -> Order:
    pictures: list[Enclosure] = []
    for view in views:
        path = folder / f"{view}.png"
        path.write_bytes(content_of(view))
        pictures.append(Enclosure(path, "image/png", 128, 128, view))
    return Order(Capability.MESHER, "one", tuple(pictures), wants=wants)


def submit(adapter: Any, loopback: Loopback, wanted: Order, folder: Path, **more: Any) -> Handle:
    fetcher = HttpxFetcher(SystemClock(), "test")
    engine = adapter.configured(Options("one", loopback.url, loopback.key, more=more), fetcher)
    return asyncio.run(engine.submit(wanted, folder))


def sent(loopback: Loopback) -> Mapping[str, Any]:
    (call,) = loopback.seen("submit")
    return call.json()


MIXED = (View.RIGHT, View.BACK, View.FRONT, View.LEFT)
"""An order that is nobody's."""


def test_tripo_gets_front_left_back_right(tmp_path: Path):
    with TripoLoopback() as tripo:
        submit(Tripo, tripo, order(tmp_path, *MIXED), tmp_path)
        forms = [tripo.uploads[token] for token in sent(tripo)["inputs"]]
    wanted = (View.FRONT, View.LEFT, View.BACK, View.RIGHT)
    assert [content_of(view) in form for view, form in zip(wanted, forms, strict=True)] == [True] * 4


def test_tripo_gets_null_for_a_side_that_is_not_there(tmp_path: Path):
    with TripoLoopback() as tripo:
        submit(Tripo, tripo, order(tmp_path, View.LEFT, View.FRONT), tmp_path)
        front, left, back, right = sent(tripo)["inputs"]
        assert (back, right) == (None, None)
        assert content_of(View.FRONT) in tripo.uploads[front] and content_of(View.LEFT) in tripo.uploads[left]


def test_sides_can_be_exchanged_for_a_model_of_tripos_that_means_the_viewers(tmp_path: Path):
    with TripoLoopback() as tripo:
        submit(Tripo, tripo, order(tmp_path, View.LEFT, View.FRONT), tmp_path, swap_sides=True)
        _, left, _, right = sent(tripo)["inputs"]
        assert left is None and content_of(View.LEFT) in tripo.uploads[right]
        assert "swap_sides" not in sent(tripo)


def test_tencent_is_told_each_side_by_its_name(tmp_path: Path):
    with TencentLoopback() as tencent:
        submit(Tencent, tencent, order(tmp_path, *MIXED), tmp_path, secret_id=tencent.secret_id)
        asked = sent(tencent)
    shown = {view["ViewType"]: base64.b64decode(view["ViewImageBase64"]) for view in asked["MultiViewImages"]}
    assert shown == {side: content_of(View(side)) for side in ("left", "right", "back")}
    assert base64.b64decode(asked["ImageBase64"]) == content_of(View.FRONT)
    assert "secret_id" not in asked


@pytest.mark.parametrize(("adapter", "loopback"), [(Tripo, TripoLoopback), (Tencent, TencentLoopback)])
def test_several_sides_without_the_front_go_to_another_engine(adapter: Any, loopback: Any, tmp_path: Path):
    with loopback() as server, pytest.raises(Trouble) as caught:
        submit(adapter, server, order(tmp_path, View.LEFT, View.BACK), tmp_path, secret_id=TencentLoopback.secret_id)
    assert (caught.value.fault, caught.value.billed) == (Fault.UNSUPPORTED, Billed.NO)
    assert server.calls == []


def test_hunyuan_gets_the_front_and_says_what_was_not_used(tmp_path: Path):
    with HunyuanLoopback() as hunyuan:
        handle = submit(Hunyuan, hunyuan, order(tmp_path, View.LEFT, View.FRONT, View.BACK), tmp_path)
        assert base64.b64decode(sent(hunyuan)["image"]) == content_of(View.FRONT)
    assert handle.more["unused_views"] == ["left", "back"]


@pytest.mark.parametrize("views", [(View.BACK,), (View.FRONT, View.LEFT), MIXED])
def test_meshy_gets_all_pictures_by_the_way_for_so_many(views: tuple[View, ...], tmp_path: Path):
    with MeshyLoopback() as meshy:
        handle = submit(Meshy, meshy, order(tmp_path, *views), tmp_path)
        asked = sent(meshy)
    uris = [asked["image_url"]] if len(views) == 1 else asked["image_urls"]
    assert [base64.b64decode(uri.partition(",")[2]) for uri in uris] == [content_of(view) for view in views]
    kind = "image-to-3d" if len(views) == 1 else "multi-image-to-3d"
    assert handle.more["path"] == f"/openapi/v1/{kind}"
