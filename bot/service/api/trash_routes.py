"""Rows of the table: into the trash and out of it."""

from bot.service.api import trash
from bot.service.api.answers import FULL, NOT_NOW, answers_json
from bot.service.api.route import Route

TRASH_ROUTES = (
    Route(
        method="DELETE",
        path="/v1/recordings/{recording}",
        name="throwAway",
        about="Into the trash, by the service or its owner. It can come back until `trash_days` are over. Links end.",
        handler=trash.throw_away,
        answers={200: answers_json("As it is in the trash.", "Recording"), 409: NOT_NOW, 503: FULL},
    ),
    Route(
        method="POST",
        path="/v1/recordings/{recording}/restore",
        name="restoreRecording",
        about="Out of the trash, by the service or its owner.",
        handler=trash.restore,
        answers={200: answers_json("As it is now.", "Recording"), 409: NOT_NOW, 503: FULL},
    ),
)
