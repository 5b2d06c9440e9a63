"""Who speaks, judged calmly: a cough is not speech, and a breath is not silence."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

# Loud time needed to count as speaking, and how much of it is remembered: speech ends that long after the last sound.
ATTACK_NS = 300_000_000
MEMORY_NS = 1_000_000_000
# To be shown large somebody must have filled the memory, while the one who is large is silent.


@dataclass(slots=True)
class Voice:
    loud_ns: int = 0  # time spent loud, running down while quiet; 0..MEMORY_NS
    last_spoke_ns: int | None = None
    heard_ns: int = 0


class Speech:
    """Told the levels once a tick. Who was not heard for a minute is forgotten."""

    FORGET_NS = 60_000_000_000

    def __init__(self, threshold_dbfs: float, dwell_ns: int) -> None:
        self._threshold = threshold_dbfs
        self._dwell_ns = dwell_ns
        self._voices: dict[str, Voice] = {}
        self._now_ns: int | None = None
        self._main: str | None = None
        self._main_since_ns = 0

    def update(self, now_ns: int, levels: Mapping[str, float]) -> None:
        """`levels` in dBFS by participant, of what is heard now; who is not in it is silent."""
        elapsed_ns = 0 if self._now_ns is None else min(now_ns - self._now_ns, MEMORY_NS)
        self._now_ns = now_ns
        for participant, level in levels.items():
            if level >= self._threshold:
                self._voices.setdefault(participant, Voice()).heard_ns = now_ns
        for participant, voice in list(self._voices.items()):
            if levels.get(participant, -200.0) >= self._threshold:
                voice.loud_ns = min(MEMORY_NS, voice.loud_ns + elapsed_ns)
            else:
                voice.loud_ns = max(0, voice.loud_ns - elapsed_ns)
            if voice.loud_ns >= ATTACK_NS:
                voice.last_spoke_ns = now_ns
            elif now_ns - voice.heard_ns > self.FORGET_NS and participant != self._main:
                del self._voices[participant]

    def is_speaking(self, participant: str) -> bool:
        return participant in self._voices and self._voices[participant].loud_ns >= ATTACK_NS

    def last_spoke_ns(self, participant: str) -> int:
        """-1: not within memory."""
        voice = self._voices.get(participant)
        return -1 if voice is None or voice.last_spoke_ns is None else voice.last_spoke_ns

    def main(self, now_ns: int, among: Collection[str]) -> str | None:
        """Who of `among` (in their order) is shown large. Changes after the dwell time at the earliest, and only to
        somebody who keeps speaking while the present one is silent; at once when the present one has gone."""
        if not among:
            return None
        if self._main not in among:
            self._change(max(among, key=self.last_spoke_ns), now_ns)
        elif now_ns - self._main_since_ns >= self._dwell_ns and not self.is_speaking(self._main or ""):
            steady = [p for p in among if p in self._voices and self._voices[p].loud_ns >= MEMORY_NS]
            if steady:
                self._change(steady[0], now_ns)
        return self._main

    def _change(self, participant: str, now_ns: int) -> None:
        self._main = participant
        self._main_since_ns = now_ns
