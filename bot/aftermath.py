"""A recording that is over, while its file is being made of what earlier bots have left."""

from bot.control.board import Board
from bot.control.status import Status
from bot.errors import NotNow
from bot.lifecycle import EndReason
from mixer.settings import LayoutName


class Aftermath:
    """The `Controls` of it: there is nothing left to steer."""

    def __init__(self, closing: Status) -> None:
        self.board = Board()
        self._status = closing
        self.board.post(closing)

    def end_with(self, status: Status) -> None:
        self._status = status
        self.board.post(status)

    def status(self) -> Status:
        return self._status

    def pause(self) -> None:
        raise _over()

    def resume(self) -> None:
        raise _over()

    def end(self, reason: EndReason) -> None:
        """It is ending already, for a reason of its own."""

    def set_layout(self, name: LayoutName) -> None:
        raise _over()

    def tell_host(self, *, present: bool, identity: str | None) -> None:
        raise _over()

    def follow_order(self) -> None:
        raise _over()

    async def picture(self, width: int) -> bytes | None:
        raise _over()


def _over() -> NotNow:
    return NotNow("The recording has ended; its file is being finished.")
