"""The adapters that make, change and cut out pictures, and those that run any model."""

from maquette.domain.assets import View
from maquette.engines.hosted.comfyui import ComfyUI
from maquette.engines.hosted.fal import Fal
from maquette.engines.hosted.gemini import Gemini
from maquette.engines.hosted.openai import OpenAI
from maquette.engines.hosted.plain import Plain
from maquette.engines.hosted.rembg import Rembg
from maquette.engines.hosted.replicate import Replicate
from maquette.ports.engines import Capability
from maquette.testing.hosting import Subject, masked, modelled, photographed
from maquette.testing.loopbacks.comfyui import ComfyUILoopback
from maquette.testing.loopbacks.fal import FalLoopback, public_key
from maquette.testing.loopbacks.gemini import GeminiLoopback
from maquette.testing.loopbacks.openai import OpenAILoopback
from maquette.testing.loopbacks.plain import PlainLoopback
from maquette.testing.loopbacks.rembg import RembgLoopback
from maquette.testing.loopbacks.replicate import ReplicateLoopback

CUT = photographed(None, capability=Capability.CUTTER)
EDIT = photographed(None, capability=Capability.EDITOR, prompt="a red chair")
MESH = photographed(View.FRONT)
CREDITS = {"unit": "credit", "units": 2}
IMAGE_URL = {"inputs": {"image": "image_url"}, "webhook_keys": [public_key()], "units": 1}
WORKFLOW = {
    "1": {"class_type": "LoadImage", "inputs": {"image": ""}},
    "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0]}},
}
COMFY = {"workflow": WORKFLOW, "slots": {"image": "1.image"}}
FREE = ("denied", "broke", "busy", "crowded", "refused")
"""What a server of one's own has no words for: keys, credits, limits and rules about content."""

PICTURE_SUBJECTS = (
    Subject(Plain, PlainLoopback, CUT, capability=Capability.CUTTER, more=CREDITS),
    Subject(Plain, PlainLoopback, masked(EDIT), capability=Capability.EDITOR, more=CREDITS),
    Subject(Plain, PlainLoopback, modelled(), capability=Capability.REMESHER, more=CREDITS),
    Subject(Fal, FalLoopback, CUT, "fal-ai/birefnet/v2", Capability.CUTTER, IMAGE_URL),
    Subject(Fal, FalLoopback, MESH, "fal-ai/any/mesh", Capability.MESHER, IMAGE_URL),
    Subject(Replicate, ReplicateLoopback, CUT, "f" * 64, Capability.CUTTER),
    Subject(Replicate, ReplicateLoopback, EDIT, "owner/edit", Capability.EDITOR),
    Subject(Gemini, GeminiLoopback, EDIT, "image-model"),
    Subject(OpenAI, OpenAILoopback, masked(EDIT), "image-model"),
    Subject(ComfyUI, ComfyUILoopback, EDIT, capability=Capability.EDITOR, more=COMFY, without=FREE),
    Subject(Rembg, RembgLoopback, CUT, without=FREE),
)
