"""Stores, and credentials for them."""

import itertools
from collections.abc import Iterator

import pytest

from tests.stores.moto_store import Store, running_store

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    with running_store() as running:
        yield running


@pytest.fixture
def bucket(store: Store) -> str:
    """A new one."""
    name = f"recordings-{next(_numbers)}"
    store.make_bucket(name)
    return name


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own are nobody's business."""
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIATEST")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
