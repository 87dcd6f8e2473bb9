"""The adapters under test: a new one adds one line."""

from conformance.pictures import PICTURE_SUBJECTS
from maquette.domain.assets import View
from maquette.engines.hosted.hunyuan import Hunyuan
from maquette.engines.hosted.meshy import Meshy, MeshyRemesh
from maquette.engines.hosted.tencent import Tencent
from maquette.engines.hosted.tripo import Tripo
from maquette.testing.hosting import Subject, modelled, photographed
from maquette.testing.loopbacks.hunyuan import Hunyuan21Loopback, HunyuanLoopback
from maquette.testing.loopbacks.meshy import MeshyLoopback
from maquette.testing.loopbacks.tencent import TencentLoopback
from maquette.testing.loopbacks.tripo import TripoLoopback

FOUR = (View.FRONT, View.LEFT, View.RIGHT, View.BACK)
OPEN = ("denied", "busy", "crowded", "broke", "refused")
"""Faults that a server without keys and without accounts does not have."""
SECRET_ID = {"secret_id": TencentLoopback.secret_id}

SUBJECTS = (
    *PICTURE_SUBJECTS,
    Subject(Meshy, MeshyLoopback, photographed(View.FRONT)),
    Subject(MeshyRemesh, MeshyLoopback, modelled(triangles=5000)),
    Subject(Hunyuan, HunyuanLoopback, photographed(View.FRONT), "2.0", without=(*OPEN, "fails")),
    Subject(Hunyuan, Hunyuan21Loopback, photographed(View.FRONT, texture=False), "", without=OPEN),
    Subject(Tripo, TripoLoopback, photographed(*FOUR)),
    Subject(Tencent, TencentLoopback, photographed(*FOUR), more=SECRET_ID),
)
