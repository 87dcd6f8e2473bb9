"""The adapters under test: a new one adds one line."""

from maquette.domain.assets import View
from maquette.engines.hosted.meshy import Meshy, MeshyRemesh
from maquette.testing.hosting import Subject, modelled, photographed
from maquette.testing.loopbacks.meshy import MeshyLoopback

SUBJECTS = (
    Subject(Meshy, MeshyLoopback, photographed(View.FRONT)),
    Subject(MeshyRemesh, MeshyLoopback, modelled(triangles=5000)),
)
