"""Answers that several routes have."""

from bot.service.api.route import Answer
from bot.service.api.schemas import ref


def answers_json(about: str, schema: str, *headers: str) -> Answer:
    return Answer(about, ref(schema), "application/json", headers)


def answers_problem(about: str, *headers: str) -> Answer:
    return Answer(about, ref("Problem"), "application/problem+json", headers)


_RANGES = ("Content-Range", "Accept-Ranges", "ETag", "Content-Disposition")
SEEN = answers_json("The recording as it stands.", "SeenRecording")
NOT_NOW = answers_problem("The recording's state does not allow it.")
FULL = answers_problem("The service takes no more; `detail` says why.", "Retry-After")
NO_HOOK = answers_problem("Webhooks may not go to `webhook_url`; `detail` says why.")
RUNNING = answers_problem("The room is being recorded, by `recording`; or the key was used for another request.")


def answers_file(about: str, media_type: str) -> dict[int, Answer]:
    """Of what is downloaded, in ranges."""
    return {
        200: Answer(about, None, media_type, _RANGES),
        206: Answer("A range of it.", None, media_type, _RANGES),
        304: Answer("It is the one you have."),
        416: answers_problem("The range begins behind the end.", "Content-Range"),
        503: FULL,
    }
