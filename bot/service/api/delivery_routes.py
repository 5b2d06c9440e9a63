"""Routes for a recording's way to its destinations."""

from bot.service.api import deliveries
from bot.service.api.answers import answers_json, answers_problem
from bot.service.api.names import CONFIRM_BODY
from bot.service.api.route import Handler, Route, Who
from bot.service.api.shape import Object

_REFUSED = answers_problem("How it stands does not allow it; `detail` says why.")


def _command(word: str, about: str, handler: Handler, body: Object | None = None) -> Route:
    return Route(
        method="POST",
        path=f"/v1/recordings/{{recording}}/destinations/{{destination}}/{word}",
        name=f"{word}Delivery",
        about=about,
        handler=handler,
        who=Who.SERVICE,
        body=body,
        answers={
            200: answers_json("The recording as it stands.", "Recording"),
            404: answers_problem("There is no such recording, or it does not go there."),
            409: _REFUSED,
        },
    )


DELIVERY_ROUTES = (
    _command("retry", "What waits for that destination is sent now.", deliveries.retry),
    _command(
        "confirm",
        "A webhook's receiver that answered 202 has all of the file now, and shows it by its SHA-256.",
        deliveries.confirm,
        CONFIRM_BODY,
    ),
    _command("waive", "The recording need not get there any more.", deliveries.waive),
)
