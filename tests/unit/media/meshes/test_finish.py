"""How large a model is delivered, depending on who knows its size."""

from dataclasses import replace

import numpy as np
import pytest

from maquette.domain.dimensions import UNKNOWN, Dimensions
from maquette.media.meshes.finish import sized
from maquette.media.meshes.mesh import Mesh, Model
from maquette.media.meshes.place import stand


@pytest.mark.parametrize(
    ("size", "in_metres", "height"),
    [
        (Dimensions(height=0.5), False, 0.5),
        (Dimensions(height=0.5), True, 0.5),
        (UNKNOWN, True, 6.0),
        (UNKNOWN, False, 1.0),
    ],
)
def test_a_given_size_counts_then_the_files_own_then_a_metre(
    box: Mesh, size: Dimensions, in_metres: bool, height: float
) -> None:
    tall = stand(replace(box, positions=box.positions * np.array([1, 3, 2], np.float32)))
    model = sized(Model(tall, np.zeros((8, 8, 3), np.uint8)), size, in_metres=in_metres)
    assert np.ptp(model.mesh.positions, axis=0) == pytest.approx([height / 3, height, height * 2 / 3])
