"""What can go wrong in a recording, by what the person at the command line can do about it.

BotError
├── ConfigurationError    a setting is wrong: nothing was started                          (exit code 2)
├── OutputError           the output folder cannot take a recording: nothing was started   (exit code 2)
│   └── DiskFull            for want of space
├── NotARecording         the file to look at is none                                      (exit code 2)
├── BadManifest           a finished file's manifest cannot be read
├── BadOrder              what a bot was told to record cannot be read                      (exit code 2)
├── FolderTaken           another bot works in the folder                                   (exit code 2)
├── BotGone               there is no bot at the other end of the control socket
├── NotNow                a wish that does not fit the recording's state
├── DeliveryError           a destination has not taken a recording; it is tried again
├── RecordingFailed       it broke off; what was written is kept at `kept`                 (exit code 4)
└── ServiceError          the service does not do what it was asked for; it goes on
    ├── UnknownRoom         nobody has told of it
    ├── UnknownRecording
    ├── UnknownDestination  the recording does not go there
    ├── AlreadyRecording    the room has one that is not over: `recording`
    ├── NoRoomLeft          the machine would not bear one more
    ├── Draining            the service is about to end
    ├── KeyReused           an idempotency key came again with another request
    ├── Unreachable         no service answers at this address                            (exit code 3)
    └── Refused             the service says no: `status` is HTTP's                       (exit code 2; 4 from 500 on)
"""

from pathlib import Path


class BotError(Exception):
    """Its text is a sentence for a person: what is wrong and what to do."""


class ConfigurationError(BotError):
    pass


class OutputError(BotError):
    pass


class DiskFull(OutputError):  # noqa: N818
    pass


class NotARecording(BotError):  # noqa: N818 - reads as what it is
    pass


class BadManifest(BotError):  # noqa: N818
    pass


class BadOrder(BotError):  # noqa: N818
    pass


class FolderTaken(BotError):  # noqa: N818
    pass


class BotGone(BotError):  # noqa: N818
    pass


class NotNow(BotError):  # noqa: N818
    pass


class RecordingFailed(BotError):  # noqa: N818
    def __init__(self, message: str, kept: Path | None = None) -> None:
        super().__init__(message)
        self.kept = kept


class DeliveryError(BotError):
    """`wait_s` None: when to try again is for the publisher to say."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class NotYet(DeliveryError):  # noqa: N818
    """Nothing failed: what it takes is still being made, and when it is there, the destination is asked at once."""


class ServiceError(BotError):
    pass


class UnknownRoom(ServiceError):  # noqa: N818
    pass


class UnknownRecording(ServiceError):  # noqa: N818
    pass


class UnknownDestination(ServiceError):  # noqa: N818
    pass


class AlreadyRecording(ServiceError):  # noqa: N818
    def __init__(self, recording_id: str) -> None:
        super().__init__("This room is being recorded already; stop that recording before you start another.")
        self.recording = recording_id


class NoRoomLeft(ServiceError):  # noqa: N818
    pass


class Draining(ServiceError):  # noqa: N818
    pass


class KeyReused(ServiceError):  # noqa: N818
    pass


class Unreachable(ServiceError):  # noqa: N818
    pass


class Refused(ServiceError):  # noqa: N818
    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status
