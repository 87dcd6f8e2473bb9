"""Takes secrets out of what is written down. A line too much blackened costs a look; a token in a log costs an account.

Two ways at once: exact values that the settings hold, and the shapes in which secrets appear (headers, query strings,
URLs with a password, our own keys and tokens). Repetitions have bounds, so that a hostile line costs linear time.
"""

import re
from collections.abc import Iterable
from urllib.parse import quote

GONE = "[redacted]"
LEAST = 6
"""Characters. A shorter known secret is found in ordinary words and would blacken the whole log."""

_HEADERS = r"(?:proxy-)?authorization|x-api-key|api[-_]?key|x-session-token|set-cookie|cookie|x-amz-security-token"
_FIELDS = (
    r"(?:[a-z0-9_]{0,40}_)?(?:secret(?:_?access)?(?:_?key)?|password|passwd|pwd|session_?token|access_?token|refresh_?token"
    r"|api_?key|client_?secret|private_?key|token)"
)
_QUERY = r"x-(?:amz|goog)-(?:signature|credential|security-token)|signature|sig|ticket|token|key|secret|code"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # our own keys, wherever they stand
    (re.compile(r"\bmq_[A-Za-z0-9_-]{6,}"), f"mq_{GONE}"),
    # a password inside a URL: scheme://user:password@host, the password perhaps with an @ of its own
    (re.compile(r"(?P<keep>[a-z][a-z0-9+.-]{0,30}://[^\s/:@'\"]{0,200}:)[^\s/'\"]{1,500}(?=@)", re.I),
     rf"\g<keep>{GONE}"),
    # the words after a scheme of authorization
    (re.compile(r"(?P<keep>\bbearer\s+)[A-Za-z0-9+/=._~-]{8,}", re.I), rf"\g<keep>{GONE}"),
    # "basic", "token" and "key" are words as well: what follows is a secret only with a digit or a sign in it
    (re.compile(r"(?P<keep>\b(?:basic|token|key)\s+)(?=[A-Za-z+/=._~-]{0,100}[0-9=+/])[A-Za-z0-9+/=._~-]{8,}", re.I),
     rf"\g<keep>{GONE}"),
    # headers: as on the wire (name: value to the end of the line), and as Python and JSON write them
    (re.compile(rf"(?P<keep>b?(?P<q>['\"])(?:{_HEADERS})(?P=q)\s*[:,]\s*b?)(?P<v>['\"]).*?(?P=v)", re.I),
     rf"\g<keep>\g<v>{GONE}\g<v>"),
    (re.compile(rf"(?P<keep>\b(?:{_HEADERS})\s*:\s*)(?!['\"])[^\r\n'\"]+", re.I), rf"\g<keep>{GONE}"),
    # fields with telling names: JSON, Python, TOML, environment, command line
    (re.compile(rf"(?P<keep>\b{_FIELDS}['\"]?\s*[:=,]\s*b?)(?P<v>['\"]).*?(?P=v)", re.I),
     rf"\g<keep>\g<v>{GONE}\g<v>"),
    (re.compile(rf"(?P<keep>\b{_FIELDS}\s*[:=]\s*)(?!['\"])[^\s,;&)}}\]]+", re.I), rf"\g<keep>{GONE}"),
    # query strings
    (re.compile(rf"(?P<keep>[?&;](?:{_QUERY})=)[^&\s'\"<>#]+", re.I), rf"\g<keep>{GONE}"),
    # a token by itself: 256 random bits in URL-safe letters are 43 of them
    (re.compile(r"(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_-]{0,42}[A-Z])(?=[A-Za-z0-9_-]{0,42}[a-z])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"),
     GONE),
)  # fmt: skip


class Redactor:
    """``known`` are secrets by their value; each is also looked for as a URL would spell it."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        spelt = {spelling for secret in known for spelling in (secret, quote(secret, safe=""))}
        values = sorted((value for value in spelt if len(value) >= LEAST), key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, values))) if values else None

    def clean(self, text: str) -> str:
        """The text without secrets."""
        if self._known is not None:
            text = self._known.sub(GONE, text)
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        return text
