"""What can go wrong in the mixer. Everything raised on purpose derives from MixerError:

MixerError
├── OutputError            the file cannot be written; what was written before stays
│   ├── OutputFull         no space left, or the file-size limit is reached
│   └── OutputUnwritable   the folder or file cannot be created or written
├── UnreadableFile         a file that is no MP4, or one that is damaged beyond use
└── DecoderMissing         this build of libavcodec lacks a decoder the mixer needs
"""


class MixerError(Exception):
    """The text is one sentence for a person: what is wrong and what to do."""


class OutputError(MixerError):
    """The recording cannot be written any further. What was written before is kept."""


class OutputFull(OutputError):  # noqa: N818 - reads as what it is
    """No space left on the device, a quota or a file-size limit."""


class OutputUnwritable(OutputError):  # noqa: N818
    """The output cannot be created or opened: permissions, a missing folder, a read-only file system."""


class DecoderMissing(MixerError):  # noqa: N818
    """libavcodec was built without a decoder that is needed."""


class UnreadableFile(MixerError):  # noqa: N818
    """A file that cannot be read as an MP4. The text completes "FILE is no recording: ..."."""
