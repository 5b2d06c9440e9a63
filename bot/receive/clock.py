"""When was it captured? RTP time and sender reports of one participant -> local monotonic time.

Each track has a line under its packets' delays (`Envelope`: its own time against ours) and a line through its sender
reports (`ReportLine`: its own time against its participant's clock). Where a participant's tracks have both, one offset
from the participant's clock to ours serves them all, so they stay together however late each one's packets are; before
the first report, and when a participant's reports contradict each other by more than a second (an SFU that gives each
SSRC a clock of its own), a track is placed by its arrivals alone.

What is already placed moves slowly (2 ms a second) unless it is too wrong for that. The first audio track with a report
never moves for it: the others of the participant move to it.
"""

from bot.receive.envelope import Envelope, ReportLine
from bot.receive.sequence import unwrap
from bot.receive.settings import MILLISECOND_NS, SECOND_NS

_SLEW = 500  # moves 1 ns in this many: 0.2 %, inaudible
_EARLY_NS = -500 * MILLISECOND_NS  # packets cannot outrun the fastest by so much: the timestamps started anew
_LATE_NS = 400 * MILLISECOND_NS  # packets can be late; all of them by the same for a while: started anew
_CONFIRM_NS = 150 * MILLISECOND_NS
_SPREAD_NS = 80 * MILLISECOND_NS
_PLAUSIBLE_NS = SECOND_NS  # no two tracks of a participant are further apart on the way
_JUMP_WAIT_NS = 15 * SECOND_NS  # a set clock shows in the reports of all tracks within this time
_FRESH_NS = 40 * SECOND_NS


class ParticipantClock:
    """One participant's capture clock. Owned by the receiver while one of its tracks is bound."""

    def __init__(self) -> None:
        self._tracks: list[TrackClock] = []
        self.offset = 0  # from the participant's clock to ours
        self._updated_ns = 0
        self._jump = 0
        self._jump_until_ns = 0
        self._jumped: list[TrackClock] = []

    def track(self, clock_rate: int, *, audio: bool) -> "TrackClock":
        clock = TrackClock(self, clock_rate, audio=audio)
        self._tracks.append(clock)
        return clock

    def release(self, clock: "TrackClock") -> None:
        if clock in self._tracks:
            self._tracks.remove(clock)
        if clock in self._jumped:
            self._jumped.remove(clock)

    @property
    def idle(self) -> bool:
        return not self._tracks

    def first_report(self, clock: "TrackClock", now_ns: int) -> None:
        reported = [track for track in self._tracks if track.reported]
        if len(reported) == 1 or (clock.audio and not any(track.audio for track in reported if track is not clock)):
            self.offset = clock.placed_offset()
            self._updated_ns = now_ns
        self._agreeing(reported)

    def jumped(self, clock: "TrackClock", jump: int, now_ns: int) -> None:
        """A track's reports moved by `jump`. Its media goes on where it was until the others' reports tell whether the
        participant's clock was set (then nothing moves) or this track really was wrong (then it moves)."""
        if not (self._jumped and abs(jump - self._jump) <= 2 * ReportLine.TOLERANCE_NS):
            self._settle_jump()
            self._jump = jump
            self._jump_until_ns = now_ns + _JUMP_WAIT_NS
        clock.bias -= self._jump
        if clock not in self._jumped:
            self._jumped.append(clock)

    def _settle_jump(self) -> None:
        waiting = [track for track in self._tracks if track.reported and track not in self._jumped]
        if waiting:
            for clock in self._jumped:
                clock.bias += self._jump
        self._jumped.clear()

    def update(self, now_ns: int) -> None:
        """Follow the fastest track. Called every two seconds or so."""
        if self._jumped and now_ns >= self._jump_until_ns:
            self._settle_jump()
        reported = [track for track in self._tracks if track.reported and now_ns - track.last_arrival_ns < _FRESH_NS]
        if not reported:
            return
        agreeing = self._agreeing(reported)
        if not agreeing:
            first = next((track for track in reported if track.audio), reported[0])
            first.synchronised = True
            self.offset = first.own_offset()
            self._updated_ns = now_ns
            return
        error = min(track.own_offset() for track in agreeing) - self.offset
        limit = max(0, now_ns - self._updated_ns) // _SLEW
        self._updated_ns = now_ns
        self.offset += max(-limit, min(limit, error))

    def _agreeing(self, reported: "list[TrackClock]") -> "list[TrackClock]":
        for track in reported:
            track.synchronised = abs(track.own_offset() - self.offset) <= _PLAUSIBLE_NS
        return [track for track in reported if track.synchronised]


class TrackClock:
    """One track's RTP time -> local capture time. Timestamps are 32 bits as they came."""

    def __init__(self, participant: ParticipantClock, clock_rate: int, *, audio: bool) -> None:
        self._participant = participant
        self._rate = clock_rate
        self.audio = audio
        self._newest: int | None = None  # unwrapped timestamp of the newest packet
        self._x = 0  # its place on this track's own clock
        self._base = 0  # added to the RTP time, so that it goes on over restarts
        self._envelope = Envelope()
        self._line = ReportLine()
        self._excess = 0  # usual lateness of a packet over the least
        self._offset: int | None = None  # applied now
        self._offset_x = 0
        self._late: tuple[int, int, int, int] | None = None  # first arrival, least, most, count
        self._again = False
        self.bias = 0
        self.synchronised = True
        self.last_arrival_ns = 0
        self.restarts = 0
        self.error_ns = 0  # how far the last frame was placed from the best estimate

    @property
    def reported(self) -> bool:
        return not self._line.empty

    @property
    def rejected_reports(self) -> int:
        return self._line.rejected

    @property
    def uncertain(self) -> bool:
        """Packets are suddenly late: a matter of 0.15 s to know whether the network stalled or timestamps restarted."""
        return self._late is not None

    @property
    def drift_ppm(self) -> float:
        """How fast the sender's clock runs against ours; 0.0 until half a minute is known."""
        return -self._envelope.slope * 1e6

    def restart(self, clock_rate: int) -> None:
        """Another SSRC or clock rate follows: the next packet's timestamp says nothing about the ones before."""
        self._rate = clock_rate
        self._again = self._newest is not None

    def arrived(self, timestamp: int, arrival_ns: int) -> None:
        """The first packet of a new timestamp, in order."""
        if self._newest is None or self._again:
            self._begin(timestamp, arrival_ns)
            return
        newest = self._newest + ((timestamp - self._newest + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        x = newest * SECOND_NS // self._rate + self._base
        delay = arrival_ns - x
        lateness = delay - self._envelope.level(x)
        if _EARLY_NS < lateness < _LATE_NS:
            if newest > self._newest:
                self._newest, self._x = newest, x
            self._late = None
            self.last_arrival_ns = arrival_ns
            self._excess += (lateness - self._excess) >> 4
            if self._envelope.add(x, delay):
                self._participant.update(arrival_ns)
        elif lateness <= _EARLY_NS or self._late_for_good(lateness, arrival_ns):
            self._begin(timestamp, arrival_ns)

    def report(self, ntp: int, timestamp: int, arrival_ns: int) -> None:
        """A sender report of the SSRC in use: 64-bit NTP time and RTP timestamp of the same instant."""
        if self._newest is None or self._again or not ntp >> 32:
            return
        x = unwrap(self._newest, timestamp, 32) * SECOND_NS // self._rate + self._base
        first = self._line.empty
        jump = self._line.add(x, (ntp * SECOND_NS >> 32) - x)
        if first:
            self._participant.first_report(self, arrival_ns)
        elif jump:
            self._participant.jumped(self, jump, arrival_ns)

    def local_ns(self, timestamp: int) -> int:
        """Where the timestamp lies now, without moving anything."""
        if self._newest is None:
            return self.last_arrival_ns
        x = unwrap(self._newest, timestamp, 32) * SECOND_NS // self._rate + self._base
        return x + (self._target(x) if self._offset is None else self._offset)

    def place(self, timestamp: int) -> int:
        """Capture time of a frame that is handed on now. Called once a frame, in order."""
        newest, offset = self._newest, self._offset
        if newest is None:
            return self.last_arrival_ns
        unwrapped = newest + ((timestamp - newest + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        x = unwrapped * SECOND_NS // self._rate + self._base
        target = self._target(x)
        if offset is None:
            offset, self._offset_x = target, x
        error = target - offset
        if error:
            limit = (x - self._offset_x) // _SLEW
            if -limit <= error <= limit or abs(error) > self._step_ns():
                offset = target
            elif limit > 0:
                offset += limit if error > 0 else -limit
        self._offset_x = max(self._offset_x, x)
        self._offset = offset
        self.error_ns = offset - target
        return x + offset

    def own_offset(self) -> int:
        """From the participant's clock to ours, by this track alone."""
        x = self._x
        return self._envelope.level(x) - self._line.at(x) - self.bias

    def placed_offset(self) -> int:
        """The participant's offset that leaves this track where it is."""
        x = self._x
        placed = self._envelope.level(x) if self._offset is None else self._offset
        return placed - self._line.at(x) - self.bias

    def _target(self, x: int) -> int:
        if self._line.empty or not self.synchronised:
            return self._envelope.level(x)
        return self._participant.offset + self._line.at(x) + self.bias

    def _step_ns(self) -> int:
        if not self.audio:
            return 12 * MILLISECOND_NS
        return 200 * MILLISECOND_NS if self._line.empty else 20 * MILLISECOND_NS

    def _late_for_good(self, lateness: int, arrival_ns: int) -> bool:
        first, least, most, count = self._late or (arrival_ns, lateness, lateness, 0)
        least, most = min(least, lateness), max(most, lateness)
        if most - least > _SPREAD_NS:
            first, least, most, count = arrival_ns, lateness, lateness, 0
        self._late = (first, least, most, count + 1)
        return arrival_ns - first >= _CONFIRM_NS and count >= 2

    def _begin(self, timestamp: int, arrival_ns: int) -> None:
        """Timestamps start anew: place this one where the participant's usual delay puts it."""
        x = timestamp * SECOND_NS // self._rate
        if self._newest is None:
            self._envelope.add(x, arrival_ns - x)
        else:
            expected = self._x + arrival_ns - self.last_arrival_ns
            self._base = arrival_ns - self._envelope.level(expected) - self._excess - x
            self._line.loosen(x + self._base)
            self.restarts += 1
        self._newest, self._x = timestamp, x + self._base
        self._again = False
        self._late = None
        self.last_arrival_ns = arrival_ns
