"""Which side of an object a photo's file name tells, in the words that shops and phones use."""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from maquette.domain.assets import CAPTURE_VIEWS, View

_WORDS: Mapping[View, str] = MappingProxyType(
    {
        View.FRONT: "front frontal frontview vorn vorne vorderseite vorderansicht frente avant fronte",
        View.LEFT: "left leftside lhs links linke gauche izquierda izquierdo sinistra",
        View.RIGHT: "right rightside rhs rechts rechte droite derecha derecho destra",
        View.BACK: "back backside rear behind hinten ruckseite ruckansicht arriere dos trasera trasero retro",
        View.TOP: "top above overhead oben dessus arriba",
        View.BOTTOM: "bottom below underside underneath unten unterseite dessous abajo",
        View.DETAIL: "detail details closeup close macro zoom label logo swatch fabric texture detalle",
        View.OTHER: "angle angled perspective iso isometric quarter threequarter lifestyle scene room ambient schrag",
    }
)
_BY_WORD = {word: view for view, words in _WORDS.items() for word in words.split()}
_SIDE = frozenset(["side", "profile", "lateral", "seite", "seitlich", "seitenansicht", "cote", "lado", "lato"])
_LETTERS = MappingProxyType({"f": View.FRONT, "l": View.LEFT, "r": View.RIGHT, "b": View.BACK})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_LAST_LETTER = re.compile(r"(?:^|[^A-Za-z])([flrbFLRB])[\W\d_]*$")


def sides_in(name: str) -> frozenset[View]:
    """The views that a file name leaves possible: one, both sides for ``side``, none where it tells nothing.

    ``chair-front.jpg``, ``IMG_left.png``, ``photoBack2``, ``03_rechts``, ``sofa_l``. A name that tells two sides
    shows a corner between them, which is ``other``; one of a ``detail`` is a detail of whatever else it names.
    """
    stem = _plain(name.rsplit(".", 1)[0] if "." in name else name)
    words = [word.lower() for word in _WORD.findall(stem)]
    told = {_BY_WORD[word] for word in words if word in _BY_WORD}
    if View.DETAIL in told:
        return frozenset({View.DETAIL})
    sides = told & set(CAPTURE_VIEWS)
    if len(sides) > 1 or View.OTHER in told:
        return frozenset({View.OTHER})
    if sides or told:
        return frozenset(sides or told)
    if _SIDE & set(words):
        return frozenset({View.LEFT, View.RIGHT})
    letter = _LAST_LETTER.search(stem)
    return frozenset({_LETTERS[letter[1].lower()]}) if letter else frozenset()


def _plain(text: str) -> str:
    """Without accents: ``Rückseite`` as ``Ruckseite``."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
