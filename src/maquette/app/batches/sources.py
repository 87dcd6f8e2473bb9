"""How rows name photos: by the id of an asset, a URL, or a file, perhaps with the side that is shown."""

import ipaddress
import re
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

from maquette.app.fetching import name_in
from maquette.domain.assets import View, views_in
from maquette.domain.errors import Refused

LONGEST_SOURCE, LONGEST_SHOWN = 4096, 200
_TOLD = re.compile(r"([a-z_]+)=(.*)")
HINT = "Give an asset's id, a URL or a file."


def is_url(source: str) -> bool:
    """Whether a photo is named by where it is on the web."""
    return source.lower().startswith(("http://", "https://"))


def is_asset(source: str) -> bool:
    """Whether a photo is named by the id of an asset."""
    return source.startswith("ast_") and "." not in source


def view_in(source: str) -> View | None:
    """The side that a photo's name tells, if it tells one."""
    name = name_in(source) if is_url(source) else source.replace("\\", "/").rsplit("/", 1)[-1]
    told = views_in(name.rpartition(".")[0] or name)
    return told[0] if len(told) == 1 else None


def source_of(given: object) -> tuple[str, View | None]:
    """A photo and the view that is told with it: ``left=chair.jpg``, or ``{"url": …, "view": "left"}``."""
    if isinstance(given, Mapping):
        entries = dict(cast(Mapping[str, object], given))
        view = entries.pop("view", None)
        if len(entries) != 1 or not entries.keys() <= {"asset_id", "url", "path"}:
            raise Refused("invalid_request", "A photo is an asset_id, a url or a path, perhaps with a view.", HINT)
        (given,) = entries.values()
        return _checked(given), None if view is None else _view(view)
    text = _checked(given)
    match = None if is_url(text) else _TOLD.fullmatch(text)
    return (match[2].strip(), _view(match[1])) if match else (text, None)


def _checked(given: object) -> str:
    if not isinstance(given, str) or not given.strip() or len(given) > LONGEST_SOURCE or not given.isprintable():
        raise Refused("invalid_request", "A photo is not named by a text.", HINT)
    return given.strip()


def _view(given: object) -> View:
    if given not in {*View}:
        raise Refused("invalid_view", f"There is no view {given!r}.")
    return View(cast(str, given))


def check_url(source: str) -> None:
    """What is known to lead nowhere public without asking anybody. Raises ``url_refused``."""
    if not is_url(source):
        return
    try:
        parts = urlsplit(source)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("url_refused") from None
    if not host or "@" in parts.netloc or host == "localhost" or any(char.isspace() for char in source):
        raise Refused("url_refused")
    try:
        is_public = ipaddress.ip_address(host).is_global
    except ValueError:
        return
    if not is_public:
        raise Refused("url_refused")


def short(source: str) -> str:
    """What to call a photo: the end of its path, without a URL's query, which may hold secrets."""
    return source.partition("?")[0].rstrip("/").rsplit("/", 1)[-1] or source


def shown(given: object) -> str:
    """What may be shown of something that is no photo's name."""
    return "".join(char for char in given if char.isprintable())[:LONGEST_SHOWN] if isinstance(given, str) else ""
