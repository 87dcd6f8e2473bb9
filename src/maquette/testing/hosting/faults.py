"""Cases in which something goes wrong: what it means, whether it is paid, and that it goes on from there."""

from collections.abc import Collection, Mapping

from maquette.domain.hosting import CALL_ENDED, PASSING, Billed, CallState, Fault, Trouble
from maquette.testing.hosting.bench import MOST_POLLS, Bench, Case

SUBMIT_FAULTS: Mapping[str, tuple[Collection[Fault], Collection[Billed]]] = {
    "busy": ((Fault.RATE_LIMITED,), (Billed.NO,)),
    "crowded": ((Fault.CAPACITY, Fault.RATE_LIMITED), (Billed.NO,)),
    "broke": ((Fault.QUOTA,), (Billed.NO,)),
    "denied": ((Fault.AUTH,), (Billed.NO,)),
    "error": ((Fault.PROVIDER,), (Billed.NO, Billed.UNKNOWN)),
    "garbage": ((Fault.PROVIDER, Fault.BAD_OUTPUT), (Billed.UNKNOWN,)),
    "hang": ((Fault.TRANSPORT, Fault.TIMEOUT), (Billed.UNKNOWN,)),
    "trickle": ((Fault.TRANSPORT, Fault.TIMEOUT), (Billed.UNKNOWN,)),
    "huge": ((Fault.BAD_OUTPUT, Fault.TRANSPORT), (Billed.UNKNOWN,)),
    "reset": ((Fault.TRANSPORT,), (Billed.UNKNOWN,)),
    "drop": ((Fault.TRANSPORT,), (Billed.UNKNOWN,)),
}
"""What each fault of a submit means, and what may be said of the money. What was not answered may be paid."""
SLOW = ("hang", "trickle", "huge")


def _submit_fault(kind: str) -> Case:
    async def case(bench: Bench) -> None:
        if kind in bench.subject.without:
            return
        faults, billed = SUBMIT_FAULTS[kind]
        bench.loopback.faults.add(kind, "submit")
        if kind in SLOW:
            bench.fetcher.hurried = "submit"
        trouble = await bench.trouble(bench.submit())
        assert (trouble.fault in faults, trouble.billed in billed) == (True, True), (trouble.fault, trouble.billed)
        assert trouble.billed is not Billed.NO or not bench.paid, "it is on the bill"
        assert len(bench.loopback.seen("submit")) == 1, "an adapter never submits again by itself"

    return case


POLL_FAULTS = ("busy", "error", "garbage", "hang", "trickle", "reset", "drop", "denied")


def _poll_fault(kind: str) -> Case:
    async def case(bench: Bench) -> None:
        if kind in bench.subject.without or bench.engine.abilities.synchronous:
            return
        handle = await bench.submit()
        bench.loopback.faults.add(kind, "poll")
        if kind in SLOW:
            bench.fetcher.hurried = "poll"
        trouble = await bench.trouble(bench.engine.poll(handle))
        expected = {Fault.AUTH} if kind == "denied" else {*PASSING, Fault.BAD_OUTPUT}
        assert trouble.fault in expected, trouble.fault
        assert trouble.billed is Billed.NO, "asking costs nothing"
        bench.fetcher.hurried = ""
        assert (await bench.ended(handle))[-1].state is CallState.SUCCEEDED, "the commission is as it was"

    return case


def _failing(kind: str, faults: Collection[Fault]) -> Case:
    async def case(bench: Bench) -> None:
        if kind in bench.subject.without:
            return
        bench.loopback.faults.add(kind, "task")
        try:
            handle = await bench.submit()
        except Trouble as trouble:
            bench.check_words(trouble)
            error = trouble
        else:
            last = (await bench.ended(handle))[-1]
            assert last.state is CallState.FAILED and last.error
            error = last.error
        assert error.fault in faults, error.fault
        assert error.billed is not Billed.NO or not bench.paid, "it is on the bill"
        assert error.billed is not Billed.YES or bench.paid, "it is not on the bill"

    return case


def _endless(kind: str) -> Case:
    async def case(bench: Bench) -> None:
        if kind in bench.subject.without or bench.engine.abilities.synchronous:
            return
        bench.loopback.faults.add(kind, "task")
        handle = await bench.submit()
        for _ in range(MOST_POLLS):
            snapshot = await bench.engine.poll(handle)
            bench.check_snapshot(snapshot)
            assert snapshot.state not in CALL_ENDED, "only whoever has a clock may give up"

    return case


async def _backwards(bench: Bench) -> None:
    if "backwards" in bench.subject.without or bench.engine.abilities.synchronous:
        return
    bench.loopback.faults.add("backwards", "task")
    assert (await bench.ended(await bench.submit()))[-1].state is CallState.SUCCEEDED


CASES: dict[str, Case] = {
    **{f"submit-{kind}": _submit_fault(kind) for kind in SUBMIT_FAULTS},
    **{f"poll-{kind}": _poll_fault(kind) for kind in POLL_FAULTS},
    "task-refused": _failing("refused", (Fault.REFUSED,)),
    "task-fails": _failing("fails", (Fault.PROVIDER, Fault.INVALID_INPUT, Fault.BAD_OUTPUT)),
    "task-stuck": _endless("stuck"),
    "task-forever": _endless("forever"),
    "task-backwards": _backwards,
}
