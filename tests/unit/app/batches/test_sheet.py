"""Tables as spreadsheets save them."""

import csv
import io

import pytest

from maquette.app.batches import sheet

KNOWN = ("sku", "name", "front", "left", "width", "unit", "photos")
ROWS = [{"sku": "A-1", "width": "80,5", "front": "a.jpg"}, {"sku": "B-2", "name": 'Two "big" chairs', "left": "b.jpg"}]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whatever_parts_the_cells_the_records_are_the_same(delimiter, start, end):
    lines = [
        ["SKU", " Name", "Width", "FRONT ", "left"],
        ["A-1", "", '"80,5"', "a.jpg", ""],
        ["", "", "", "", ""],
        ["B-2", '"Two ""big"" chairs"', "", "", " b.jpg "],
    ]
    text = end.join(delimiter.join(line) for line in lines) + end
    assert sheet.read(start + text.encode(), KNOWN) == (ROWS, [])


def test_a_delimiter_is_told_by_the_header_and_not_by_what_cells_hold():
    data = b'sku;photos;name\nA;"a.jpg;b.jpg";one, two, three, four\n'
    assert sheet.read(data, KNOWN)[0] == [{"sku": "A", "photos": "a.jpg;b.jpg", "name": "one, two, three, four"}]
    assert sheet.read(b"sep=;\r\nsku;width\r\nA;1,5\r\n", KNOWN)[0] == [{"sku": "A", "width": "1,5"}]
    assert sheet.read(b"sku\nA\n", KNOWN)[0] == [{"sku": "A"}]


def test_a_cell_may_hold_lines():
    assert sheet.read(b'sku,name\nA,"two\nlines"\nB,x\n', KNOWN)[0][1] == {"sku": "B", "name": "x"}


@pytest.mark.parametrize(
    ("data", "code", "column"),
    [
        (b"", "no_rows", None),
        (b" \n;;\n", "no_rows", None),
        (b"sku,name\nA,\xff\n", "sheet_invalid", None),
        (b'sku,name\n"A"b,c\n', "sheet_invalid", None),
        (b"sku,name\nA,b\x00\n", "sheet_invalid", None),
        (b'sku,name\n"A,c\n', "sheet_invalid", None),
        (b"sku,name,sku\nA,b,c\n", "duplicate_column", "sku"),
    ],
)
def test_what_is_no_table_is_said_so(data, code, column):
    _, problems = sheet.read(data, KNOWN)
    assert [(one.row, one.code, one.column) for one in problems] == [(None, code, column)]


def test_more_cells_than_the_header_has_are_not_lost_silently():
    records, problems = sheet.read(b"sku,name\nA,b,,\nB,c,d\n", KNOWN)
    assert len(records) == 2
    assert [(one.row, one.code) for one in problems] == [(2, "sheet_invalid")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_text_that_is_written_is_a_formula(text):
    written = "".join(sheet.write(["sku", "count"], [[text, -1], ["plain", None]]))
    rows = list(csv.reader(io.StringIO(written, newline="")))
    assert rows == [["sku", "count"], [f"'{text}", "-1"], ["plain", ""]]
