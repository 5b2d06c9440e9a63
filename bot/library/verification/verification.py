"""A whole library held against its catalogue, and the catalogue against the library."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.control.process import is_alive
from bot.control.status import Status
from bot.errors import BadManifest
from bot.library.catalogue.database import Database
from bot.library.catalogue.delivery_rows import DeliveryRows
from bot.library.catalogue.recording import Recording
from bot.library.catalogue.recording_rows import RecordingRows
from bot.library.catalogue.retention_rows import RetentionRows
from bot.library.folder import RecordingFolder
from bot.library.manifest import START_FILE, manifest_path, read_manifest
from bot.library.places import RECORDINGS, work_folder
from bot.library.retention.trash import FILE, TRASH, WORK, Trash
from bot.library.survey import Shelved, folders, survey, trashed
from bot.library.verification.finding import Finding, Speaker, Trouble, Verdict
from bot.library.verification.finished import Reader, check_against, check_companions, check_finished

NOT_KNOWN = "The catalogue does not know it. The next start of the service enters it, if it is a recording."
_PAGE = 100


class Verification:
    """Reads everything, changes nothing. `is_served`: a service is at work on the library."""

    def __init__(
        self, library: Path, database: Database, *, deep: bool, is_served: bool, say: Callable[[Finding], None]
    ) -> None:
        self.verdict = Verdict()
        self._library = library
        self._database = database
        self._recordings = RecordingRows(database)
        self._rows = RetentionRows(database)
        self._deliveries = DeliveryRows(database)
        self._trash = Trash(library)
        self._reader = Reader(deep)
        self._is_served = is_served
        self._say = say
        self._manifests: list[Path] = []  # of recordings that are known
        self._loose: set[Path] = set()
        self._unmade: list[Recording] = []  # when they were read

    def run(self) -> Verdict:
        """Raises OSError when a folder cannot be read."""
        after = ""
        while page := self._rows.all(after=after, limit=_PAGE):
            for recording in page:
                self._one(recording)
            after = page[-1].id
        for finding in (*self._strangers(), *self._stale_deliveries()):
            self._found(finding)
        self.verdict.bytes_read = self._reader.bytes_read
        return self.verdict

    def _one(self, recording: Recording) -> None:
        findings = list(self._check(recording))
        if any(one.trouble for one in findings):  # it may have gone on meanwhile
            now = self._recordings.get(recording.id)
            if now is not None and now != recording:
                findings = list(self._check(now))
        self.verdict.recordings += 1
        for finding in findings:
            self._found(finding)

    def _found(self, finding: Finding) -> None:
        self.verdict.findings.append(finding)
        self._say(finding)

    def _check(self, recording: Recording) -> Iterator[Finding]:
        say = Speaker(self._library, recording.id)
        folder = work_folder(self._library, recording.id)
        self._note_loose(recording)
        if not recording.is_made:
            self._unmade.append(recording)
        if recording.path is not None and recording.trashed_at is None:
            self._manifests.append(manifest_path(self._library / recording.path))
        if recording.given_up:
            yield say(Trouble.GIVEN_UP, f"It could not be finished; its parts are kept. {recording.problem}", folder)
        elif recording.trashed_at is not None:
            yield from self._check_trashed(recording, say)
        elif not recording.is_made:
            yield self._being_made(recording, say, folder)
        elif recording.path is not None:
            deliveries = self._deliveries.of(recording.id)
            yield from check_finished(self._library, recording, deliveries, self._reader, is_served=self._is_served)
        elif not recording.is_over:
            yield say(Trouble.NO_FILE, "It has no file.", folder)

    def _note_loose(self, recording: Recording) -> None:
        """Films that no manifest speaks of, or not yet."""
        self._loose.update(self._trash.loose_files(recording))
        self._loose.update(RecordingFolder(self._library / RECORDINGS, recording.id).remembered())

    def _being_made(self, recording: Recording, say: Speaker, folder: Path) -> Finding:
        status = Status.read(folder)
        if status is not None and not status.is_final and is_alive(status.pid, status.pid_started):
            return say(None, f"It is being written: {status.state}.", folder)
        if self._is_served:
            return say(None, f"The service sees to it: {recording.state}.", folder)
        return say(Trouble.UNFINISHED, "No bot and no service is at it. Start the service, which finishes it.", folder)

    def _check_trashed(self, recording: Recording, say: Speaker) -> Iterator[Finding]:
        folder = self._trash.folder(recording.id)
        if not self._trash.is_complete(recording.id):
            trouble = None if self._is_served else Trouble.TRASH
            yield say(trouble, "It is on its way into the trash; the next start of the service completes that.", folder)
            return
        try:
            manifest = read_manifest(folder / START_FILE)
        except BadManifest as error:
            yield say(Trouble.BAD_MANIFEST, str(error), folder / START_FILE)
            return
        name = manifest.file.name if manifest.file is not None else recording.path and Path(recording.path).name
        if name:
            yield from check_against(folder / FILE / name, manifest, recording, self._reader, say)
        yield from check_companions(folder / WORK, manifest, self._reader, say)

    def _strangers(self) -> Iterator[Finding]:
        """What lies in the library, and the catalogue does not know: asked after all else, for a service may have gone
        on meanwhile."""
        found = survey(self._library, known=self._manifests)
        folders_of = {RECORDINGS: folders(self._library), TRASH: trashed(self._library)}
        known = self._rows.files()
        for recording in self._unmade:
            self._note_loose(recording)
        expected = {self._library / path for path in known.values() if path is not None}
        say = Speaker(self._library)
        for path, problem in found.problems.items():
            yield say(Trouble.BAD_MANIFEST, problem, path)
        for recording_id, shelved in found.shelved.items():
            place = known[recording_id] or "nowhere" if recording_id in known else None
            if shelved.file is None or place != str(shelved.file.relative_to(self._library)):
                yield _stranger(Speaker(self._library, recording_id), shelved, place)
        for path in found.others:
            if path not in self._loose | expected:
                yield say(Trouble.UNKNOWN, "No manifest speaks of this file.", path)
        for where, ids in folders_of.items():
            for folder in [self._library / where / one for one in ids if one not in known]:
                if folder.exists():  # it was not just removed for good
                    yield say(Trouble.UNKNOWN, NOT_KNOWN, folder)

    def _stale_deliveries(self) -> Iterator[Finding]:
        for recording_id, name in self._rows.stale_deliveries():
            yield Finding(
                Trouble.DELIVERY, f"There is a delivery to {name} of a recording that is not known.", recording_id
            )


def _stranger(say: Speaker, shelved: Shelved, expected: str | None) -> Finding:
    """`expected`: where the catalogue has it; None: it does not know it."""
    if shelved.file is None:
        name = "" if shelved.manifest.file is None else f" {shelved.manifest.file.name}"
        return say(Trouble.NO_FILE, f"This manifest's file{name} is not beside it.", shelved.path)
    if expected is None:
        return say(Trouble.UNKNOWN, NOT_KNOWN, shelved.file)
    sentence = f"The catalogue expects it at {expected}. `roomreel library rebuild` takes it where it is."
    return say(Trouble.DISAGREEMENT, sentence, shelved.file)


def as_json(library: Path, verdict: Verdict) -> str:
    """`wrong` and `under_way` list findings: trouble, recording, path (relative to the library), sentence."""
    wrong = [
        {
            "trouble": one.trouble and one.trouble.value,
            "recording": one.recording,
            "path": one.path,
            "sentence": one.sentence,
        }
        for one in verdict.wrong
    ]
    under_way = [{"recording": one.recording, "path": one.path, "sentence": one.sentence} for one in verdict.under_way]
    values = {
        "library": str(library),
        "right": not wrong,
        "recordings": verdict.recordings,
        "bytes_read": verdict.bytes_read,
        "wrong": wrong,
        "under_way": under_way,
    }
    return json.dumps(values, ensure_ascii=False, indent=2)
