"""Chromium, and the service for it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.console.console_service import ConsoleService, serving
from tests.console.people import chromium


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[ConsoleService]:
    async with serving(tmp_path) as service:
        yield service
