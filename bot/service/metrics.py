"""What Prometheus reads: names begin with `roomreel_`, no label has the id of a room or a recording."""

import math
import platform
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from bot.library.catalogue.recording import Live, Recording
from bot.lifecycle import EndReason, State
from bot.service.webhooks.webhooks import Webhooks

_FIRST_FRAME_S = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
_LIBRARIES = ("aiortc", "av", "numpy", "opencv-python-headless", "aiohttp")
_ACTIVE = tuple(state for state in State if state not in {State.AVAILABLE, State.FAILED})
# By the field of `Live` that they follow.
_LIVE_COUNTS = {
    "lost": ("packets_lost", "Packets that never arrived, not even when asked for again."),
    "recovered": ("packets_recovered", "Packets that were lost at first."),
    "repeated": ("pictures_dropped", "Pictures that were too late for the file; the one before stands in their place."),
    "freezes": ("gaps", "Pictures that stood, or sound that was gone, for want of packets."),
    "rejoins": ("rejoins", "Times a bot lost its room and joined again."),
}
# Over what all bots said last.
_LIVE_GAUGES: dict[str, tuple[str, Callable[[list[Live]], float]]] = {
    "lag_seconds": (
        "How far the mix that is furthest behind is behind its time.",
        lambda lives: max((live.lag_ms for live in lives), default=0) / 1000,
    ),
    "mixer_load": (
        "Share of real time that the busiest mixer works; above 1 it falls behind.",
        lambda lives: max((live.load for live in lives), default=0),
    ),
    "recordings_reduced": (
        "Recordings at less than full quality, because the machine is too busy.",
        lambda lives: sum(bool(live.gives_way) for live in lives),
    ),
    "bots_cpu_cores": ("Processor that all bots take together.", lambda lives: sum(live.cores for live in lives)),
    "participants": ("People in the rooms that are recorded.", lambda lives: sum(live.participants for live in lives)),
}


@dataclass(slots=True)
class _Seen:
    """The newest that is known of a recording which is not over."""

    state: State
    live: Live | None = None


class _WebhookCollector(Collector):
    def __init__(self, webhooks: Webhooks) -> None:
        self._webhooks = webhooks

    def collect(self) -> Iterator[Metric]:
        webhooks = self._webhooks
        yield GaugeMetricFamily("roomreel_webhook_backlog", "Webhooks that wait.", webhooks.backlog())
        yield GaugeMetricFamily(
            "roomreel_webhook_addresses_gone", "Addresses that answered 410.", webhooks.addresses_gone()
        )
        tally = webhooks.tally
        results = CounterMetricFamily(
            "roomreel_webhooks", "Messages delivered, given up and dropped; attempts that failed.", labels=["result"]
        )
        results.add_metric(["delivered"], tally.delivered)
        results.add_metric(["failed_attempt"], tally.failed)
        results.add_metric(["given_up"], tally.given_up)
        results.add_metric(["dropped"], webhooks.dropped())
        yield results


class Metrics:
    """`observe` and `live` are listeners of the recordings; `render` answers GET /metrics. All on one thread."""

    def __init__(
        self,
        library: Path,
        *,
        can_accept: Callable[[], bool],
        webhooks: Webhooks | None = None,
        others: Iterable[Collector] = (),
        build: str = "",
    ) -> None:
        """`can_accept` is asked at every scrape. `build` goes into the build's info, beside the versions."""
        self._library = library
        self._can_accept = can_accept
        self._webhooks = webhooks
        self._seen: dict[str, _Seen] = {}  # as many as there are recordings at once
        self._registry = registry = CollectorRegistry()
        self._make_recording_metrics(registry)
        self._make_service_metrics(registry, build)
        if webhooks is not None:
            registry.register(_WebhookCollector(webhooks))
        for collector in others:
            registry.register(collector)

    def _make_recording_metrics(self, registry: CollectorRegistry) -> None:
        active = Gauge("roomreel_recordings_active", "Recordings that are not over.", ["state"], registry=registry)
        for state in _ACTIVE:
            active.labels(state).set_function(partial(self._count, state))
        self._ended = Counter(
            "roomreel_recordings", "Recordings that are over, by why they ended.", ["end_reason"], registry=registry
        )
        for reason in EndReason:
            self._ended.labels(reason)
        self._first_frame = Histogram(
            "roomreel_first_frame_seconds",
            "From the request to the first frame in the file.",
            buckets=_FIRST_FRAME_S,
            registry=registry,
        )
        self._interruptions = Counter(
            "roomreel_interruptions", "Bots that died and were started again for their recording.", registry=registry
        )
        self._counts = {
            key: Counter(f"roomreel_{name}", text, registry=registry) for key, (name, text) in _LIVE_COUNTS.items()
        }
        for name, (text, read) in _LIVE_GAUGES.items():
            self._gauge(name, text, partial(self._over_lives, read))

    def _make_service_metrics(self, registry: CollectorRegistry, build: str) -> None:
        self._gauge("can_accept", "1 while one more recording would be accepted.", lambda: float(self._can_accept()))
        self._gauge("disk_free_bytes", "Free where the library is.", self._disk_free)
        self._gauge("upload_backlog", "Recordings that are being uploaded.", lambda: self._count(State.UPLOADING))
        versions = {name.replace("-", "_"): version(name) for name in _LIBRARIES}
        Info("roomreel_build", "What runs.", registry=registry).info(
            {"version": version("roomreel"), "build": build, "python": platform.python_version(), **versions}
        )
        ProcessCollector(namespace="roomreel", registry=registry)

    def _gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        Gauge(f"roomreel_{name}", text, registry=self._registry).set_function(read)

    def observe(self, before: Recording | None, after: Recording) -> None:
        """A recording as it was and is; also what was found at a start, with `before` None."""
        if after.first_frame_s is not None and before is not None and before.first_frame_s is None:
            self._first_frame.observe(after.first_frame_s)
        if before is not None:
            self._interruptions.inc(max(0, after.interruptions - before.interruptions))
        if not after.is_over:
            seen = self._seen.setdefault(after.id, _Seen(after.state))
            seen.state, seen.live = after.state, None if after.is_made else seen.live
            return
        if before is None or not before.is_over:
            self._ended.labels(after.end_reason or EndReason.FAILED).inc()
        self._seen.pop(after.id, None)

    def live(self, recording: Recording) -> None:
        """About once a second. What a bot counts begins anew with each part."""
        if recording.live is None or recording.is_made:
            return
        seen = self._seen.setdefault(recording.id, _Seen(recording.state))
        for name in _LIVE_COUNTS:
            now: int = getattr(recording.live, name)
            last: int = getattr(seen.live, name) if seen.live is not None else 0
            self._counts[name].inc(now - last if now >= last else now)
        seen.live = recording.live

    def render(self) -> tuple[bytes, str]:
        """The page and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _count(self, state: State) -> float:
        return sum(seen.state is state for seen in self._seen.values())

    def _over_lives(self, read: Callable[[list[Live]], float]) -> float:
        return read([seen.live for seen in self._seen.values() if seen.live is not None])

    def _disk_free(self) -> float:
        try:
            return shutil.disk_usage(self._library).free
        except OSError:
            return math.nan
