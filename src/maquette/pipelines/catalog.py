"""Every pipeline in full: its stages with the progress they show, its settings, and what it delivers."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from maquette.domain.approvals import DEFAULT, Rule
from maquette.domain.assets import MODEL_VIEWS, Role, View
from maquette.domain.colours import ground
from maquette.domain.dimensions import Dimensions
from maquette.domain.errors import Refused
from maquette.domain.states import Pipeline, Stage, Step
from maquette.pipelines.stage import StageSpec
from maquette.pipelines.stages import (
    approving,
    generating,
    generating_picture,
    optimizing,
    removing_background,
    selecting,
    storing,
    storing_picture,
    submitting,
    uploading,
    validating,
    watermarking,
)
from maquette.ports.engines import SHAPES, Capability

_MODULES = (
    *(uploading, validating, selecting, removing_background, approving),
    *(submitting, generating, storing, optimizing, watermarking),
)
SPECS: Mapping[Stage, StageSpec] = MappingProxyType({module.SPEC.stage: module.SPEC for module in _MODULES})
"""The stages that this version can run."""
PICTURE = "image"
"""The kind of result of pipelines that deliver pictures."""
PICTURE_SPECS: Mapping[Stage, StageSpec] = MappingProxyType(
    {module.SPEC.stage: module.SPEC for module in (generating_picture, storing_picture)}
)
"""Stages that work otherwise where a picture is made and not a model."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A setting with a fixed set of values."""

    title: str
    values: tuple[str, ...]
    default: str


@dataclass(frozen=True, slots=True)
class EngineName:
    """A setting that names an engine; None lets Maquette choose."""

    title: str
    capability: Capability


@dataclass(frozen=True, slots=True)
class TrueSize:
    """A setting that gives an object's true size: ``domain.dimensions``. None takes the project's, if it has one."""

    title: str


@dataclass(frozen=True, slots=True)
class Count:
    """A setting that bounds something by a whole number; None leaves the bound to Maquette."""

    title: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Approval:
    """A setting that says which cut-outs go on without a person: ``domain.approvals.Rule``."""

    title: str
    default: str


@dataclass(frozen=True, slots=True)
class Ground:
    """A setting that gives the colour behind an object: ``domain.colours.ground``, transparent by default."""

    title: str


@dataclass(frozen=True, slots=True)
class Words:
    """A setting that is a text of at most ``longest`` characters; a ``required`` one cannot be left out."""

    title: str
    longest: int
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class AssetId:
    """A setting that names a picture among the owner's assets; None for none."""

    title: str


Setting = Choice | EngineName | TrueSize | Count | Approval | Ground | Words | AssetId

QUALITY = Choice("Quality", ("fast", "medium", "full"), "medium")
SHAPE = Choice("Shape", SHAPES, "auto")
CUTTER = EngineName("Engine that removes the background", Capability.CUTTER)
MESHER = EngineName("Engine that makes the model", Capability.MESHER)
SIZE = TrueSize("True size of the object")
TRIANGLES = Count("Triangles of the largest level, at most", 100, 1_000_000)
BYTES = Count("Bytes of the largest level, at most", 20_000, 500_000_000)
APPROVE = Approval("Cut-outs that go on without approval", DEFAULT)
BACKGROUND = Ground("Background of a picture for a shop")
SHADOW = Choice("Shadow under the object", ("none", "soft"), "none")
MARGIN = Count("Margin around the object, in percent of the picture; the object is then centred", 0, 40)
FRAME = Choice("Proportions of the picture", ("photo", "square"), "photo")
EDITOR = EngineName("Engine that makes the picture", Capability.EDITOR)
PROMPT = Words("What the picture shall show, or what shall change in the photo", 8000, required=True)
STYLE = Words("Style, in words", 1000)
PICTURE_SIZE = Choice("Proportions of the picture", ("photo", "square", "landscape", "portrait"), "photo")
VARIANTS = Count("How many pictures", 1, 4)
MARK_TEXT = Words("Text on the preview", 80, default="Preview")
MARK_LOGO = AssetId("Logo on the preview, instead of the text")
MARK_OPACITY = Count("Opacity of the mark, in percent", 5, 100)
MARK_PLACE = Choice("Where the mark is", ("corner", "tiled"), "corner")
MARK_SCALE = Count("Width of the mark, in percent of the picture", 2, 100)
DIMENSIONS = "dimensions"
"""The name of the setting that takes a project's dimensions where a job gives none."""
LONGEST_NAME = 200
ENGINE_SETTINGS: Mapping[Capability, str] = MappingProxyType(
    {Capability.CUTTER: "cutter", Capability.MESHER: "mesher", Capability.EDITOR: "editor"}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A pipeline as the catalog lists it. ``result`` is the kind of its result, ``delivers`` the roles in it."""

    pipeline: Pipeline
    result: str
    delivers: tuple[Role, ...]
    settings: Mapping[str, Setting]
    max_photos: int = 0
    max_models: int = 0
    """Models from elsewhere; a pipeline starts from photos or from these, never from both."""
    views: tuple[View, ...] = ()
    """When given, each photo must show one of these, and no two the same."""
    min_photos: int = 1

    @property
    def available(self) -> bool:
        """Whether this version can run every stage of it."""
        return all(self.spec(stage) for stage in self.pipeline.stages)

    def spec(self, stage: Stage) -> StageSpec | None:
        """How this pipeline does a stage; None for one that this version cannot run."""
        special = PICTURE_SPECS.get(stage) if self.result == PICTURE else None
        return special or SPECS.get(stage)


def _pipeline(name: str, title: str, *steps: tuple[Stage, int, int]) -> Pipeline:
    return Pipeline(name, title, tuple(Step(*step) for step in steps))


_S = Stage
_TO_MODEL = (
    (_S.SUBMITTING, 30, 30),
    (_S.GENERATING, 30, 70),
    (_S.STORING, 80, 80),
    (_S.OPTIMIZING, 80, 95),
)
_IN = ((_S.UPLOADING, 5, 5), (_S.VALIDATING, 10, 10))
_MARKED = ((_S.GENERATING, 30, 70), (_S.STORING, 80, 80), (_S.WATERMARKING, 90, 90))
_MODEL_ROLES = (Role.LOD, Role.USDZ, Role.CUTOUT, Role.MASK, Role.THUMBNAIL, Role.PREVIEW)

CATALOG: Mapping[str, Entry] = MappingProxyType(
    {
        entry.pipeline.name: entry
        for entry in (
            Entry(
                _pipeline("photo_to_model", "Photos to a 3D model", *_IN, (_S.REMOVING_BACKGROUND, 10, 25), *_TO_MODEL),
                "model",
                _MODEL_ROLES,
                {"quality": QUALITY, "shape": SHAPE, DIMENSIONS: SIZE, "cutter": CUTTER, "mesher": MESHER},
                max_photos=6,
                views=MODEL_VIEWS,
            ),
            Entry(
                _pipeline(
                    "product_to_model",
                    "Product photos to a 3D model",
                    *_IN,
                    (_S.SELECTING, 10, 10),
                    (_S.REMOVING_BACKGROUND, 10, 25),
                    (_S.APPROVING, 25, 25),
                    *_TO_MODEL,
                ),
                "model",
                _MODEL_ROLES,
                {
                    "quality": QUALITY,
                    "shape": SHAPE,
                    DIMENSIONS: SIZE,
                    "cutter": CUTTER,
                    "mesher": MESHER,
                    "approve": APPROVE,
                },
                max_photos=24,
            ),
            Entry(
                _pipeline("image", "A generated picture", (_S.VALIDATING, 10, 10), *_MARKED),
                PICTURE,
                (Role.EDIT, Role.PREVIEW),
                {
                    "prompt": PROMPT,
                    "style": STYLE,
                    "size": PICTURE_SIZE,
                    "variants": VARIANTS,
                    "editor": EDITOR,
                    "watermark_text": MARK_TEXT,
                    "watermark_logo": MARK_LOGO,
                    "watermark_opacity": MARK_OPACITY,
                    "watermark_place": MARK_PLACE,
                    "watermark_scale": MARK_SCALE,
                },
                max_photos=1,
                min_photos=0,
            ),
            Entry(
                _pipeline(
                    "edit",
                    "An edited photo",
                    *_IN,
                    (_S.TRANSCRIBING, 10, 15),
                    (_S.ANALYZING, 15, 20),
                    (_S.PLANNING, 20, 25),
                    (_S.RETRIEVING, 30, 30),
                    *_MARKED,
                ),
                PICTURE,
                (Role.EDIT, Role.PREVIEW),
                {},
                max_photos=1,
            ),
            Entry(
                _pipeline("cutout", "Cut-outs", *_IN, (_S.REMOVING_BACKGROUND, 10, 95)),
                "cutouts",
                (Role.CUTOUT, Role.MASK, Role.PREVIEW),
                {"cutter": CUTTER, "background": BACKGROUND, "shadow": SHADOW, "margin": MARGIN, "frame": FRAME},
                max_photos=24,
            ),
            Entry(
                _pipeline("optimize", "A model made shop-ready", *_IN, (_S.OPTIMIZING, 10, 95)),
                "model",
                (Role.LOD, Role.USDZ, Role.THUMBNAIL, Role.PREVIEW),
                {"quality": QUALITY, DIMENSIONS: SIZE, "triangles": TRIANGLES, "bytes": BYTES},
                max_models=1,
            ),
            Entry(
                _pipeline("transcribe", "Speech to text", *_IN, (_S.TRANSCRIBING, 10, 95)),
                "transcript",
                (),
                {},
                max_photos=0,
            ),
            Entry(
                _pipeline("analyze", "What a photo shows", *_IN, (_S.ANALYZING, 10, 95)),
                "scene",
                (),
                {},
                max_photos=1,
            ),
        )
    }
)

# checking photos is not checking sound: until these pipelines get stages of their own they are not offered
NOT_OFFERED = frozenset({"transcribe", "analyze"})


def spec_of(pipeline: str, stage: Stage) -> StageSpec:
    """How a pipeline does one of its stages. Raises KeyError for one that this version cannot run."""
    spec = CATALOG[pipeline].spec(stage)
    if spec is None:
        raise KeyError(stage)
    return spec


def find(name: str) -> Entry:
    """The entry of a pipeline that can run. Raises ``unknown_pipeline`` or ``pipeline_unavailable``."""
    entry = CATALOG.get(name)
    if entry is None:
        raise Refused("unknown_pipeline", f"There is no pipeline {name!r}.", f"Choose one of: {', '.join(offered())}.")
    if not is_offered(entry):
        raise Refused(
            "pipeline_unavailable",
            f"This version cannot run {name} yet.",
            f"Choose one of: {', '.join(offered())}.",
        )
    return entry


def is_offered(entry: Entry) -> bool:
    """Whether a job of this pipeline can be made."""
    return entry.available and entry.pipeline.name not in NOT_OFFERED


def offered() -> tuple[str, ...]:
    """The names of the pipelines that can run."""
    return tuple(name for name, entry in CATALOG.items() if is_offered(entry))


def settle(entry: Entry, given: Mapping[str, Any]) -> dict[str, Any]:
    """Checks the given settings and fills in the defaults. Raises ``unknown_setting``, ``invalid_setting``…"""
    for name in given:
        if name not in entry.settings:
            known = ", ".join(entry.settings) or "none"
            raise Refused("unknown_setting", f"{entry.pipeline.name} has no setting {name!r}.", f"It knows: {known}.")
    return {name: _value(name, setting, given.get(name)) for name, setting in entry.settings.items()}


def _value(name: str, setting: Setting, given: Any) -> Any:
    match setting:
        case EngineName():
            return _named(name, given, "the name of an engine")
        case TrueSize():
            size = Dimensions.of(given)
            return size.document() if size else None
        case Count():
            return _counted(name, setting, given)
        case Approval():
            return str(Rule.of(given))
        case Ground():
            return ground(given)
        case Choice():
            return _chosen(name, setting, given)
        case Words():
            return _worded(name, setting, given)
        case AssetId():
            return _named(name, given, "the id of an asset")


def _named(name: str, given: object, what: str) -> str | None:
    if given is None or (isinstance(given, str) and len(given) <= LONGEST_NAME):
        return given
    raise Refused("invalid_setting", f"{name} must be {what}.")


def _worded(name: str, setting: Words, given: object) -> str:
    text = setting.default if given is None else given
    if not isinstance(text, str) or len(text) > setting.longest or "\0" in text:
        raise Refused("invalid_setting", f"{name} must be a text of at most {setting.longest:,} characters.")
    return text.strip()


def check_words(entry: Entry, settings: Mapping[str, Any]) -> None:
    """Looks whether settled settings have all the texts that they need. Raises ``no_prompt``."""
    for name, setting in entry.settings.items():
        if isinstance(setting, Words) and setting.required and not settings[name]:
            raise Refused("no_prompt", f"{entry.pipeline.name} needs the setting {name}.")


def _counted(name: str, setting: Count, given: object) -> int | None:
    if given is None:
        return None
    if not isinstance(given, int) or isinstance(given, bool) or not setting.low <= given <= setting.high:
        hint = f"Give a whole number from {setting.low:,} to {setting.high:,}."
        raise Refused("invalid_setting", f"{name} cannot be {given!r}.", hint)
    return given


def _chosen(name: str, setting: Choice, given: object) -> str:
    if given is None:
        return setting.default
    if given not in setting.values:
        raise Refused("invalid_setting", f"{name} cannot be {given!r}.", f"Choose one of: {', '.join(setting.values)}.")
    return str(given)
