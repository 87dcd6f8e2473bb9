"""How events are written, and what becomes of progress that piled up."""

import json
from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from maquette.api.told import latest, tell
from maquette.domain.jobs import Event, EventType

AT = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


def event(seq, kind=EventType.PROGRESS, stage="generating"):
    return Event("job_a", seq, kind, AT, {"stage": stage, "name": "Müller\n"})


def test_one_text_for_both_kinds_of_stream():
    told = tell(event(3))
    assert json.loads(told.text) == {
        "job_id": "job_a",
        "seq": 3,
        "type": "stage.progress",
        "at": "2026-11-20T12:00:00.123Z",
        "data": {"stage": "generating", "name": "Müller\n"},
    }
    assert told.frame.decode() == f"event: stage.progress\ndata: {told.text}\n\n"
    assert (told.step, told.is_last) == ("generating", False)
    assert (tell(event(4, EventType.CANCELED)).step, tell(event(4, EventType.CANCELED)).is_last) == (None, True)


@given(
    st.lists(st.tuples(st.sampled_from([EventType.PROGRESS, EventType.STARTED]), st.sampled_from("ab")), max_size=12)
)
def test_only_progress_of_the_same_stage_gives_way_and_says_so(kinds):
    events = [event(seq, *kind) for seq, kind in enumerate(kinds, start=1)]
    told = [json.loads(text) for text in latest([tell(one) for one in events])]
    reached = 0
    for message in told:
        assert message["seq"] == reached + 1 + message.get("skipped", 0)
        given_way = kinds[reached : message["seq"]]
        assert set(given_way) == {kinds[message["seq"] - 1]} and (
            len(given_way) == 1 or given_way[0][0] is EventType.PROGRESS
        )
        reached = message["seq"]
    assert reached == len(kinds)
    pairs = pairwise(told)
    assert not any(a["type"] == b["type"] == "stage.progress" and a["data"] == b["data"] for a, b in pairs)
