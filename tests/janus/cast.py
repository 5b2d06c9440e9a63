"""Who plays in the tests with browsers, and how each is told from the others in a recording."""

from dataclasses import dataclass
from typing import Any

from tests.janus.browser import Studio
from tests.janus.gateway import Gateway


@dataclass(frozen=True)
class Role:
    """One publisher: a flat colour (RGB) and a tone (Hz, None: no sound) of its own."""

    name: str
    codec: str
    colour: tuple[int, int, int]
    tone: int | None
    width: int = 640
    height: int = 360
    fps: int = 15
    description: str = ""

    def order(self, gateway: Gateway, room: int) -> dict[str, Any]:
        return {
            "do": "join",
            "name": self.name,
            "display": self.name,
            "url": gateway.url,
            "room": room,
            "codec": self.codec,
            "colour": list(self.colour),
            "tone": self.tone,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "description": self.description,
        }


ANNA = Role("Anna", "vp8", (200, 40, 40), 500)
BEN = Role("Ben", "h264", (40, 180, 40), 700)
CLEO = Role("Cleo", "vp9", (50, 60, 220), 900)
STAGE = Role("Dora", "vp8", (220, 200, 40), None, width=1920, height=1080, fps=5, description="screen")
LATE = Role("Emil", "vp8", (180, 50, 200), 1100)


async def enter(studio: Studio, page: str, role: Role, gateway: Gateway, room: int, **more: Any) -> None:
    """Returns when the publisher's media flows towards Janus."""
    seen = len(studio.reports)
    await studio.order(page, **(role.order(gateway, room) | more))
    await studio.heard(
        lambda r: r["name"] == role.name and r["kind"] == "connection" and r["state"] == "connected",
        f"{role.name} connected",
        after=seen,
    )
