"""What Prometheus reads of recordings on their way to their destinations: by the destinations' kind."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.library.catalogue.delivery import Kind
from bot.library.publishing.publisher import Publisher


class UploadCollector(Collector):
    """`companions_waiting`: how many recordings wait for what is made of them."""

    def __init__(self, publisher: Publisher, companions_waiting: Callable[[], int]) -> None:
        self._publisher = publisher
        self._companions_waiting = companions_waiting

    def collect(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily(
            "roomreel_deliveries_waiting", "Finished recordings that a destination does not have yet.", labels=["kind"]
        )
        size = GaugeMetricFamily("roomreel_upload_backlog_bytes", "How large these are.", labels=["kind"])
        backlog = {kind: (number, bytes_) for kind, number, bytes_ in self._publisher.backlog()}
        for kind in Kind:
            number, bytes_ = backlog.get(kind, (0, 0))
            waiting.add_metric([kind], number)
            size.add_metric([kind], bytes_)
        yield waiting
        yield size
        results = CounterMetricFamily(
            "roomreel_deliveries",
            "Recordings confirmed by a destination; attempts that failed.",
            labels=["kind", "result"],
        )
        for kind, tally in self._publisher.tallies().items():
            results.add_metric([kind, "confirmed"], tally.confirmed)
            results.add_metric([kind, "failed_attempt"], tally.failed)
        yield results
        yield GaugeMetricFamily(
            "roomreel_companions_waiting",
            "Recordings whose checksum, pictures and certificate are yet to be made.",
            self._companions_waiting(),
        )
