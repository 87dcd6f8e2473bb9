"""Photos by URL on the command line."""

from pathlib import Path

import pytest

from internet import opened, reply
from maquette.cli.remote import fetched
from maquette.domain.errors import Refused
from maquette.settings import Settings


def test_urls_become_files_under_their_names_and_the_rest_stays(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    urls = [
        "https://photos.example/",
        "http://photos.example/a/chair-left.jpg?sig=1",
        "HTTP://cdn.example/chair-left.jpg",
    ]
    with opened() as internet:
        internet.serve(reply(b"one"), "photos.example:80")
        internet.serve(reply(b"two"), "cdn.example:80")
        with fetched([*urls[1:], urls[1], "front.jpg"], settings, internet.fetcher()) as local:
            paths = [Path(local[url]) for url in urls[1:]]
            assert set(local) == set(urls[1:])
            assert [path.name for path in paths] == ["chair-left.jpg"] * 2
            assert [path.read_bytes() for path in paths] == [b"one", b"two"]
        assert not any(path.exists() for path in paths)


@pytest.mark.parametrize("path", ["", "/", "/..", "/%2e%2e", "/..%2f..%2f", "/a/%00", "/.", "/%2Fetc%2F"])
def test_no_url_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    with opened() as internet:
        internet.serve(reply(b"x"), "photos.example:80")
        url = f"http://photos.example{path}"
        with fetched([url], Settings(data=tmp_path), internet.fetcher()) as local:
            assert Path(local[url]).name in {"photo", "etc"}


def test_files_need_no_network(tmp_path: Path) -> None:
    with fetched(["front.jpg", "https.jpg"], Settings(data=tmp_path)) as local:
        assert local == {}


def test_a_refusal_names_the_url_but_not_its_signature(tmp_path: Path) -> None:
    with pytest.raises(Refused) as error, fetched(["http://127.0.0.1/front.jpg?sig=SECRET"], Settings(data=tmp_path)):
        pass
    assert error.value.code == "url_refused"
    assert "127.0.0.1/front.jpg" in error.value.message
    assert "SECRET" not in error.value.message
