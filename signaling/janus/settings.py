"""What can be set for Janus rooms."""

from dataclasses import dataclass, field

from signaling.janus.stage import STAGE_WORDS
from signaling.model import Layer


@dataclass(frozen=True, slots=True)
class JanusSettings:
    poll_interval_ns: int = 1_000_000_000  # who is there; what a leave or a kick can go unnoticed
    probe_interval_ns: int = 3_000_000_000  # what they send; what a stream added to a running connection waits at most
    stall_ns: int = 5_000_000_000  # a connection that had packets and has none for so long is made anew, once
    stage_stall_ns: int = 30_000_000_000  # the same where a stage is sent: a slide at rest may send nothing for long
    answer_timeout_ns: int = 5_000_000_000  # joining: no answer is Unreachable
    silence_ns: int = 15_000_000_000  # later: no answer is ConnectionLost
    keepalive_ns: int = 25_000_000_000  # Janus forgets a session after 60 s without
    stage_words: tuple[str, ...] = STAGE_WORDS  # see stage.py
    # Janus does not tell the size of simulcast layers: the top one is taken to be this, the others a half and a
    # quarter of it.
    top_layer: Layer = field(default_factory=lambda: Layer(1280, 720))
