"""Engines with one fault each, as a package that the server finds by its entry points."""

from pathlib import Path

MODULE = '''
import time
from maquette.domain.assets import Quality
from maquette.ports.engines import Capability, EngineInfo, MeshedModel, Readiness


class _Mesher:
    name = ""

    @property
    def info(self):
        return EngineInfo(self.name, "1", Capability.MESHER, self.name, "Apache-2.0", True)

    def check(self):
        return Readiness(True)


class Crashing(_Mesher):
    name = "crashing"

    def mesh(self, request, progress):
        raise ZeroDivisionError("a bug")


class Endless(_Mesher):
    name = "endless"

    def mesh(self, request, progress):
        time.sleep(600)


class Lying(_Mesher):
    """Says that it made a model, and made none."""

    name = "lying"

    def mesh(self, request, progress):
        model = request.into / "model.glb"
        model.write_bytes(b"glTF, honestly")
        return MeshedModel(model, Quality(1.0))
'''
NAMES = ("crashing", "endless", "lying")


def install(folder: Path) -> Path:
    """Writes the package into the folder, which is to be on the path of whoever shall find it."""
    (folder / "faulty_meshers.py").write_text(MODULE, encoding="utf-8")
    info = folder / "faulty_meshers-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: faulty-meshers\nVersion: 1\n", encoding="utf-8")
    lines = [f"{name} = faulty_meshers:{name.title()}" for name in NAMES]
    (info / "entry_points.txt").write_text("\n".join(["[maquette.engines]", *lines, ""]), encoding="utf-8")
    return folder
