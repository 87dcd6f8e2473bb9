"""Reads rows out of a CSV file or a plain SQL dump. SQL is only ever read: of all statements three kinds are looked at.

Those are ``COPY … FROM stdin`` (what pg_dump writes), ``INSERT INTO … VALUES`` (pg_dump --inserts, Supabase) and the
columns of ``CREATE TABLE``, for inserts that name none. See https://www.postgresql.org/docs/current/sql-copy.html and
sql-syntax-lexical.html.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from maquette.domain.errors import Refused

TABLES = frozenset({"photo", "photos", "model", "models"})
MAX_ROWS = 100_000
MAX_STATEMENT = 16 * 1024 * 1024
"""Characters of one statement, or of one line."""
_NAME = r'(?:"[^"]+"|\w+)(?:\s*\.\s*(?:"[^"]+"|\w+))?'
_COPY = re.compile(rf"COPY\s+({_NAME})\s*\(([^)]*)\)\s+FROM\s+stdin", re.I)
_INSERT = re.compile(rf"INSERT\s+INTO\s+({_NAME})\s*(?:\(([^)]*)\)\s*)?(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES\s*", re.I)
_CREATE = re.compile(rf"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?({_NAME})\s*\((.*)\)", re.I | re.S)
_BEGINS = re.compile(r"\s*(?:COPY|INSERT\s+INTO|CREATE\s+TABLE)\b", re.I)
_TOKEN = re.compile(
    r"(?P<escaped>[eE]'(?:[^'\\]|''|\\.)*')|(?P<text>'(?:[^']|'')*')|(?P<mark>[(),;])|(?P<bare>[^\s(),;']+)", re.S
)
_NO_COLUMN = frozenset({"constraint", "primary", "unique", "check", "foreign", "exclude", "like"})
_BACKSLASHED = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was written: ``table`` in lower case (empty for CSV), ``number`` counts the rows from 1."""

    table: str
    number: int
    cells: Mapping[str, str | None]


def read(path: Path) -> Iterator[Row]:
    """The rows of the tables that matter. Raises ``file_missing``, ``dump_invalid``."""
    if not path.is_file():
        raise Refused("file_missing", f"There is no file {path}.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _of_csv(file) if path.suffix.lower() in (".csv", ".tsv") else _of_sql(iter(file))
            for number, (table, cells) in enumerate(rows, start=1):
                if number > MAX_ROWS:
                    raise _bad(f"It holds more than {MAX_ROWS:,} rows.", "Import it in parts.")
                yield Row(table, number, cells)
    except (UnicodeDecodeError, csv.Error) as error:
        raise _bad(f"It cannot be read: {error}.") from None


def _bad(message: str, hint: str = "") -> Refused:
    return Refused("dump_invalid", message, hint)


Cells = dict[str, str | None]


def _of_csv(file: Iterable[str]) -> Iterator[tuple[str, Cells]]:
    lines = iter(file)
    head = next(lines, "")
    delimiter = max(",;\t", key=head.count)
    names = next(csv.reader([head], delimiter=delimiter), [])
    for cells in csv.reader(lines, delimiter=delimiter):
        if any(cells):
            yield "", {name: cell or None for name, cell in zip(names, cells, strict=False)}


def _of_sql(lines: Iterator[str]) -> Iterator[tuple[str, Cells]]:
    known: dict[str, list[str]] = {}
    for line in lines:
        if not _BEGINS.match(line):
            continue
        copy = _COPY.match(line.strip())
        if copy:
            yield from _copied(_table(copy[1]), _columns(copy[2]), lines)
            continue
        statement = _whole(line, lines)
        created = _CREATE.match(statement.strip())
        if created:
            known[_table(created[1])] = _created(created[2])
            continue
        inserted = _INSERT.match(statement.strip())
        if inserted and _table(inserted[1]) in TABLES:
            table = _table(inserted[1])
            columns = _columns(inserted[2]) if inserted[2] else known.get(table, [])
            for values in _tuples(statement.strip()[inserted.end() :]):
                if len(values) != len(columns):
                    raise _bad(f"A row of {table} has {len(values)} values for {len(columns)} columns.")
                yield table, dict(zip(columns, values, strict=True))


def _copied(table: str, columns: list[str], lines: Iterator[str]) -> Iterator[tuple[str, Cells]]:
    for line in lines:
        text = line.rstrip("\r\n")
        if text == "\\.":
            return
        if table in TABLES:
            cells = [None if cell == "\\N" else _unescaped(cell) for cell in text.split("\t")]
            if len(cells) != len(columns):
                raise _bad(f"A row of {table} has {len(cells)} cells for {len(columns)} columns.")
            yield table, dict(zip(columns, cells, strict=True))


def _whole(first: str, lines: Iterator[str]) -> str:
    """The statement that begins in this line: up to a semicolon at a line's end that is in no string."""
    parts, size = [first], len(first)
    quotes = _quotes(first)
    while not (quotes % 2 == 0 and parts[-1].rstrip().endswith(";")):
        line = next(lines, None)
        if line is None:
            break
        parts.append(line)
        size += len(line)
        quotes += _quotes(line)
        if size > MAX_STATEMENT:
            raise _bad("A statement in it is too long.")
    return "".join(parts)


def _quotes(line: str) -> int:
    """Only where a line has escape strings is a backslash more than a character."""
    return (re.sub(r"\\.", "", line) if re.search(r"\bE'", line, re.I) else line).count("'")


def _tuples(text: str) -> Iterator[list[str | None]]:
    """The rows behind VALUES. What is no literal (a call, a cast) counts as its words, a call as unknown."""
    depth, values = 0, list[str | None]()
    cell: str | None = None
    for token in _TOKEN.finditer(text):
        mark = token["mark"]
        if mark == "(":
            depth += 1
            values = [] if depth == 1 else values
            cell = None
        elif mark in (",", ")") and depth == 1:
            values.append(cell)
            cell = None
            if mark == ")":
                yield values
                depth = 0
        elif mark == ")":
            depth -= 1
            cell = None
        elif depth == 0:
            if mark == ";" or token["bare"]:
                return
        elif depth == 1 and cell is None and not mark:
            cell = _literal(token)
    return


def _literal(token: "re.Match[str]") -> str | None:
    if token["text"] is not None:
        return token["text"][1:-1].replace("''", "'")
    if token["escaped"] is not None:
        return _unescaped(token["escaped"][2:-1].replace("''", "'"))
    bare: str = token["bare"].partition("::")[0]
    return None if bare.upper() in ("", "NULL", "DEFAULT") else bare


def _unescaped(cell: str) -> str:
    return re.sub(r"\\(.)", lambda match: _BACKSLASHED.get(match[1], match[1]), cell, flags=re.S)


def _table(name: str) -> str:
    return name.rpartition(".")[2].strip().strip('"').lower()


def _columns(text: str) -> list[str]:
    return [name.strip().strip('"') for name in text.split(",")]


def _created(body: str) -> list[str]:
    """The first word of each line of a table's definition, as pg_dump writes them."""
    words = [line.split()[0].strip('",') for line in body.splitlines() if line.split()]
    return [word for word in words if word.lower() not in _NO_COLUMN]
