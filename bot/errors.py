"""What can go wrong in a recording, by what the person at the command line can do about it.

BotError
├── ConfigurationError    a setting is wrong: nothing was started                          (exit code 2)
├── OutputError           the output folder cannot take a recording: nothing was started   (exit code 2)
├── NotARecording         the file to look at is none                                      (exit code 2)
└── RecordingFailed       it broke off; what was written is kept at `kept`                 (exit code 4)
"""

from pathlib import Path


class BotError(Exception):
    """Its text is a sentence for a person: what is wrong and what to do."""


class ConfigurationError(BotError):
    pass


class OutputError(BotError):
    pass


class NotARecording(BotError):  # noqa: N818 - reads as what it is
    pass


class RecordingFailed(BotError):  # noqa: N818
    def __init__(self, message: str, kept: Path | None = None) -> None:
        super().__init__(message)
        self.kept = kept
