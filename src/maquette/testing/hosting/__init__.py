"""What holds for every engine on another machine, tried against a loopback of its provider.

An adapter's test needs these lines, and a ``Fetcher`` that really speaks HTTP:

    SUBJECT = Subject(MyMesher, MyLoopback, photographed(View.FRONT, View.BACK))

    @pytest.mark.parametrize("case", CASES)
    def test_it_conforms(case, tmp_path):
        check_hosted_engine(SUBJECT, case, HttpxFetcher(SystemClock(), "test"), tmp_path)

The loopback is a ``testing.loopbacks.server.Loopback``; its routes have the phases ``submit`` and ``poll``, it deals
out the faults ``refused``, ``fails``, ``stuck`` and ``backwards`` of phase ``task`` (``tasks.TaskLoopback`` does),
and has a method ``letter(task, at, forged)`` where the provider calls back. What it writes on its bill is the truth
that an engine's ``billed``, ``spent`` and ``spread`` are held against.
"""

import asyncio
from pathlib import Path

from maquette.ports.outbound import Fetcher
from maquette.testing.hosting.bench import Bench, Case, Ordering, Subject
from maquette.testing.hosting.cases import CASES as _CYCLE
from maquette.testing.hosting.faults import CASES as _FAULTS
from maquette.testing.hosting.orders import masked, modelled, photographed

CASES: dict[str, Case] = {**_CYCLE, **_FAULTS}
__all__ = ["CASES", "Ordering", "Subject", "check_hosted_engine", "masked", "modelled", "photographed"]


def check_hosted_engine(subject: Subject, case: str, fetcher: Fetcher, folder: Path) -> None:
    """Runs one of ``CASES``. ``folder`` is empty. Raises ``AssertionError`` for what does not hold."""

    async def run() -> None:
        with subject.loopback() as loopback:
            bench = Bench(subject, loopback, fetcher, folder)
            await CASES[case](bench)
            bench.check_secrets()

    asyncio.run(run())
