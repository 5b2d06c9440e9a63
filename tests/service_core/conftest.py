"""What every test of the service may lean on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.service_api.leftovers import end_bots


@pytest.fixture(autouse=True)
def _no_bot_outlives_its_test(tmp_path: Path) -> Iterator[None]:
    yield
    end_bots(tmp_path)
