"""What the flags of photos, cut-outs and models mean: the one table that the API, the command line and the page read.

A flag is a code, or a code and a detail behind a colon: ``cut_off:right``, ``small_in_frame:8``. Engines may raise
flags that the table does not know; those are told by their code.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from maquette.domain.projects import Project, ProjectKind

OBJECT = "object"
"""What the thing in a photo is called as long as nobody named it."""
_LONGEST_NAME = 24
_MOST_WORDS = 3


class Severity(StrEnum):
    """How much a flag matters."""

    NOTE = "note"
    """Good to know."""
    WARNING = "warning"
    """The result will be better if something is done."""
    FAULT = "fault"
    """The result will hardly be of use."""


@dataclass(frozen=True, slots=True)
class Note:
    """A flag as a person reads it: ``message`` is a sentence, ``hint`` what to do, empty where there is nothing."""

    code: str
    severity: Severity
    message: str
    hint: str = ""

    def document(self) -> dict[str, str]:
        """As JSON."""
        return {"code": self.code, "severity": self.severity.value, "message": self.message, "hint": self.hint}


@dataclass(frozen=True, slots=True)
class Meaning:
    """A row of the table. ``{thing}`` and ``{detail}`` in its texts are filled in."""

    severity: Severity
    message: str
    hint: str


_N, _W, _F = Severity.NOTE, Severity.WARNING, Severity.FAULT

MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        # photos
        "too_dark": Meaning(_W, "The photo is too dark.", "Use more light, or a longer exposure."),
        "too_bright": Meaning(
            _W, "The {thing} is blown out: parts of it are pure white.", "Use softer light, or a shorter exposure."
        ),
        "hazy": Meaning(_W, "The photo has hardly any contrast.", "Wipe the lens, and avoid light behind the {thing}."),
        "blurred": Meaning(_F, "The photo is out of focus or shaken.", "Hold the camera still and tap on the {thing}."),
        "few_pixels": Meaning(
            _W, "The photo has only {detail} pixels on its shorter side.", "Send the original photo: 500 or more."
        ),
        "cut_off": Meaning(
            _W, "The {thing} is cut off at the {detail} edge.", "Step back or turn the camera until all of it is in."
        ),
        "small_in_frame": Meaning(
            _W, "The {thing} fills only {detail} % of the picture.", "Step closer, or crop the photo."
        ),
        "busy_background": Meaning(
            _W, "The background is busy.", "Use a plain wall, a sheet or an open box, or draw a box around the {thing}."
        ),
        "no_object": Meaning(
            _N, "Nothing stands out from the background.", "Choose a background of another colour than the {thing}."
        ),
        # photos of one set
        "same_view": Meaning(
            _W,
            "{detail} look the same.",
            "Keep the better one, and take another from a new side; if the {thing} looks alike there, all is well.",
        ),
        "soft_in_set": Meaning(
            _N, "{detail} is less sharp than the others of its set.", "Take it again if it is to be used."
        ),
        "side_missing": Meaning(_N, "A side view is missing.", "Add a photo from the left or the right."),
        "front_missing": Meaning(_N, "A front view is missing.", "Add a photo from the front or the back."),
        # cut-outs
        "low_contrast": Meaning(
            _W, "The {thing} hardly differs from its background.", "Use a background of another colour, or mark it."
        ),
        "touches_frame": Meaning(
            _W, "The {thing} runs out of the picture.", "Step back until all of it is in, or mark what belongs to it."
        ),
        "tiny_subject": Meaning(_W, "The {thing} is tiny in the picture.", "Step closer, or draw a box around it."),
        "uncertain": Meaning(_W, "The cut-out is uncertain.", "Look at it; a box or some clicks mend it."),
        "hints_unused": Meaning(_N, "The engine made no use of the hints.", "Choose an engine that takes hints."),
        "non_commercial": Meaning(
            _W, "Made by an engine that is not for commercial use.", "Choose another engine for what you sell."
        ),
        # both
        "hosted": Meaning(_N, "Made by another service, and not measured here.", "Look at it before you use it."),
        # models
        "single_view": Meaning(_N, "Made from one photo.", "Add a photo from a side for a full shape."),
        "relief": Meaning(_N, "A relief: its depth is a guess.", "Add a photo from a side."),
        "hull": Meaning(_N, "As large as the outlines allow: hollows are filled.", ""),
        "unseen_sides_guessed": Meaning(_N, "Sides without a photo are guessed.", "Add photos of those sides."),
        "views_disagree": Meaning(_W, "The photos do not fit together.", "Check which side each shows."),
        "object_cropped": Meaning(_W, "The {thing} runs out of a photo.", "Show all of it."),
    }
)
"""Every flag that our own stages and engines raise."""

_FRAMING = frozenset({"cut_off", "small_in_frame", "busy_background", "no_object"})
"""Flags that say something of an object before a backdrop, and nothing of a room."""


def explain(flag: str, thing: str = OBJECT) -> Note:
    """The flag in words; one that the table does not know is told by its code."""
    code, _, detail = flag.partition(":")
    meaning = MEANINGS.get(code)
    if meaning is None:
        return Note(code, Severity.NOTE, flag)
    message, hint = (text.format(thing=thing, detail=detail) for text in (meaning.message, meaning.hint))
    return Note(code, meaning.severity, message, hint)


def explain_all(flags: Iterable[str], project: Project | None = None) -> tuple[Note, ...]:
    """All flags of one thing in words, with the project's name for it where that names a thing.

    Of rooms nothing is said that holds for objects only, and portraits may be cut off below.
    """
    kind = project.kind if project else None
    left_out = _FRAMING if kind is ProjectKind.ROOM else frozenset({"cut_off:bottom"} if _is_portrait(kind) else ())
    told = [flag for flag in flags if flag not in left_out and flag.partition(":")[0] not in left_out]
    return tuple(explain(flag, thing_of(project)) for flag in told)


def thing_of(project: Project | None) -> str:
    """``lamp`` for a project about a product that is called Lamp; ``object`` where the name is no such word."""
    if project is None or project.kind is not ProjectKind.PRODUCT or len(project.name) > _LONGEST_NAME:
        return OBJECT
    words = project.name.split()
    plain = all(word.replace("-", "").isalpha() for word in words)
    return " ".join(words).lower() if plain and 0 < len(words) <= _MOST_WORDS else OBJECT


def _is_portrait(kind: ProjectKind | None) -> bool:
    return kind is ProjectKind.PORTRAIT
