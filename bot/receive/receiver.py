"""The receive path of one recording."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.receive.connection import Connection
from bot.receive.routing import AnyTrack
from bot.receive.settings import MILLISECOND_NS, ReceiveSettings
from bot.receive.stats import ReceiverStats, TrackStats
from bot.receive.surroundings import Break, Surroundings
from bot.receive.tracks import Tracks
from bot.receive.video_track import VideoTrack
from mixer.frame import EncodedFrame
from signaling.media import PacketTransport

_WATCH_NS = 100 * MILLISECOND_NS


class Receiver:
    """A `PacketReceiver`. Every call on one thread; never raises for what came from the network."""

    def __init__(
        self,
        origin_ns: int,
        on_frame: Callable[[EncodedFrame], None],
        settings: ReceiveSettings | None = None,
        *,
        playout_delay_ns: Callable[[int], int] | None = None,
    ) -> None:
        """`origin_ns`: `time.monotonic_ns()` at which the recording began. `on_frame` must not block and not raise.
        `playout_delay_ns`: how far the mix runs behind at a (monotonic) moment, where that changes; else it is
        `settings.playout_delay_ns` all the time."""
        self._settings = settings or ReceiveSettings()
        constant = self._settings.playout_delay_ns
        delay_ns = playout_delay_ns or (lambda _: constant)
        self._stats = ReceiverStats()
        self._around = Surroundings(self._settings, on_frame, origin_ns, delay_ns)
        self._tracks = Tracks(self._around)
        self._connections: list[Connection] = []
        self._watched_ns = 0

    def begin(self, origin_ns: int) -> None:
        """The recording begins now, and not when this receiver was made: once, before its frames are used."""
        self._around.origin_ns = origin_ns

    def open(self, transport: PacketTransport) -> Connection:
        connection = Connection(transport, self._tracks, self._settings, self._stats)
        self._connections.append(connection)
        return connection

    def poll(self, now_ns: int) -> None:
        """Everything that time brings: requests for missing packets, deadlines, silence, reports. Every 10 ms."""
        pending = self._tracks.pending
        for track in list(pending):
            self._poll_track(track, now_ns)
            if not track.pending:
                pending.discard(track)
        if now_ns - self._watched_ns >= _WATCH_NS:
            self._watched_ns = now_ns
            self._connections = [connection for connection in self._connections if not connection.closed]
            for track in self._tracks.bound.values():
                self._watch_track(track, now_ns)
            self._tracks.measure_skews()
        for connection in self._connections:
            connection.poll(now_ns)

    def _poll_track(self, track: AnyTrack, now_ns: int) -> None:
        try:
            track.poll(now_ns)
        except Exception as error:
            self._stats.fault(error)
            track.reset()

    def _watch_track(self, track: AnyTrack, now_ns: int) -> None:
        try:
            track.watch(now_ns)
        except Exception as error:
            self._stats.fault(error)
            track.reset()

    def request_keyframe(self, track: str, now_ns: int) -> None:
        """The decoder of `track` needs one. Any number of times: requests to the sender are limited."""
        found = self._tracks.bound.get(track)
        if isinstance(found, VideoTrack):
            found.request_keyframe(now_ns)

    def set_muted(self, track: str, muted: bool, now_ns: int) -> None:
        """`track`, bound or not, is muted or not published: nothing of it is missing until it is told that it is not
        any more."""
        self._around.mutes.tell(track, muted, now_ns)

    def stats(self) -> Mapping[str, TrackStats]:
        """By track id, ended ones too (the newest 4096)."""
        return self._tracks.stats()

    def skews_ns(self) -> Mapping[str, int]:
        """By participant: how far sound and picture were apart at worst, of those (the newest 4096) who had both."""
        return self._tracks.skews()

    def take_breaks(self) -> list[Break]:
        """What was missing of which track since the last call, because packets were lost; of more than 4096 the
        newest."""
        breaks = self._around.breaks
        return [breaks.popleft() for _ in range(len(breaks))]

    def totals(self) -> ReceiverStats:
        return replace(
            self._stats,
            connections=sum(not connection.closed for connection in self._connections),
            tracks=len(self._tracks.bound),
            tracks_forgotten=self._tracks.forgotten,
        )

    def close(self) -> None:
        """Hand over what is whole and let go of every track. Idempotent."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
