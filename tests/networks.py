"""Tiny networks in the ONNX format, and folders that hold them as weights."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from maquette.app.weights import Agreement, WeightStore
from maquette.domain.weights import WEIGHTS, Receipt
from maquette.ports.outbound import Downloaded
from maquette.testing import ManualClock


def network(path: Path, gain: float, *extra: str) -> Path:
    """One that answers with the mean of the channels that it is fed, times ``gain``, through ``extra`` operators."""
    shape = [1, 3, None, None]
    names = ["fed", "summed", *(f"step{number}" for number in range(len(extra)))]
    nodes = [helper.make_node("Conv", ["fed", "kernel"], ["summed"])]
    nodes += [helper.make_node(kind, [names[i + 1]], [names[i + 2]]) for i, kind in enumerate(extra)]
    kernel = numpy_helper.from_array(np.full((1, 3, 1, 1), gain / 3, np.float32), "kernel")
    graph = helper.make_graph(
        nodes,
        "mean",
        [helper.make_tensor_value_info("fed", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(names[-1], TensorProto.FLOAT, [1, 1, None, None])],
        [kernel],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


class Server:
    """A fetcher that has one file."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.asked: list[str] = []

    async def request(self, *_: object, **__: object) -> object:
        raise AssertionError("weights are downloaded")

    async def download(
        self, url: str, into: Callable[[bytes], object], *, bounds: object = None, **_: object
    ) -> Downloaded:
        self.asked.append(url)
        self.bounds = bounds
        for start in range(0, len(self.content), 1000):
            into(self.content[start : start + 1000])
            await asyncio.sleep(0)
        return Downloaded("application/octet-stream", len(self.content))


def store(folder: Path, content: bytes = b"") -> WeightStore:
    return WeightStore(folder, Server(content), ManualClock())


def install(folder: Path, name: str, file: Path) -> Receipt:
    """The file as weights that a person vouched for."""
    return store(folder).install(WEIGHTS[name], file, Agreement(non_commercial=True, trust=True))


def receipt(folder: Path, name: str) -> dict[str, object]:
    return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
