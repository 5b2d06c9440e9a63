"""Who is about to speak: heard in the sound that has come, but is not due yet.

A camera that has no tile is not sent. When its owner begins to speak it has to be asked for, and its pictures take as
long through the mix as everything else: asked for when the voice is due, it would be seen a second too late.
"""

from mixer.layout.speech import Voice

# Loud time after which a camera is asked for: half of what counts as speaking, so that its first picture is there when
# its tile is. After a mere cough it was asked for in vain.
FORESEEN_NS = 150_000_000
# It is kept ready so long after the last sound that was foreseen.
KEEP_NS = 2_000_000_000
FORGET_NS = 10_000_000_000


class Foresight:
    """Of those who are listened to. Pure; times are pts."""

    def __init__(self, threshold_dbfs: float) -> None:
        self._threshold = threshold_dbfs
        self._voices: dict[str, Voice] = {}
        self._until_ns: dict[str, int] = {}

    def hear(self, participant: str, pts_ns: int, lasts_ns: int, dbfs: float) -> None:
        """What lasts `lasts_ns` from `pts_ns` on. In order of time for each participant."""
        if dbfs < self._threshold:
            return
        voice = self._voices.get(participant)
        if voice is None:
            self._forget(pts_ns)
            voice = self._voices[participant] = Voice(pts_ns)
        voice.hear(pts_ns, lasts_ns)
        if voice.loud_ns >= FORESEEN_NS:
            self._until_ns[participant] = voice.ended_ns + KEEP_NS

    def expected(self, now_ns: int) -> frozenset[str]:
        """Those who will speak, or have just begun to."""
        for participant in [one for one, until_ns in self._until_ns.items() if until_ns < now_ns]:
            del self._until_ns[participant]
        return frozenset(self._until_ns)

    def _forget(self, now_ns: int) -> None:
        """Whoever was silent for long begins anew."""
        self._voices = {one: voice for one, voice in self._voices.items() if now_ns - voice.ended_ns < FORGET_NS}
