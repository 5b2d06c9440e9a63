"""The catalogue's versions: each entry leads from one to the next. What was released is only ever added to."""

from bot.library.catalogue import delivery_rows, media_rows, recording_rows, room_rows, start_keys
from bot.service.webhooks import outbox

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (*room_rows.SCHEMA, *recording_rows.SCHEMA, *start_keys.SCHEMA),
    outbox.SCHEMA,
    (*delivery_rows.SCHEMA, *media_rows.SCHEMA),
)
