"""Kaltura sessions: what stands for the secret in every request, one an identity, renewed before it expires."""

from collections import OrderedDict
from collections.abc import Callable

from bot.library.destinations.kaltura.connection import Connection
from bot.library.destinations.kaltura.refusals import Unanswered
from bot.library.destinations.kaltura.settings import KalturaSettings

ADMIN = 2  # may file for others
LIFETIME_S = 4 * 3600
SPARE_S = 600.0  # a session that ends sooner is not begun with
MOST_SESSIONS = 256  # beyond it the one that was used longest ago is forgotten: it is started again when needed

# The owner is not a member of every channel that the recording goes to, and searches must show all there is.
PRIVILEGES = "disableentitlement"


class Sessions:
    def __init__(self, connection: Connection, settings: KalturaSettings, clock: Callable[[], float]) -> None:
        """`clock`: seconds that only go forward."""
        self._connection = connection
        self._settings = settings
        self._clock = clock
        self._known: OrderedDict[str, tuple[str, float]] = OrderedDict()

    async def session(self, identity: str) -> str:
        """Raises DeliveryError; Refusal where partner or secret are wrong."""
        ks, until = self._known.get(identity, ("", 0.0))
        if until - self._clock() < SPARE_S:
            began = self._clock()
            ks = await self._start(identity)
            self._known[identity] = (ks, began + LIFETIME_S)
        self._known.move_to_end(identity)
        while len(self._known) > MOST_SESSIONS:
            self._known.popitem(last=False)
        return ks

    def forget(self, identity: str, ks: str) -> None:
        """The server does not take it any more. Somebody else may have renewed it by now."""
        if self._known.get(identity, ("",))[0] == ks:
            del self._known[identity]

    async def _start(self, identity: str) -> str:
        answer = await self._connection.post(
            "session",
            "start",
            {
                "partnerId": self._settings.partner,
                "secret": self._settings.secret,
                "userId": identity,
                "type": ADMIN,
                "expiry": LIFETIME_S,
                "privileges": PRIVILEGES,
            },
        )
        if not isinstance(answer, str) or not answer:
            raise Unanswered("Kaltura's server started no session; is this its API?")
        return answer
