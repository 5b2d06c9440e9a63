"""From what was written to the file that people get."""

import json
from collections.abc import Iterable, Sequence

from bot.library.finalise import Finalised, finalise
from bot.library.folder import RecordingFolder
from bot.recording import Order
from bot.report import Report
from mixer.mp4.index import Index
from mixer.mp4.label import Chapter, Label


def deliver(
    folder: RecordingFolder,
    order: Order,
    *,
    room_id: str,
    report: Report,
    chapters: Iterable[tuple[int, str]],
    gaps_ns: Sequence[int] = (),
    index: Index | None = None,
    expected_ns: int = 0,
) -> Finalised:
    """Blocks for the disk. `index` is that of the output that wrote the last part, `gaps_ns` as in `Footage`,
    `expected_ns` how long the file is to be. The report goes into the file, without identities; chapters are file times
    in nanoseconds with their text. Never raises for what can go wrong with a file: see `finalise`."""
    marks = tuple(Chapter(at_ns, text) for at_ns, text in chapters)
    kept = json.dumps(report.without_identities()).encode()
    return finalise(
        folder,
        target=order.target,
        started=order.asked_at,
        title=report.title,
        room_id=room_id,
        index=index,
        gaps=gaps_ns,
        expected_ns=expected_ns,
        label=Label(report.title, int(order.asked_at.timestamp()), marks, report=kept),
    )
