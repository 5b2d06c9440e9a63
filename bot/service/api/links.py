"""Handlers for links: addresses that need no header, signed, for one thing of one recording and for a time."""

from dataclasses import replace

from aiohttp import web

from bot.library.catalogue.recording import Recording
from bot.service.access.companion import FIRST, What, needed
from bot.service.access.rights import Act
from bot.service.access.tokens import TICKET_S, BadToken, Ticket, mint_ticket, read_ticket
from bot.service.api.answer_json import json_answer
from bot.service.api.permission import known_recording, require_of, shown, whole_for
from bot.service.api.problem import Problem
from bot.service.api.route import Asked
from bot.service.api.service import Service
from bot.service.recording_json import moment

# A ticket for what is there so far is none for the finished file, which fewer may see in a breakout.
_SO_FAR = "so_far"
_ENDED = "The link has expired, was ended, or is damaged; ask for a new one by POST …/links."


async def make_link(service: Service, asked: Asked) -> web.StreamResponse:
    what = What(asked.body["what"])
    lifetime_s: int = asked.body.get("expires_in_s", TICKET_S)
    recording = allowed_person(service, asked, what)
    if lifetime_s > TICKET_S:
        require_of(service, asked.who, Act.SHARE, recording)
        if recording.is_in_room:
            raise Problem(409, "While it is made a recording has links for ten minutes only; share it when it is done.")
    ticket = Ticket(recording.id, _meant(what, recording), recording.link_series)
    text, expires = mint_ticket(ticket, service.keys, now_s=int(service.now_s()), lifetime_s=lifetime_s)
    place = f"companions/{FIRST[what]}" if what in FIRST else what.value
    url = f"/v1/recordings/{recording.id}/{place}?ticket={text}"
    return json_answer({"what": what.value, "url": url, "expires_at": moment(expires)}, 201)


async def revoke_links(service: Service, asked: Asked) -> web.StreamResponse:
    """All that were made until now."""
    recording = whole_for(service, asked.who, asked.path["recording"], Act.SEE_PICTURE)
    require_of(service, asked.who, Act.SHARE, recording)
    after = service.recordings.amend(recording.id, lambda one: replace(one, link_series=one.link_series + 1))
    return json_answer(shown(service, asked.who, after))


def allowed(service: Service, asked: Asked, what: What) -> Recording:
    """By the person's rights, or by a ticket for this very thing; looked at anew each time. Raises Problem 401, 403
    or 404."""
    return allowed_ticket(service, asked, what) if asked.person is None else allowed_person(service, asked, what)


def allowed_person(service: Service, asked: Asked, what: What) -> Recording:
    recording = whole_for(service, asked.who, asked.path["recording"], Act.SEE_PICTURE)
    if (act := needed(what)) is not None:
        require_of(service, asked.who, act, recording)
    return recording


def allowed_ticket(service: Service, asked: Asked, what: What) -> Recording:
    try:
        ticket = read_ticket(asked.query["ticket"], service.keys, now_s=service.now_s())
    except BadToken:
        raise Problem(401, _ENDED) from None
    recording = known_recording(service, asked.path["recording"])
    if recording is None or (ticket.recording, ticket.what) != (recording.id, _meant(what, recording)):
        raise Problem(403, "This link is for something else; ask for a new one by POST …/links.")
    if ticket.series != recording.link_series or recording.trashed_at is not None:
        raise Problem(401, _ENDED)
    if recording.held:
        raise Problem(403, "This recording is held back until its room is closed.")
    return recording


def _meant(what: What, recording: Recording) -> str:
    return _SO_FAR if what is What.FILE and recording.is_in_room else what.value
