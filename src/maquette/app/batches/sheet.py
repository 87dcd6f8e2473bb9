"""Tables as spreadsheets save them: CSV in, CSV out."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain

from maquette.domain.batches import RowProblem
from maquette.domain.errors import CODES

LONGEST_HEADING = 100
DELIMITERS = (",", ";", "\t")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by spreadsheets (OWASP, CSV injection)."""
_SEPARATOR = re.compile(r"sep=(.)")
"""The first line by which Excel tells itself how a file is parted."""
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_ENCODING_HINT = "Save it as CSV in UTF-8, parted by commas, semicolons or tabs."

Record = dict[str, str]


def read(data: bytes, known: Collection[str]) -> tuple[list[Record], list[RowProblem]]:
    """The records of a CSV file by the names in its header (lower case, ``_`` for spaces), and what is wrong with it.

    What stands in a column that is not ``known`` is only told of. UTF-8 with or without a byte order mark. Which of
    ``DELIMITERS`` parts the cells is told by the header: the one that finds most of the known names. Empty lines and
    cells are left out. RFC 4180 quotes.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [problem("sheet_invalid", f"It is no UTF-8 from byte {error.start} on.", hint=_ENCODING_HINT)]
    if "\0" in text:
        return [], [problem("sheet_invalid", "It has zero bytes, which no text has.", hint=_ENCODING_HINT)]
    text, delimiter = _parted(text, known)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        return [], [problem("sheet_invalid", f"The table cannot be read: {error}.", hint=_ENCODING_HINT)]
    filled = [line for line in lines if any(cell.strip() for cell in line)]
    if not filled:
        return [], [problem("no_rows")]
    header = [name_of(cell) for cell in filled[0]]
    found = _check_header(header, known)
    records: list[Record] = []
    for number, line in enumerate(filled[1:], 1):
        if any(cell.strip() for cell in line[len(header) :]):
            message = f"It has {len(line)} cells, the header {len(header)}."
            found.append(problem("sheet_invalid", message, row=number, hint="Quote cells that hold the delimiter."))
        cells = zip(header, line, strict=False)
        records.append({name: cell.strip() for name, cell in cells if name in known and cell.strip()})
    return records, found


def write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """A CSV file line by line (RFC 4180). No text in it can be taken for a formula; None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in chain([header], rows):
        writer.writerow([_cell(value) for value in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def name_of(heading: str) -> str:
    """How a heading is known: ``Unit `` is ``unit``."""
    return "".join(char for char in "_".join(heading.lower().split()) if char.isprintable())[:LONGEST_HEADING]


def problem(
    code: str,
    message: str = "",
    *,
    row: int | None = None,
    column: str | None = None,
    sku: str | None = None,
    hint: str = "",
) -> RowProblem:
    """With what the table of codes says where nothing better is given."""
    entry = CODES[code]
    return RowProblem(row, column, sku or None, code, message or f"{entry.title}.", hint or entry.hint)


def _cell(value: object) -> object:
    if value is None:
        return ""
    return guarded(value) if isinstance(value, str) else value


def _parted(text: str, known: Collection[str]) -> tuple[str, str]:
    """The text without Excel's own first line, and what parts its cells."""
    first, _, rest = text.partition("\n")
    told = _SEPARATOR.fullmatch(first.strip("\r\n "))
    if told and told[1] in DELIMITERS:
        return rest, told[1]
    header = next((line for line in text.splitlines() if line.strip()), "")
    names = _QUOTED.sub(lambda quoted: quoted[0][1:-1].replace(",", " ").replace(";", " "), header)

    def fit(delimiter: str) -> tuple[int, int]:
        cells = [name_of(cell) for cell in names.split(delimiter)]
        return sum(cell in known for cell in cells), len(cells)

    return text, max(DELIMITERS, key=fit)


def _check_header(header: Sequence[str], known: Collection[str]) -> list[RowProblem]:
    hint = f"The columns are: {', '.join(known)}."
    found = [
        problem("unknown_column", f"There is no column {name!r}.", column=name, hint=hint)
        for name in dict.fromkeys(header)
        if name and name not in known
    ]
    twice = [name for name in dict.fromkeys(header) if name in known and header.count(name) > 1]
    return found + [problem("duplicate_column", f"Two columns are called {name!r}.", column=name) for name in twice]
