"""Worker processes: real forks, real limits, real kills."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from maquette.adapters.processes.forked import ForkedProcesses
from maquette.domain.errors import Permanent, Refused, Temporary, Unavailable
from maquette.ports.processes import Crashed, Done, Kind, Limits

MIB = 1024 * 1024
LIMITS = Limits(seconds=60, memory_bytes=512 * MIB, cpu_seconds=30)
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the limit exists on Linux only")

QUICK: Any = {"limits": LIMITS, "kind": Kind.DECODE}
"""Most tests need no library, and this server starts at once."""

Use = Callable[[ForkedProcesses], Awaitable[Any]]


@pytest.fixture(autouse=True)
def chores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


Children = Callable[[], list[psutil.Process]]


@pytest.fixture
def alone() -> Iterator[Children]:
    """What the test has started so far, which must not be anything after it. Other tests' servers do not count."""
    before = set(psutil.Process().children(recursive=True))

    def since() -> list[psutil.Process]:
        return [child for child in psutil.Process().children(recursive=True) if child not in before]

    yield since
    assert _soon(lambda: not since()), since()


def _soon(condition: Callable[[], object], seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def _with(use: Use) -> Any:
    async def main() -> Any:
        processes = ForkedProcesses()
        try:
            return await use(processes)
        finally:
            await processes.close()

    return asyncio.run(main())


def _run(function: str, payload: dict[str, Any] | None = None, **more: Any) -> Done:
    return _with(lambda processes: processes.run(f"chores:{function}", payload or {}, **(QUICK | more)))


async def _pids(file: Path) -> tuple[int, ...]:
    # the file is there a moment before what is in it
    assert await asyncio.to_thread(_soon, lambda: file.exists() and file.read_text() != "", 30)
    return tuple(int(pid) for pid in file.read_text().split())


def test_runs_a_function_in_a_process_of_its_own(alone: Children) -> None:
    done = _run("double", {"number": 21})
    assert done.value["doubled"] == 42
    assert done.value["pid"] != os.getpid()
    assert done.seconds > 0
    assert done.peak_bytes > 10 * MIB
    assert not psutil.pid_exists(done.value["pid"])


def test_every_call_gets_a_fresh_process() -> None:
    async def use(processes: ForkedProcesses) -> list[Done]:
        return [await processes.run("chores:double", {"number": 1}, **QUICK) for _ in range(3)]

    assert len({done.value["pid"] for done in _with(use)}) == 3


def test_calls_run_side_by_side() -> None:
    async def use(processes: ForkedProcesses) -> list[Done]:
        return await asyncio.gather(
            *(processes.run("chores:double", {"number": number}, **QUICK) for number in range(12))
        )

    assert [done.value["doubled"] for done in _with(use)] == [2 * number for number in range(12)]


def test_may_be_used_from_one_event_loop_after_another() -> None:
    processes = ForkedProcesses()
    first = asyncio.run(processes.run("chores:double", {"number": 1}, **QUICK))
    second = asyncio.run(processes.run("chores:double", {"number": 2}, **QUICK))
    asyncio.run(processes.close())
    assert (first.value["doubled"], second.value["doubled"]) == (2, 4)


def test_a_decoding_process_has_loaded_no_more_than_it_needs() -> None:
    modules = set(_run("double", {"number": 1}, kind=Kind.DECODE).value["modules"])
    assert "PIL.Image" in modules
    assert not modules & {"scipy", "skimage", "trimesh", "sqlalchemy", "asyncio"}


def test_a_computing_process_has_the_heavy_libraries_loaded() -> None:
    modules = set(_run("double", {"number": 1}, kind=Kind.COMPUTE).value["modules"])
    assert {"numpy", "cv2", "scipy.ndimage", "skimage.measure", "trimesh", "xatlas", "fast_simplification"} <= modules
    assert "embreex.rtcore_scene" in modules


@linux_only
def test_a_process_inherits_nothing_but_its_own_socket(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")

    async def use(processes: ForkedProcesses) -> list[Done]:
        others = [
            asyncio.create_task(processes.run("chores:sleep", {"file": str(tmp_path / name)}, **QUICK)) for name in "ab"
        ]
        for name in "ab":
            await _pids(tmp_path / name)
        done = [await processes.run("chores:look_around", {}, limits=LIMITS, kind=kind) for kind in reversed(Kind)]
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        return done

    decoding, computing = _with(use)
    assert decoding.value["sockets"] == computing.value["sockets"] == 1
    assert decoding.value["threads"] == computing.value["threads"] == 2  # its own and the watchdog
    assert "SOME_API_KEY" not in decoding.value["environment"]
    assert "SOME_API_KEY" in computing.value["environment"]


def test_reports_progress_in_the_thread_of_the_event_loop() -> None:
    heard: list[float] = []
    _run("climb", {"pause": 0.15}, progress=heard.append)
    assert heard == [0.2, 0.4, 0.6, 0.8, 1.0]


def test_throttles_progress_but_tells_the_end() -> None:
    heard: list[float] = []
    _run("chatter", progress=heard.append)
    assert heard[-1] == 1.0
    assert len(heard) < 1000


def test_an_error_of_the_progress_callback_ends_the_process(alone: Children) -> None:
    def complain(_: float) -> None:
        raise TimeoutError("not of our making")

    with pytest.raises(TimeoutError, match="not of our making"):
        _run("climb", {"pause": 100}, progress=complain)


@pytest.mark.parametrize(
    ("function", "kind", "code", "message"),
    [
        ("refuse", Refused, "no_photo", "Not one."),
        ("give_up", Permanent, "no_subject", "No object was found in the photo"),
        ("stumble", Temporary, "engine_failed", "Busy."),
        ("fill_up", Unavailable, "storage_full", "The disk is full"),
    ],
)
def test_errors_come_back_as_what_they_were(function: str, kind: type, code: str, message: str) -> None:
    with pytest.raises(kind) as caught:
        _run(function)
    assert type(caught.value) is kind
    assert (caught.value.code, caught.value.message) == (code, message)
    assert getattr(caught.value, "retry_after", None) == (7.5 if kind is Temporary else None)


def test_a_bug_comes_back_with_its_traceback() -> None:
    with pytest.raises(Crashed, match="ZeroDivisionError: a bug") as caught:
        _run("break_down")
    assert "in break_down" in caught.value.detail


@pytest.mark.parametrize("function", ["no_such_function", "os.path"])
def test_a_function_that_does_not_exist_is_a_bug(function: str) -> None:
    with pytest.raises(Crashed):
        _run(function)


def test_a_result_that_is_no_json_is_a_bug() -> None:
    with pytest.raises(Crashed):
        _with(lambda processes: processes.run("builtins:dict", {}, **QUICK))


def test_large_messages_pass_and_endless_ones_do_not(alone: Children) -> None:
    assert len(_run("say_much", {"size": 3 * MIB, "padding": "y" * 2 * MIB}).value["said"]) == 3 * MIB
    with pytest.raises(Crashed, match="said too much"):
        _run("say_much", {"size": 20 * MIB})


def test_a_timeout_kills_the_process_and_its_children(alone: Children, tmp_path: Path) -> None:
    file = tmp_path / "pids"
    with pytest.raises(Permanent) as caught:
        _run("sleep", {"file": str(file)}, limits=Limits(1.5, 512 * MIB, 30))
    assert caught.value.code == "stage_timeout"
    pid, helper = asyncio.run(_pids(file))
    assert not psutil.pid_exists(pid)
    assert _soon(lambda: _gone(helper))


def _gone(pid: int) -> bool:
    """A process that nobody has reaped yet is gone as well."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    return True


@pytest.mark.parametrize("function", ["sleep", "hold_the_lock"])
def test_a_cancelled_process_is_dead_before_the_cancellation_goes_on(function: str, tmp_path: Path) -> None:
    async def use(processes: ForkedProcesses) -> tuple[int, ...]:
        file = tmp_path / "pids"
        task = asyncio.create_task(processes.run(f"chores:{function}", {"file": str(file)}, **QUICK))
        pids = await _pids(file)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not psutil.pid_exists(pids[0])
        return pids

    pids = _with(use)
    assert _soon(lambda: all(_gone(pid) for pid in pids))


def test_cancelling_twice_still_waits_for_the_end(tmp_path: Path) -> None:
    async def use(processes: ForkedProcesses) -> None:
        file = tmp_path / "pids"
        task = asyncio.create_task(processes.run("chores:sleep", {"file": str(file)}, **QUICK))
        pids = await _pids(file)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not psutil.pid_exists(pids[0])

    _with(use)


def test_cancelling_before_the_process_exists_leaves_none(alone: Children) -> None:
    async def use(processes: ForkedProcesses) -> None:
        task = asyncio.create_task(processes.run("chores:spin", {}, **QUICK))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        done = await processes.run("chores:double", {"number": 1}, **QUICK)
        assert done.value["doubled"] == 2

    _with(use)


@linux_only
@pytest.mark.parametrize("kind", list(Kind))
def test_the_memory_limit_holds_and_counts_only_what_the_function_takes(kind: Kind) -> None:
    limits = Limits(60, 200 * MIB, 30)
    assert _run("fill_memory", {"bytes": 150 * MIB}, limits=limits, kind=kind).value == {"taken": 150 * MIB}
    with pytest.raises(Permanent) as caught:
        _run("fill_memory", {"bytes": 250 * MIB}, limits=limits, kind=kind)
    assert caught.value.code == "out_of_memory"


@linux_only
def test_opencv_running_out_of_memory_is_out_of_memory() -> None:
    with pytest.raises(Permanent) as caught:
        _run("fill_memory_in_opencv", {"side": 16000}, limits=Limits(60, 200 * MIB, 30), kind=Kind.COMPUTE)
    assert caught.value.code == "out_of_memory"


def test_the_processor_limit_holds(alone: Children) -> None:
    with pytest.raises(Permanent) as caught:
        _run("spin", limits=Limits(60, 512 * MIB, 1))
    assert caught.value.code == "stage_timeout"


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT])
def test_a_process_killed_by_a_signal_is_a_lost_worker(how: signal.Signals) -> None:
    with pytest.raises(Temporary) as caught:
        _run("die", {"signal": int(how)})
    assert caught.value.code == "worker_lost"


def test_a_dead_server_is_replaced(alone: Children) -> None:
    async def use(processes: ForkedProcesses) -> None:
        for _ in range(2):
            await processes.run("chores:double", {"number": 1}, **QUICK)
            [server] = alone()
            server.kill()
        assert (await processes.run("chores:double", {"number": 4}, **QUICK)).value["doubled"] == 8

    _with(use)


def test_a_process_that_loses_its_server_is_a_lost_worker_and_dies(alone: Children, tmp_path: Path) -> None:
    async def use(processes: ForkedProcesses) -> None:
        file = tmp_path / "pids"
        task = asyncio.create_task(processes.run("chores:sleep", {"file": str(file)}, **QUICK))
        pids = await _pids(file)
        alone()[0].kill()
        with pytest.raises(Temporary) as caught:
            await task
        assert caught.value.code == "worker_lost"
        assert await asyncio.to_thread(_soon, lambda: all(_gone(pid) for pid in pids))

    _with(use)


def test_closing_ends_what_runs(alone: Children, tmp_path: Path) -> None:
    async def use(processes: ForkedProcesses) -> None:
        file = tmp_path / "pids"
        task = asyncio.create_task(processes.run("chores:sleep", {"file": str(file)}, **QUICK))
        pids = await _pids(file)
        await processes.close()
        with pytest.raises(Temporary):
            await task
        assert await asyncio.to_thread(_soon, lambda: all(_gone(pid) for pid in pids))

    _with(use)
