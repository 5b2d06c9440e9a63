"""Who speaks, judged calmly: a cough is not speech, and a breath is not silence."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from mixer.marks import Mark, MarkKind, Marks

# Loud time needed to count as speaking, and how much of it is remembered: speech ends that long after the last sound.
# Told tick by tick, a cough of 0.3 s touches ten ticks of 33 ms.
ATTACK_NS = 340_000_000
MEMORY_NS = 1_000_000_000
# A pause no longer than BRIDGE_NS belongs to a word, the lips are closed for a moment; but only after a sound of at
# least SYLLABLE_NS: what clicks as fast as that is a keyboard.
BRIDGE_NS = 120_000_000
SYLLABLE_NS = 90_000_000
FORGET_NS = 60_000_000_000  # who was not loud for so long never spoke


@dataclass(slots=True)
class Voice:
    """Loud time, 0..MEMORY_NS, runs up while loud and down while quiet. Kept as it was at the end of the last loud
    sound, so that a voice that is silent costs nothing."""

    ended_ns: int
    loud_ns: int = 0
    sound_ns: int = 0  # length of the last loud sound
    began_ns: int | None = None  # of what may become speech, or is
    spoke_ns: int | None = None  # until when it was speech

    def hear(self, begins_ns: int, lasts_ns: int) -> None:
        """It is loud then. In order of time."""
        pause_ns = max(0, begins_ns - self.ended_ns)
        bridged = pause_ns <= BRIDGE_NS and self.sound_ns >= SYLLABLE_NS
        before_ns = self.loud_ns + pause_ns if bridged else self.at(begins_ns)
        if before_ns == 0 or self.began_ns is None:
            self.began_ns = begins_ns
        self.sound_ns = lasts_ns + (self.sound_ns if pause_ns == 0 else 0)
        self.loud_ns = min(MEMORY_NS, before_ns + lasts_ns)
        self.ended_ns = begins_ns + lasts_ns
        if self.loud_ns >= ATTACK_NS:
            self.spoke_ns = self.ended_ns + self.loud_ns - ATTACK_NS

    def at(self, now_ns: int) -> int:
        return max(0, self.loud_ns - max(0, now_ns - self.ended_ns))


class Speech:
    """Told the levels once a tick."""

    def __init__(self, threshold_dbfs: float, dwell_ns: int, marks: Marks | None = None) -> None:
        """`marks`: where who begins and ceases to speak is noted."""
        self._threshold = threshold_dbfs
        self._dwell_ns = dwell_ns
        self._voices: dict[str, Voice] = {}
        self._marks = marks or Marks()
        self._speaking: set[str] = set()  # as it was marked
        self._now_ns = 0  # end of what was heard
        self._tidied_ns = 0
        self._main: str | None = None
        self._main_since_ns = 0

    def update(self, now_ns: int, levels: Mapping[str, float]) -> None:
        """`levels` in dBFS by participant, of what was heard up to now, since the last call; who is not in it was
        silent."""
        began_ns = min(now_ns, max(self._now_ns, now_ns - BRIDGE_NS))
        for participant, level in levels.items():
            if level >= self._threshold:
                voice = self._voices.setdefault(participant, Voice(began_ns))
                voice.hear(began_ns, now_ns - began_ns)
        self._now_ns = now_ns
        self._mark(levels)
        if now_ns - self._tidied_ns >= FORGET_NS:
            self._tidied_ns = now_ns
            self._voices = {
                participant: voice
                for participant, voice in self._voices.items()
                if now_ns - voice.ended_ns < FORGET_NS or participant == self._main
            }

    def is_speaking(self, participant: str) -> bool:
        return self._loud_ns(participant) >= ATTACK_NS

    def last_spoke_ns(self, participant: str) -> int:
        """-1: not within memory."""
        voice = self._voices.get(participant)
        return -1 if voice is None or voice.spoke_ns is None else min(voice.spoke_ns, self._now_ns)

    def main(self, now_ns: int, among: Collection[str]) -> str | None:
        """Who of `among` (in their order) is shown large. Changes after the dwell time at the earliest, and only to
        somebody who keeps speaking while the present one is silent; at once when the present one has gone."""
        if not among:
            return None
        if self._main not in among:
            self._change(max(among, key=self.last_spoke_ns), now_ns)
        elif now_ns - self._main_since_ns >= self._dwell_ns and not self.is_speaking(self._main or ""):
            # Somebody must have filled the memory while the one who is large is silent.
            loud = {one for one, voice in self._voices.items() if voice.at(self._now_ns) >= MEMORY_NS}
            steady = [participant for participant in among if participant in loud]
            if steady:
                self._change(steady[0], now_ns)
        return self._main

    def _mark(self, heard: Collection[str]) -> None:
        for participant in [one for one in self._speaking if not self.is_speaking(one)]:
            voice = self._voices[participant]
            voice.began_ns = None
            self._speaking.remove(participant)
            self._marks.add(Mark(MarkKind.SILENT, participant, voice.ended_ns))
        for participant in heard:
            if participant not in self._speaking and self.is_speaking(participant):
                voice = self._voices[participant]
                self._speaking.add(participant)
                began_ns = voice.ended_ns if voice.began_ns is None else voice.began_ns
                self._marks.add(Mark(MarkKind.SPEAKS, participant, began_ns))

    def _loud_ns(self, participant: str) -> int:
        voice = self._voices.get(participant)
        return 0 if voice is None else voice.at(self._now_ns)

    def _change(self, participant: str, now_ns: int) -> None:
        self._main = participant
        self._main_since_ns = now_ns
