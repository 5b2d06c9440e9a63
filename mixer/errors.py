"""What can go wrong in the mixer. Everything raised on purpose derives from MixerError:

MixerError
├── OutputError            the file cannot be written; what was written before stays
│   ├── OutputFull         no space left, or the file-size limit is reached
│   └── OutputUnwritable   the folder or file cannot be created or written
└── DecoderMissing         this build of libavcodec lacks a decoder the mixer needs
"""


class MixerError(Exception):
    """The text is one sentence for a person: what is wrong and what to do."""


class OutputError(MixerError):
    """The recording cannot be written any further. What was written before is kept."""


class OutputFull(OutputError):
    """No space left on the device, a quota or a file-size limit."""


class OutputUnwritable(OutputError):
    """The output cannot be created or opened: permissions, a missing folder, a read-only file system."""


class DecoderMissing(MixerError):
    """libavcodec was built without a decoder that is needed."""
