"""The data folder: its secret, its holder, and what becomes of leftovers."""

import sys
import threading
from pathlib import Path

import pytest

from maquette.adapters.dbos.lock import FolderLock
from maquette.adapters.folder.data import DataFolder
from maquette.bootstrap import check_storage, database_url, holder, is_behind, migrate_database
from maquette.domain.errors import Refused, Unavailable
from maquette.settings import Settings
from s3server import S3


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


def test_the_secret_is_made_once_and_only_its_owner_may_read_it(settings: Settings) -> None:
    folder = DataFolder(settings.data)
    folder.prepare()
    seen: set[bytes] = set()
    threads = [threading.Thread(target=lambda: seen.add(folder.secret())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {folder.secret()}
    assert len(folder.secret()) >= 32
    assert (settings.data / "secret").stat().st_mode & 0o777 == 0o600
    assert settings.data.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in settings.data.iterdir()} == {"secret", "scratch"}


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused) as refused:
        DataFolder(tmp_path / "file" / "data").prepare()
    assert refused.value.code == "invalid_setting"


def test_a_held_folder_is_not_migrated_and_says_who_holds_it(settings: Settings) -> None:
    assert holder(settings) is None
    DataFolder(settings.data).prepare()
    lock = FolderLock(settings.data)
    assert lock.try_lock("http://127.0.0.1:1234")
    try:
        assert is_behind(settings)
        with pytest.raises(Refused, match=r"127\.0\.0\.1:1234") as refused:
            migrate_database(settings)
        assert refused.value.code == "data_folder_busy"
    finally:
        lock.release()
    migrate_database(settings)
    assert not is_behind(settings)


def test_the_database_is_sqlite_in_the_folder_unless_another_is_given(settings: Settings) -> None:
    assert database_url(settings) == f"sqlite:///{settings.data}/maquette.db"
    other = Settings(data=settings.data, database_url="postgresql+psycopg://me@there/maquette")
    assert database_url(other) == other.database_url


@pytest.mark.parametrize(
    "url", ["nonsense", "oracle+nothing://there", "postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=2"]
)
def test_a_database_that_cannot_be_used_is_told_with_a_hint(tmp_path: Path, url: str) -> None:
    with pytest.raises(Unavailable) as unavailable:
        is_behind(Settings(data=tmp_path, database_url=url))
    assert unavailable.value.code == "not_ready"
    assert "MAQUETTE_DATABASE_URL" in unavailable.value.hint


def test_files_are_kept_in_the_folder_or_in_a_bucket(settings: Settings, s3: S3) -> None:
    assert check_storage(settings) == "files in the data folder"
    bucket = Settings.model_validate({"data": settings.data, **s3.settings})
    assert check_storage(bucket) == f"bucket {s3.bucket} at {s3.endpoint}"
    assert not settings.data.exists(), "looking makes nothing"
    wrong = Settings.model_validate({"data": settings.data, **s3.settings, "s3_secret_access_key": "not-to-be-told"})
    with pytest.raises(Unavailable) as unavailable:
        check_storage(wrong)
    assert unavailable.value.code == "storage_unavailable"
    assert "not-to-be-told" not in f"{unavailable.value!r} {unavailable.value.message} {wrong!r}"


def test_postgres_without_its_driver_says_what_to_install(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unavailable) as unavailable:
        is_behind(Settings(data=settings.data, database_url="postgresql+psycopg://me@there/maquette"))
    assert unavailable.value.hint == "pip install 'maquette[postgres]'"
