"""The requests of Kaltura's public API that publishing needs, by their names there."""

import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from bot.library.destinations.kaltura.connection import Connection, Section
from bot.library.destinations.kaltura.entry import SEARCHED_MODERATION, SEARCHED_STATES
from bot.library.destinations.kaltura.plan import Piece, Token, token_from
from bot.library.destinations.kaltura.refusals import INVALID_SESSION, Refusal, Unanswered
from bot.library.destinations.kaltura.sessions import Sessions
from bot.library.destinations.kaltura.settings import KalturaSettings

_MOST_FOUND = 30


class Client:
    """An async context manager. Every method raises DeliveryError: Refusal or Unanswered. `identity`: for whom."""

    def __init__(self, settings: KalturaSettings, clock: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._connection = Connection(settings)
        self._sessions = Sessions(self._connection, settings, clock)

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._connection.__aexit__(kind, error, trace)

    async def find(self, identity: str, reference: str) -> list[str]:
        """Ids of the entries with this reference id, the oldest first. The server's search lags behind its entries."""
        wanted = {
            "objectType": "KalturaMediaEntryFilter",
            "referenceIdEqual": reference,
            "statusIn": SEARCHED_STATES,
            "moderationStatusIn": SEARCHED_MODERATION,
            "orderBy": "+createdAt",
        }
        pager = {"objectType": "KalturaFilterPager", "pageSize": _MOST_FOUND}
        return [str(one["id"]) for one in await self._listed(identity, "media", wanted, pager)]

    async def add(self, identity: str, entry: Mapping[str, Any]) -> str:
        return await self._id(identity, "media", "add", {"entry": entry})

    async def entry(self, identity: str, entry: str) -> Mapping[str, Any]:
        return await self._object(identity, "media", "get", {"entryId": entry})

    async def update(self, identity: str, entry: str, told: Mapping[str, str]) -> None:
        changed = {"objectType": "KalturaMediaEntry", **told}
        await self._ask(identity, "media", "update", {"entryId": entry, "mediaEntry": changed})

    async def delete(self, identity: str, entry: str) -> None:
        await self._ask(identity, "media", "delete", {"entryId": entry})

    async def add_content(self, identity: str, entry: str, token: str) -> None:
        resource = {"objectType": "KalturaUploadedFileTokenResource", "token": token}
        values = {"entryId": entry, "resource": resource}
        await self._ask(identity, "media", "addContent", values, patience_s=self.settings.last_patience_s)

    async def assets(self, identity: str, entry: str) -> list[Mapping[str, Any]]:
        """What the entry consists of: the file it was made of, and what was made of that."""
        return await self._listed(
            identity,
            "flavorAsset",
            {"objectType": "KalturaFlavorAssetFilter", "entryIdEqual": entry},
            {"objectType": "KalturaFilterPager", "pageSize": 100},
        )

    async def add_token(self, identity: str, name: str, size: int) -> Token:
        token = {"objectType": "KalturaUploadToken", "fileName": name, "fileSize": size}
        return _token(await self._object(identity, "uploadToken", "add", {"uploadToken": token}))

    async def token(self, identity: str, token: str) -> Token:
        return _token(await self._object(identity, "uploadToken", "get", {"uploadTokenId": token}))

    async def delete_token(self, identity: str, token: str) -> None:
        await self._ask(identity, "uploadToken", "delete", {"uploadTokenId": token})

    async def upload(self, identity: str, token: str, piece: Piece, section: Section) -> Token:
        values: dict[str, Any] = {"uploadTokenId": token, "resume": piece.resume, "finalChunk": piece.final}
        if piece.resume:
            values["resumeAt"] = piece.at
        patience_s = self.settings.last_patience_s if piece.final else self.settings.patience_s
        return _token(
            await self._object(identity, "uploadToken", "upload", values, section=section, patience_s=patience_s)
        )

    async def add_to_category(self, identity: str, entry: str, category: str) -> None:
        filed = {"objectType": "KalturaCategoryEntry", "categoryId": int(category), "entryId": entry}
        await self._ask(identity, "categoryEntry", "add", {"categoryEntry": filed})

    async def remove_from_category(self, identity: str, entry: str, category: str) -> None:
        await self._ask(identity, "categoryEntry", "delete", {"entryId": entry, "categoryId": int(category)})

    async def attach_to_room(self, identity: str, room: str, entry: str) -> None:
        await self._ask(identity, "room", "attachRecordedEntry", {"roomEntryId": room, "mediaEntryId": entry})

    async def add_thumbnail(self, identity: str, entry: str, picture: Section) -> str:
        return await self._id(identity, "thumbAsset", "addFromImage", {"entryId": entry}, picture)

    async def choose_thumbnail(self, identity: str, thumbnail: str) -> None:
        await self._ask(identity, "thumbAsset", "setAsDefault", {"thumbAssetId": thumbnail})

    async def _id(
        self, identity: str, service: str, action: str, values: Mapping[str, Any], section: Section | None = None
    ) -> str:
        found = (await self._object(identity, service, action, values, section=section)).get("id")
        if not isinstance(found, str) or not found:
            raise _strange(service, action)
        return found

    async def _listed(
        self, identity: str, service: str, wanted: Mapping[str, Any], pager: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        objects = (await self._object(identity, service, "list", {"filter": wanted, "pager": pager})).get(
            "objects"
        ) or []
        if not isinstance(objects, list) or not all(isinstance(one, dict) and "id" in one for one in objects):
            raise _strange(service, "list")
        return objects

    async def _object(
        self,
        identity: str,
        service: str,
        action: str,
        values: Mapping[str, Any],
        *,
        section: Section | None = None,
        patience_s: float | None = None,
    ) -> Mapping[str, Any]:
        answer = await self._ask(identity, service, action, values, section=section, patience_s=patience_s)
        if not isinstance(answer, dict):
            raise _strange(service, action)
        return answer

    async def _ask(
        self,
        identity: str,
        service: str,
        action: str,
        values: Mapping[str, Any],
        *,
        section: Section | None = None,
        patience_s: float | None = None,
    ) -> Any:
        """With a session for `identity`; one that is not taken any more is renewed, once."""
        identity = self.settings.identity or identity
        for is_last in (False, True):
            ks = await self._sessions.session(identity)
            try:
                return await self._connection.post(service, action, {"ks": ks, **values}, section, patience_s)
            except Refusal as refusal:
                if refusal.code not in INVALID_SESSION:
                    raise
                self._sessions.forget(identity, ks)
                if is_last:
                    raise
        raise AssertionError


def _token(answer: Mapping[str, Any]) -> Token:
    try:
        return token_from(answer)
    except (KeyError, TypeError, ValueError):
        raise _strange("uploadToken", "get") from None


def _strange(service: str, action: str) -> Unanswered:
    return Unanswered(f"Kaltura's answer to {service}.{action} is not as its API describes it.")
