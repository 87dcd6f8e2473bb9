"""The adapters under test: a new one adds one line."""

from conformance.pictures import PICTURE_SUBJECTS
from maquette.domain.assets import View
from maquette.engines.hosted.meshy import Meshy, MeshyRemesh
from maquette.testing.hosting import Subject, modelled, photographed
from maquette.testing.loopbacks.meshy import MeshyLoopback

SUBJECTS = (
    *PICTURE_SUBJECTS,
    Subject(Meshy, MeshyLoopback, photographed(View.FRONT)),
    Subject(MeshyRemesh, MeshyLoopback, modelled(triangles=5000)),
)
