"""One file into one upload token, part after part, until the server has all of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.errors import DeliveryError
from bot.library.destinations.kaltura.client import Client
from bot.library.destinations.kaltura.connection import Section
from bot.library.destinations.kaltura.plan import Token, TokenState, next_piece
from bot.library.destinations.kaltura.refusals import Refusal, Unanswered

_GONE = frozenset({"UPLOAD_TOKEN_NOT_FOUND", "UPLOADED_FILE_NOT_FOUND_BY_TOKEN"})


class TokenSpent(DeliveryError):  # noqa: N818 - reads as what it is
    """Nothing can be uploaded with it any more: a new one is needed."""


class Upload:
    """Not while it is recorded: the size need not be known ahead, but finishing writes the file's beginning anew."""

    def __init__(self, client: Client, identity: str, file: Path, size: int, on_sent: Callable[[int], None]) -> None:
        """`on_sent` is told the bytes that the server has, after each part."""
        self._client = client
        self._on_sent = on_sent
        self._identity = identity
        self._file = file
        self._size = size

    async def begin(self) -> Token:
        return await self._client.add_token(self._identity, "recording.mp4", self._size)

    async def run(self, token_id: str) -> None:
        """Returns when the token holds the whole file. A part that failed is sent again a few times, from where the
        server then says that it is. Raises TokenSpent when only a new token helps, DeliveryError when later may."""
        waits_s = self._client.settings.waits_s
        failures, best = 0, -1
        while True:
            token, problem = await self._sent(token_id)
            if token is not None and token.state is TokenState.FULL:
                return
            if token is not None and token.received > best:
                failures, best = 0, token.received
                continue
            if failures == len(waits_s):
                raise self._given_up(problem)
            await asyncio.sleep(waits_s[failures])
            failures += 1

    async def _sent(self, token_id: str) -> tuple[Token | None, DeliveryError | None]:
        """Part after part from where the server says it is, until one brings nothing new: how far it came, and what
        went wrong."""
        token: Token | None = None
        try:
            token = self._usable(await self._client.token(self._identity, token_id))
            while piece := next_piece(token, self._size, self._client.settings.part_bytes):
                section = Section(self._file, piece.at, piece.length)
                before = token.received
                token = self._usable(await self._client.upload(self._identity, token_id, piece, section))
                if token.state is not TokenState.FULL and token.received <= before:
                    break
                self._on_sent(token.received)
        except (Refusal, Unanswered) as error:
            if isinstance(error, Refusal) and error.code in _GONE:
                raise TokenSpent(str(error)) from None
            return token, error
        return token, None

    def _usable(self, token: Token) -> Token:
        if not token.can_take(self._size):
            raise TokenSpent(
                f"Kaltura's upload is {token.state.name.lower()} with {token.received} of {self._size} bytes; it begins"
                " anew."
            )
        return token

    @staticmethod
    def _given_up(problem: DeliveryError | None) -> DeliveryError:
        """Where the server refused again and again, a new token is the way out; where it was silent, the same one."""
        if problem is None:
            return TokenSpent("Kaltura takes parts of the file but counts no bytes; the upload begins anew.")
        return TokenSpent(str(problem), problem.wait_s) if isinstance(problem, Refusal) else problem
