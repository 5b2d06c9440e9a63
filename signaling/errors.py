"""What can go wrong on the way into a room.

SignalingError
├── AddressError         the URL is not one of ours (usage: exit code 2)
├── JoinError            could not join
│   ├── Unreachable      no answer from the server; joining again later may work
│   ├── Refused          wrong token or pin, not allowed; the same request will be refused again
│   └── NoSuchRoom
├── ProtocolError        the other side broke the protocol
└── NegotiationError     an offer or answer that is no usable SDP
"""


class SignalingError(Exception):
    """Its text is a sentence for a person: what is wrong and what to do. Never holds a token or pin."""


class AddressError(SignalingError):
    pass


class JoinError(SignalingError):
    pass


class Unreachable(JoinError):  # noqa: N818 - reads as what it is
    pass


class Refused(JoinError):  # noqa: N818
    pass


class NoSuchRoom(JoinError):  # noqa: N818
    pass


class ProtocolError(SignalingError):
    pass


class NegotiationError(SignalingError):
    pass
