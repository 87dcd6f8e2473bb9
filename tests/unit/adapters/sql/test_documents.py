"""Documents of rows that older versions wrote."""

from maquette.adapters.sql.documents import inputs
from maquette.domain.assets import View
from maquette.domain.jobs import JobInput
from maquette.domain.marks import Click, Marks


def test_inputs_from_before_there_were_marks_are_read_and_unmarked_ones_are_written_as_then():
    document = inputs()
    old = [{"asset_id": "ast_1", "view": "left", "box": [1, 2, 3, 4]}]
    assert document.load(old) == (JobInput("ast_1", View.LEFT, (1, 2, 3, 4)),)
    assert document.dump(document.load(old)) == old
    marked = (JobInput("ast_1", marks=Marks((Click(1, 2),))),)
    assert document.load(document.dump(marked)) == marked
