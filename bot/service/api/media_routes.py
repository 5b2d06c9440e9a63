"""Rows of the table: where recordings are found, whose they are, and their files."""

from bot.service.api import companions, files, links, media
from bot.service.api.answers import NOT_NOW, SEEN, answers_file, answers_json
from bot.service.api.names import FOLDER, KEY, LIMIT, LINK_BODY, OWNER_BODY, PART, RECORDING_ID, TICKET, WIDTH
from bot.service.api.route import Answer, Route, Who

MEDIA_ROUTES = (
    Route(
        method="GET",
        path="/v1/rooms/{room}/media",
        name="showMedia",
        about="The room's Media and Files: its folders and their finished recordings, as far as they are for you.",
        handler=media.show_media,
        query={"folder": FOLDER, "limit": LIMIT, "cursor": RECORDING_ID},
        answers={200: answers_json("The folders.", "Media")},
    ),
    Route(
        method="GET",
        path="/v1/identities/{identity}/media",
        name="showOwn",
        about="My Media: the recordings that are this identity's, alone or together with others, in whatever room.",
        handler=media.show_own,
        query={"limit": LIMIT, "cursor": RECORDING_ID},
        answers={200: answers_json("`next` is the cursor of the next page.", "Page")},
    ),
    Route(
        method="PUT",
        path="/v1/recordings/{recording}/owner",
        name="setOwner",
        about="Gives a recording to somebody else: by the service, and its owner when it is finished. Links end.",
        handler=media.set_owner,
        body=OWNER_BODY,
        answers={200: SEEN},
    ),
)

FILE_ROUTES = (
    Route(
        method="GET",
        path="/v1/recordings/{recording}/file",
        name="giveFile",
        about="The finished file; or, where there is none, what there is of a part: up to its last whole fragment.",
        handler=files.give_file,
        who=Who.TOKEN_OR_TICKET,
        query={"part": PART, "ticket": TICKET},
        headers={"Range": KEY, "If-Range": KEY},
        answers=answers_file("The file.", "video/mp4") | {409: NOT_NOW},
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}/poster",
        name="givePoster",
        about="A picture from the recording's beginning.",
        handler=files.give_poster,
        who=Who.TOKEN_OR_TICKET,
        query={"ticket": TICKET},
        answers=answers_file("The poster.", "image/jpeg"),
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}/picture",
        name="givePicture",
        about="The mixed picture of right now.",
        handler=files.give_picture,
        query={"width": WIDTH},
        answers={200: Answer("The picture.", None, "image/jpeg"), 409: NOT_NOW},
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}/companions",
        name="listCompanions",
        about="What goes with the file, as far as it is for you.",
        handler=companions.list_companions,
        answers={200: answers_json("Their names.", "Companions")},
    ),
    Route(
        method="GET",
        path="/v1/recordings/{recording}/companions/{name}",
        name="giveCompanion",
        about="One of them. Those that name people are for the owner and moderators.",
        handler=companions.give_companion,
        who=Who.TOKEN_OR_TICKET,
        query={"ticket": TICKET},
        answers=answers_file("It.", "*/*"),
    ),
    Route(
        method="POST",
        path="/v1/recordings/{recording}/links",
        name="makeLink",
        about="An address that needs no header, for one thing and ten minutes; for longer by the owner and moderators.",
        handler=links.make_link,
        body=LINK_BODY,
        answers={201: answers_json("The link.", "Link"), 409: NOT_NOW},
    ),
    Route(
        method="POST",
        path="/v1/recordings/{recording}/links/revoke",
        name="revokeLinks",
        about="From now on no link opens anything of it that was made before.",
        handler=links.revoke_links,
        answers={200: SEEN},
    ),
)
