"""ComfyUI: slots of a workflow, one job for one order, versions with and without jobs, and other people's work."""

import asyncio
import io
import json

import numpy as np
import pytest
from PIL import Image

from commissions import carry, made, mask, order
from maquette.domain.errors import Refused
from maquette.domain.hosting import CallState, Cancelled, Fault, Trouble
from maquette.engines.hosted.comfyui import ComfyUI
from maquette.ports.engines import Capability
from maquette.testing.loopbacks.comfyui import ComfyUILoopback

EDITOR = Capability.EDITOR
WORKFLOW = {
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "", "clip": ["4", 1]}},
    "8": {"class_type": "PreviewImage", "inputs": {"images": ["3", 0]}},
    "9": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
    "10": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "11": {"class_type": "LoadImageMask", "inputs": {"image": "example.png", "channel": "red"}},
}
SLOTS = {"image": "10.image", "mask": "11.image", "prompt": "6.text", "seed": "3.seed"}
MORE = {"workflow": WORKFLOW, "slots": SLOTS}


def engine(server, more=MORE, **options):
    return made(ComfyUI, server, key="", more=more, **{"capability": EDITOR, **options})


def wanted(folder, **more):
    return order(folder, EDITOR, **{"prompt": "a red chair", "mask": mask(folder), **more})


@pytest.mark.parametrize("old", [False, True])
def test_the_slots_are_filled_and_the_white_of_the_mask_is_changed(tmp_path, old):
    asked = wanted(tmp_path)
    with ComfyUILoopback(polls=3, old=old) as server:
        came = carry(engine(server), asked, tmp_path / "into", server.url)
        sent = server.seen("submit")[0].json()
    assert [snapshot.state for snapshot in came.snapshots][-1] is CallState.SUCCEEDED
    assert CallState.RUNNING in [snapshot.state for snapshot in came.snapshots]
    graph = sent["prompt"]
    assert graph["6"]["inputs"] == {"text": "a red chair", "clip": ["4", 1]}
    assert graph["10"]["inputs"]["image"].startswith("maquette/renamed-")
    assert graph["3"]["inputs"]["seed"] != 1
    assert sent["prompt_id"] == came.handle.external_id == sent["client_id"]
    before = np.asarray(Image.open(asked.pictures[0].path)).astype(int)
    after = np.asarray(Image.open(io.BytesIO(came.contents[0]))).astype(int)
    assert (after[:, :48] == 255 - before[:, :48]).all()
    assert (after[:, 48:] == before[:, 48:]).all()
    # the preview is no outcome
    assert len(came.parcels) == 1
    assert WORKFLOW["6"]["inputs"]["text"] == ""


@pytest.mark.parametrize("old", [False, True])
def test_one_order_is_one_job_until_it_fails(tmp_path, old):
    with ComfyUILoopback(old=old) as server:
        first = asyncio.run(engine(server).submit(wanted(tmp_path), tmp_path))
        assert asyncio.run(engine(server).submit(wanted(tmp_path), tmp_path)) == first
        assert len(server.seen("submit")) == 1
        other = asyncio.run(engine(server).submit(wanted(tmp_path, key="other"), tmp_path))
        seeds = [call.json()["prompt"]["3"]["inputs"]["seed"] for call in server.seen("submit")]
        assert other != first
        assert seeds[0] != seeds[1]
        server.works[first.external_id].stage = "failed"
        assert asyncio.run(engine(server).submit(wanted(tmp_path), tmp_path)) not in (first, other)


def test_the_seed_that_is_wished_is_taken(tmp_path):
    with ComfyUILoopback() as server:
        asyncio.run(engine(server).submit(wanted(tmp_path, wants={"seed": 7}), tmp_path))
        assert server.seen("submit")[0].json()["prompt"]["3"]["inputs"]["seed"] == 7


def test_a_server_that_was_started_anew_may_be_asked_again(tmp_path):
    with ComfyUILoopback() as server:
        comfy = engine(server)
        handle = asyncio.run(comfy.submit(wanted(tmp_path), tmp_path))
        server.forget()
        lost = asyncio.run(comfy.poll(handle))
        assert (lost.state, lost.error.fault) == (CallState.FAILED, Fault.PROVIDER)
        assert carry(comfy, wanted(tmp_path), tmp_path / "into", server.url).parcels


def test_cancelling_never_interrupts_another_job(tmp_path):
    with ComfyUILoopback(polls=3, old=True) as server:
        comfy = engine(server)
        running = asyncio.run(comfy.submit(wanted(tmp_path, key="theirs"), tmp_path))
        for _ in range(2):
            asyncio.run(comfy.poll(running))
        waiting = asyncio.run(comfy.submit(wanted(tmp_path), tmp_path))
        assert asyncio.run(comfy.cancel(running)) is Cancelled.TOO_LATE
        assert asyncio.run(comfy.cancel(waiting)) is Cancelled.ACCEPTED
        assert server.works[running.external_id].stage == "running"
        assert server.works[waiting.external_id].stage == "canceled"
        assert not [call for call in server.calls if call.path == "/interrupt"]


def test_a_workflow_comes_from_a_file_and_delivers_a_mesh(tmp_path):
    graph = {"1": {"class_type": "LoadImage", "inputs": {}}, "2": {"class_type": "SaveGLB", "inputs": {}}}
    (tmp_path / "mesh.json").write_text(json.dumps(graph))
    more = {"workflow": str(tmp_path / "mesh.json"), "slots": {"image": "1.image"}}
    with ComfyUILoopback() as server:
        comfy = engine(server, more, capability=Capability.MESHER)
        came = carry(comfy, order(tmp_path, Capability.MESHER), tmp_path / "into", server.url)
    assert (came.parcels[0].role, came.contents[0][:4]) == ("model", b"glTF")


@pytest.mark.parametrize(
    ("more", "raw"),
    [
        ({**MORE, "workflow": {"1": {"class_type": "Missing", "inputs": {}}}, "slots": {}}, "missing_node_type"),
        ({**MORE, "workflow": {"nodes": [], "links": []}}, ""),
        ({**MORE, "workflow": "/nowhere/workflow.json"}, ""),
        ({**MORE, "slots": {**SLOTS, "prompt": "66.text"}}, ""),
    ],
)
def test_a_workflow_that_cannot_run_is_unsupported(tmp_path, more, raw):
    with ComfyUILoopback() as server, pytest.raises(Trouble) as caught:
        carry(engine(server, more), order(tmp_path, EDITOR, prompt="x"), tmp_path / "into", server.url)
    assert (caught.value.fault, caught.value.raw) == (Fault.UNSUPPORTED, raw)


def test_what_is_missing_is_told_and_slots_are_checked(tmp_path):
    with ComfyUILoopback() as server:
        assert "workflow" in engine(server, {}).check().message
        assert engine(server).check().ready
        with pytest.raises(Refused):
            engine(server, {"slots": {"image": "ten"}})
