"""The bundled engines keep to the promises that every engine makes."""

from pathlib import Path

from maquette.engines.carve import Carve
from maquette.engines.grabcut import GrabCut
from maquette.testing import check_cutter, check_mesher


def test_grabcut_conforms(tmp_path: Path):
    check_cutter(GrabCut(), tmp_path)


def test_carve_conforms(tmp_path: Path):
    check_mesher(Carve(), tmp_path)
