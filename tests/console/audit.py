"""What a person with a screen reader, a keyboard or weak eyes needs of a page, checked in the page itself."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

_SCRIPT = (Path(__file__).parent / "audit.js").read_text()


async def audit(page: Page, where: str) -> None:
    """Fails with everything that is wrong on the page as it stands, inside of shadow roots too."""
    # Colours are judged at rest, not in the middle of a fade.
    await page.evaluate(
        "() => document.getAnimations().forEach((one) => one.effect?.getTiming().iterations === 1 && one.finish())"
    )
    found: list[dict[str, Any]] = await page.evaluate(_SCRIPT)
    assert found == [], f"{where}: {found}"
