"""Servers that several suites share: started once, on first use."""

from collections.abc import Iterator

import pytest

from .swift import S3, make_bucket, running


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real S3 server."""
    with running(tmp_path_factory.mktemp("swift")) as endpoint:
        yield endpoint


@pytest.fixture
def s3(s3_server: str) -> S3:
    """An empty bucket on it, with keys."""
    return make_bucket(s3_server)
