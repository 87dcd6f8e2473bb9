"""Every adapter against the loopback of its provider, over real connections, fault by fault."""

from pathlib import Path

import pytest

from conformance.subjects import SUBJECTS
from maquette.adapters.clocks import SystemClock
from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.testing.hosting import CASES, Subject, check_hosted_engine


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
def test_it_conforms(subject: Subject, case: str, tmp_path: Path):
    check_hosted_engine(subject, case, HttpxFetcher(SystemClock(), "test"), tmp_path)
