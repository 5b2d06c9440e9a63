"""A service for all tests of one file that only ask it something; and no bots after a test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.service_api.asking import Asking, answering
from tests.service_api.leftovers import end_bots
from tests.service_api.running import RunningService, started


@pytest.fixture(autouse=True)
def _no_bot_outlives_its_test(tmp_path: Path) -> Iterator[None]:
    yield
    end_bots(tmp_path)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    folder = tmp_path_factory.mktemp("service")
    try:
        async with started(folder / "library") as running:
            yield running
    finally:
        end_bots(folder)


@pytest_asyncio.fixture
async def asking(tmp_path: Path) -> AsyncIterator[Asking]:
    async with answering(tmp_path / "library") as running:
        yield running
