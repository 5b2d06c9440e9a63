"""A service for all tests of one file that only ask it something."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.service_api.running import RunningService, started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningService]:
    library: Path = tmp_path_factory.mktemp("service") / "library"
    async with started(library) as running:
        yield running
