"""Rows out of tables and dumps, as they were written there and never as SQL."""

import pytest

from maquette.app.old_photos.dump import read
from maquette.domain.errors import Refused


def rows(tmp_path, text, name="dump.sql"):
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return [(row.table, dict(row.cells)) for row in read(file)]


COPY = """--
-- PostgreSQL database dump
--
SET statement_timeout = 0;
CREATE TABLE public.photos (
    id uuid NOT NULL,
    url text,
    CONSTRAINT named CHECK (url <> '')
);
COPY public.users (id, name) FROM stdin;
1\tINSERT INTO photos VALUES ('x', 'y');
\\.
COPY public.photos (id, "imageUrl", generation_status, note) FROM stdin;
a1\thttps://r2.example/a.jpg\tmodel_saved\ttab\\tline\\nback\\\\slash
a2\t\\N\tuploaded\t
\\.
COPY public.sessions (id) FROM stdin;
9
\\.
"""


def test_what_pg_dump_copies(tmp_path):
    assert rows(tmp_path, COPY) == [
        (
            "photos",
            {
                "id": "a1",
                "imageUrl": "https://r2.example/a.jpg",
                "generation_status": "model_saved",
                "note": "tab\tline\nback\\slash",
            },
        ),
        ("photos", {"id": "a2", "imageUrl": None, "generation_status": "uploaded", "note": ""}),
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("('a', 'b')", [("a", "b")]),
        ("('a', NULL), ('it''s; (fine)', 'x')", [("a", None), ("it's; (fine)", "x")]),
        ("(7, now())", [("7", None)]),
        ("('a'::uuid, NULL::text) ON CONFLICT DO NOTHING", [("a", None)]),
        (r"(E'tab\there\'s', 'C:\')", [("tab\there's", "C:\\")]),
        ("('line one\nline two;\n', '{\"a\": [1, 2]}'::jsonb)", [("line one\nline two;\n", '{"a": [1, 2]}')]),
        ("(DEFAULT, coalesce(a, (b), 'c'))", [(None, None)]),
    ],
)
def test_what_is_inserted(tmp_path, values, expected):
    text = f'INSERT INTO "public"."photos" ("id", url) VALUES {values};\nSELECT 1;\n'
    if values.startswith("(E'"):
        text = text.replace(r"'C:\'", r"E'C:\\'")
    assert rows(tmp_path, text) == [("photos", {"id": one, "url": two}) for one, two in expected]


def test_inserts_without_columns_take_those_of_the_table(tmp_path):
    text = "CREATE TABLE public.models (\n    id uuid,\n    model_url text,\n    PRIMARY KEY (id)\n);\n"
    assert rows(tmp_path, text + "INSERT INTO public.models VALUES ('m', 'x.glb');\n") == [
        ("models", {"id": "m", "model_url": "x.glb"})
    ]


def test_nothing_else_is_looked_at(tmp_path):
    text = "DROP TABLE photos;\nUPDATE photos SET url = 'x';\nINSERT INTO orders (id) VALUES (1);\n\\! touch /tmp/x\n"
    assert rows(tmp_path, text) == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_tables(tmp_path, delimiter):
    lines = [["id", "url", "view"], ["1", '"a, ""b""; c.jpg"', ""], ["2", "b.jpg", "left"]]
    text = "\ufeff" + "\r\n".join(delimiter.join(line) for line in lines) + "\r\n\r\n"
    assert rows(tmp_path, text, "photos.csv") == [
        ("", {"id": "1", "url": 'a, "b"; c.jpg', "view": None}),
        ("", {"id": "2", "url": "b.jpg", "view": "left"}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "COPY photos (id, url) FROM stdin;\n1\n\\.\n",
        "INSERT INTO photos (id, url) VALUES (1);\n",
        "INSERT INTO photos VALUES (1, 2);\n",
        "INSERT INTO photos (id) VALUES ('" + "x" * 17_000_000 + "\n",
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, text):
    with pytest.raises(Refused) as caught:
        rows(tmp_path, text + "\n" * 3)
    assert caught.value.code == "dump_invalid"


def test_bytes_that_are_no_text(tmp_path):
    file = tmp_path / "photos.csv"
    file.write_bytes(b"id,url\n\xff\xfe\x00,x\n")
    with pytest.raises(Refused) as caught:
        list(read(file))
    assert caught.value.code == "dump_invalid"
    with pytest.raises(Refused) as caught:
        list(read(tmp_path / "none.csv"))
    assert caught.value.code == "file_missing"
