"""An internet on loopback for each test, and an authority for them all."""

from collections.abc import Iterator

import pytest

import internet as cables


@pytest.fixture
def internet() -> Iterator[cables.Internet]:
    with cables.opened() as built:
        yield built


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> cables.Authority:
    return cables.Authority.make(tmp_path_factory.mktemp("authority"))
