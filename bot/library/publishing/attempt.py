"""One attempt at something with a destination: whatever goes wrong becomes one kind of error."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

from bot.errors import DeliveryError, OutputError
from bot.library.publishing.row_memory import RowMemory

Result = TypeVar("Result")

log = logging.getLogger(__name__)

SILENCE_S = 3600.0  # one that keeps nothing for so long is taken for hung


async def attempt(work: Awaitable[Result], memory: RowMemory, silence_s: float = SILENCE_S) -> Result:
    """Raises DeliveryError for whatever the destination does, and OutputError when the catalogue cannot be written."""
    limit = asyncio.timeout(silence_s)

    def give_more() -> None:
        limit.reschedule(asyncio.get_running_loop().time() + silence_s)

    try:
        async with limit:
            memory.on_sign = give_more
            return await work
    except (DeliveryError, OutputError):
        raise
    except TimeoutError:
        said = f"nothing happened for {silence_s:.0f} s" if limit.expired() else "it did not answer in time"
        raise DeliveryError(f"The attempt was broken off: {said}.") from None
    except Exception as error:
        log.exception("a defect in a destination")
        raise DeliveryError(
            f"A defect of this program ({type(error).__name__}); the service's log says more."
        ) from error
    finally:
        memory.on_sign = lambda: None
