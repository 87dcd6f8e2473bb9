"""Which keys a store takes: those that ``maquette.domain`` makes, and nothing that a path could be smuggled in with."""

import re

from maquette.domain.errors import Refused

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}){1,7}")


def checked(key: str) -> str:
    """The key itself. Raises ``Refused("invalid_request")`` for anything that is not plainly one of ours."""
    if not _KEY.fullmatch(key):
        raise Refused("invalid_request", "That is not the key of a stored file.")
    return key
