"""Pipelines on the wire: all that a front end needs to draw a form and a progress bar."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from maquette.api.schemas.common import Answer
from maquette.domain import projections
from maquette.domain.assets import View
from maquette.domain.colours import TRANSPARENT
from maquette.domain.dimensions import UNITS
from maquette.domain.states import STAGE_LABELS, Stage, Step
from maquette.pipelines.catalog import (
    Approval,
    AssetId,
    Choice,
    Count,
    EngineName,
    Entry,
    Ground,
    Setting,
    TrueSize,
    Words,
    is_offered,
)
from maquette.ports.engines import Capability


class StageOut(Answer):
    """One stage, what it is called, and the percent that a job shows when it starts and ends.

    `timeout_s` is null for a stage that this version cannot run.
    """

    stage: Stage
    label: str
    icon: str
    start: int
    end: int
    timeout_s: float | None

    @classmethod
    def of(cls, entry: Entry, step: Step) -> "StageOut":
        """With its label and limit."""
        label, spec = STAGE_LABELS[step.stage], entry.spec(step.stage)
        timeout = spec.limits.seconds if spec else None
        return cls(
            stage=step.stage, label=label.text, icon=label.icon, start=step.start, end=step.end, timeout_s=timeout
        )


class ChoiceOut(Answer):
    """A setting with a fixed set of values."""

    type: Literal["choice"] = "choice"
    title: str
    values: list[str]
    default: str


class EngineOut(Answer):
    """A setting that names an engine; left out, one is chosen."""

    type: Literal["engine"] = "engine"
    title: str
    capability: Capability


class DimensionsOut(Answer):
    """A setting that gives the object's true size: `{"height": 80, "unit": "cm"}`, with width and depth where known."""

    type: Literal["dimensions"] = "dimensions"
    title: str
    units: list[str]


class CountOut(Answer):
    """A setting that bounds something by a whole number; left out, the bound is Maquette's own."""

    type: Literal["count"] = "count"
    title: str
    low: int
    high: int


class ApprovalOut(Answer):
    """A setting that says which cut-outs go on without a person: `manual`, `never`, or `auto>=` and a score."""

    type: Literal["approval"] = "approval"
    title: str
    default: str


class GroundOut(Answer):
    """A setting that gives the colour behind an object: `transparent` (the default) or `#rrggbb`."""

    type: Literal["ground"] = "ground"
    title: str
    default: str


class WordsOut(Answer):
    """A setting that is a text of at most `longest` characters; a `required` one cannot be left out."""

    type: Literal["words"] = "words"
    title: str
    longest: int
    required: bool
    default: str


class AssetIdOut(Answer):
    """A setting that names a picture among your assets; left out, there is none."""

    type: Literal["asset"] = "asset"
    title: str


SettingOut = Annotated[
    ChoiceOut | EngineOut | DimensionsOut | CountOut | GroundOut | ApprovalOut | WordsOut | AssetIdOut,
    Field(discriminator="type"),
]


class UiStepOut(Answer):
    """One step that the photo front end draws."""

    key: projections.UiStage
    label: str
    icon: str


class PipelineOut(Answer):
    """One pipeline in full. `offered` says whether this server can run it."""

    name: str
    title: str
    offered: bool
    result: str
    min_photos: int
    max_photos: int
    max_models: int
    views: list[View]
    stages: list[StageOut]
    settings: dict[str, SettingOut]
    ui_steps: list[UiStepOut] | None = None
    status_map: dict[str, dict[str, str]] | None = None

    @classmethod
    def of(cls, entry: Entry) -> "PipelineOut":
        """From the catalog."""
        photo = entry.pipeline.name == "photo_to_model"
        steps = [UiStepOut(key=step.key, label=step.label, icon=step.icon) for step in projections.UI_STEPS]
        return cls(
            name=entry.pipeline.name,
            title=entry.pipeline.title,
            offered=is_offered(entry),
            result=entry.result,
            min_photos=min(entry.min_photos, entry.max_photos),
            max_photos=entry.max_photos,
            max_models=entry.max_models,
            views=list(entry.views),
            stages=[StageOut.of(entry, step) for step in (*entry.pipeline.steps, entry.pipeline.step(Stage.COMPLETE))],
            settings=_settings(entry.settings),
            ui_steps=steps if photo else None,
            status_map={word: dict(row) for word, row in projections.STATUS_MAP.items()} if photo else None,
        )


def _settings(settings: Mapping[str, Setting]) -> dict[str, SettingOut]:
    return {name: _setting(setting) for name, setting in settings.items()}


def _setting(setting: Setting) -> SettingOut:
    match setting:
        case Choice():
            return ChoiceOut(title=setting.title, values=list(setting.values), default=setting.default)
        case EngineName():
            return EngineOut(title=setting.title, capability=setting.capability)
        case TrueSize():
            return DimensionsOut(title=setting.title, units=list(UNITS))
        case Approval():
            return ApprovalOut(title=setting.title, default=setting.default)
        case Count():
            return CountOut(title=setting.title, low=setting.low, high=setting.high)
        case Ground():
            return GroundOut(title=setting.title, default=TRANSPARENT)
        case Words():
            return WordsOut(
                title=setting.title, longest=setting.longest, required=setting.required, default=setting.default
            )
        case AssetId():
            return AssetIdOut(title=setting.title)


class PipelinePage(Answer):
    """Every pipeline."""

    items: list[PipelineOut]
    next_cursor: str | None = None
