"""Cases of the whole cycle and of what surrounds it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from maquette.domain.assets import View
from maquette.domain.errors import MaquetteError
from maquette.domain.hosting import Billed, Calling, CallState, Cancelled, Cancelling, Fault, Handle, Trouble
from maquette.ports.hosting import HostedEngine, Parcel
from maquette.testing import check_engine
from maquette.testing.hosting.bench import Bench, Case

CASES: dict[str, Case] = {}
NOBODY = "00000000-0000-4000-8000-000000000000"
"""A number that no provider has given."""


def _case(name: str) -> Callable[[Case], Case]:
    def add(case: Case) -> Case:
        CASES[name] = case
        return case

    return add


@_case("describes-itself")
async def _describes(bench: Bench) -> None:
    check_engine(bench.engine)
    assert isinstance(bench.engine, HostedEngine)
    abilities = bench.engine.abilities
    assert bench.engine.info.is_test, "the operator's is_test is passed on"
    assert abilities.gives, "it says what it delivers"
    assert abilities.max_parallel >= 1
    assert set(abilities.takes.views) <= {view.value for view in View}
    assert not bench.fetcher.sent, "making an engine and asking what it can do opens no connection"


@_case("whole-cycle")
async def _cycle(bench: Bench) -> None:
    spread = bench.engine.spread(bench.order)
    assert not bench.fetcher.sent, "an estimate opens no connection"
    handle = await bench.submit()
    assert handle.external_id or bench.engine.abilities.synchronous
    assert len(bench.loopback.seen("submit")) == 1
    # whoever comes after a crash has the handle and nothing else
    bench.engine = bench.subject.made(bench.loopback, bench.fetcher)
    seen = await bench.ended(handle)
    assert seen[-1].state is CallState.SUCCEEDED
    parcels = await bench.engine.result(handle, bench.folder)
    await _check_parcels(bench, parcels)
    assert len(bench.loopback.seen("submit")) == 1, "a commission is submitted once"
    if spread:
        assert spread.low <= bench.paid <= spread.high, f"the bill is {bench.paid}, announced were {spread}"
        assert spread.unit == bench.engine.abilities.cost_unit
    if seen[-1].spent:
        assert seen[-1].spent.units == bench.paid and seen[-1].spent.unit == bench.engine.abilities.cost_unit
    again = await bench.engine.result(handle, bench.folder)
    await _check_parcels(bench, again)


async def _check_parcels(bench: Bench, parcels: tuple[Parcel, ...]) -> None:
    assert parcels, "a commission that succeeded has an outcome"
    for parcel in parcels:
        assert bool(parcel.url) != (parcel.path is not None)
        content = await bench.fetched(parcel)
        assert content
        if parcel.role == "model":
            assert content[:4] == b"glTF" and int.from_bytes(content[8:12], "little") == len(content)
        if parcel.role in ("picture", "mask", "thumbnail", "texture"):
            _check_picture(content)


def _check_picture(content: bytes) -> None:
    import io

    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        picture.load()


@_case("file-expired")
async def _expired(bench: Bench) -> None:
    """A dead address is no end: asked again, the engine has another one."""
    handle = await bench.submit()
    await bench.ended(handle)
    parcel = (await bench.engine.result(handle, bench.folder))[0]
    if not parcel.url or "expired" in bench.subject.without:
        return
    bench.loopback.faults.add("expired", "file")
    try:
        await bench.fetched(parcel)
    except MaquetteError:
        pass
    else:
        raise AssertionError("the loopback delivered from a dead address")
    await _check_parcels(bench, await bench.engine.result(handle, bench.folder))


@_case("cancel")
async def _cancel(bench: Bench) -> None:
    cancelling = bench.engine.abilities.cancelling
    handle = await bench.submit()
    said = await bench.engine.cancel(handle)
    if cancelling is Cancelling.NONE:
        assert said is Cancelled.UNSUPPORTED
        assert (await bench.ended(handle))[-1].state is CallState.SUCCEEDED
        return
    assert said in (Cancelled.ACCEPTED, Cancelled.TOO_LATE)
    if said is Cancelled.ACCEPTED:
        assert (await _last(bench, handle)) in (CallState.CANCELED, CallState.EXPIRED)


async def _last(bench: Bench, handle: Handle) -> CallState:
    """The last state; a task that nobody there knows any more counts as expired."""
    try:
        return (await bench.ended(handle))[-1].state
    except Trouble as trouble:
        assert trouble.fault is Fault.EXPIRED
        return CallState.EXPIRED


@_case("cancel-too-late")
async def _too_late(bench: Bench) -> None:
    """What is done stays, and can be fetched."""
    handle = await bench.submit()
    await bench.ended(handle)
    assert await bench.engine.cancel(handle) in (Cancelled.TOO_LATE, Cancelled.UNSUPPORTED)
    await _check_parcels(bench, await bench.engine.result(handle, bench.folder))


@_case("find")
async def _find(bench: Bench) -> None:
    if not bench.engine.abilities.reconciles:
        return
    since = time.time()
    assert await bench.engine.find(bench.order, since) is None
    bench.loopback.faults.add("reset", "submit")
    trouble = await bench.trouble(bench.submit())
    assert trouble.billed is Billed.UNKNOWN
    found = await bench.engine.find(bench.order, since)
    assert found, "it was accepted, and the provider lists it"
    assert len(bench.loopback.seen("submit")) == 1
    assert (await bench.ended(Handle.of(found.document())))[-1].state is CallState.SUCCEEDED
    await _check_parcels(bench, await bench.engine.result(found, bench.folder))
    assert await bench.engine.find(bench.order, time.time() + 3600) is None, "only what was made since then counts"


@_case("unknown-number")
async def _unknown(bench: Bench) -> None:
    """A number that the provider does not know never looks like success."""
    if bench.engine.abilities.synchronous:
        return
    handle = await bench.submit()
    urls = {name: url.replace(handle.external_id, NOBODY) for name, url in handle.urls.items()}
    ghost = replace(handle, external_id=NOBODY, urls=urls)
    try:
        snapshot = await bench.engine.poll(ghost)
    except Trouble as trouble:
        bench.check_words(trouble)
        assert trouble.fault in (Fault.EXPIRED, Fault.LOST, Fault.INVALID_INPUT, Fault.PROVIDER)
    else:
        assert snapshot.state is not CallState.SUCCEEDED


@_case("called-by")
async def _called(bench: Bench) -> None:
    """Only the provider's own letters name a commission; signatures hold for five minutes."""
    now = time.time()
    calling = bench.engine.abilities.calling
    for headers, body in (({}, b""), ({}, b"{}"), ({}, b"[" * 100_000), ({"content-type": "text/plain"}, b"\xff\xfe")):
        assert _refuses(bench, headers, body, now), "anybody could have sent this"
    if calling is Calling.NONE:
        return
    handle = await bench.submit()
    letter: Callable[..., tuple[Mapping[str, str], bytes]] = bench.loopback.letter  # type: ignore[attr-defined]
    headers, body = letter(handle.external_id, now, False)
    assert bench.engine.called_by(headers, body, now) == handle.external_id
    if calling is Calling.UNSIGNED:
        return
    for at, is_forged in ((now, True), (now - 3600, False), (now + 3600, False)):
        others, theirs = letter(handle.external_id, at, is_forged)
        assert _refuses(bench, others, theirs, now), "forged, or of another hour"
    assert _refuses(bench, headers, body + b" ", now), "altered"


def _refuses(bench: Bench, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    try:
        bench.engine.called_by(headers, body, now)
    except Trouble as trouble:
        bench.check_words(trouble)
        return trouble.fault is Fault.AUTH
    return False


@_case("balance")
async def _balance(bench: Bench) -> None:
    left = await bench.engine.balance()
    if left is None:
        return
    assert left.units >= 0 and left.unit == bench.engine.abilities.cost_unit
    bench.loopback.faults.add("denied", "balance")
    assert (await bench.trouble(bench.engine.balance())).fault is Fault.AUTH


@_case("wrong-key")
async def _wrong_key(bench: Bench) -> None:
    if "denied" in bench.subject.without:
        return
    wrong = replace(bench.subject, key="a-wrong-key-never-shown")
    bench.engine, bench.key = wrong.made(bench.loopback, bench.fetcher), wrong.key
    trouble = await bench.trouble(bench.submit())
    assert (trouble.fault, trouble.billed) == (Fault.AUTH, Billed.NO)
    assert not bench.loopback.bill


@_case("file-truncated")
async def _truncated(bench: Bench) -> None:
    """Half a file: what an engine writes itself is whole, what lies at an address can be fetched again."""
    if "truncated" in bench.subject.without:
        return
    handle = await bench.submit()
    bench.loopback.faults.add("truncated", "file")
    assert (await bench.ended(handle))[-1].state is CallState.SUCCEEDED
    for parcel in await bench.engine.result(handle, bench.folder):
        if parcel.path:
            await _check_parcels(bench, (parcel,))
        else:
            await bench.fetched(parcel)
    await _check_parcels(bench, await bench.engine.result(handle, bench.folder))
