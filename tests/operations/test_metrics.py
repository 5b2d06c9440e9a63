"""What Prometheus reads, from what happened to recordings."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.library.catalogue.recording import Live
from bot.lifecycle import EndReason, State
from bot.service.health import OK, UNAVAILABLE, liveness, readiness
from bot.service.metrics import Metrics
from tests.webhooks.receiver import RECORDING


def scraped(metrics: Metrics) -> Mapping[str, float]:
    """By name, with the labels behind it as they are written."""
    text, kind = metrics.render()
    assert kind.startswith("text/plain")
    found = {}
    for family in text_string_to_metric_families(text.decode()):
        assert family.documentation
        assert family.name.startswith("roomreel_")
        for sample in family.samples:
            labels = ",".join(sample.labels.values())
            found[f"{sample.name}[{labels}]" if labels else sample.name] = sample.value
    return found


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    return Metrics(tmp_path, can_accept=lambda: True)


def test_a_recording_is_counted(metrics: Metrics) -> None:
    """While it runs by its state, once it is over by its reason; its first frame once, and the bot that was started
    again."""
    starting = RECORDING
    recording = replace(starting, state=State.RECORDING, first_frame_s=0.8)
    interrupted = replace(recording, interruptions=2)
    over = replace(interrupted, state=State.AVAILABLE, end_reason=EndReason.HOST_ABSENT)
    metrics.observe(None, starting)
    assert scraped(metrics)["roomreel_recordings_active[starting]"] == 1
    for before, after in ((starting, recording), (recording, interrupted)):
        metrics.observe(before, after)
    values = scraped(metrics)
    assert values["roomreel_recordings_active[starting]"] == 0
    assert values["roomreel_recordings_active[recording]"] == 1
    metrics.observe(interrupted, over)
    metrics.observe(over, over)
    values = scraped(metrics)
    assert values["roomreel_recordings_active[recording]"] == 0
    assert values["roomreel_recordings_total[host_absent]"] == 1
    assert values["roomreel_recordings_total[failed]"] == 0
    assert values["roomreel_first_frame_seconds_count"] == 1
    assert values["roomreel_first_frame_seconds_bucket[0.75]"] == 0
    assert values["roomreel_first_frame_seconds_bucket[1.0]"] == 1
    assert values["roomreel_interruptions_total"] == 2


def test_what_bots_say(metrics: Metrics) -> None:
    """The worst lag and the sum of the losses; a bot that begins anew takes nothing back; one that is over counts no
    more."""
    one = replace(RECORDING, id="one", state=State.RECORDING, live=Live(1, lag_ms=50, lost=10, cores=0.5, load=0.2))
    two = replace(
        one, id="two", live=Live(1, lag_ms=900, lost=5, cores=0.75, load=0.9, gives_way="cameras at half the rate")
    )
    for recording in (one, two):
        metrics.observe(None, recording)
        metrics.live(recording)
    metrics.live(replace(one, live=Live(2, lag_ms=60, lost=14, freezes=1, cores=0.5)))
    metrics.live(replace(one, live=Live(3, lag_ms=70, lost=2, freezes=0, cores=0.5)))  # its next part
    values = scraped(metrics)
    assert values["roomreel_packets_lost_total"] == 10 + 4 + 2 + 5
    assert values["roomreel_gaps_total"] == 1
    assert values["roomreel_lag_seconds"] == 0.9
    assert values["roomreel_mixer_load"] == 0.9
    assert values["roomreel_recordings_reduced"] == 1
    assert values["roomreel_bots_cpu_cores"] == 1.25
    over = replace(two, state=State.FAILED, live=None)
    metrics.observe(two, over)
    metrics.live(replace(over, live=two.live))
    values = scraped(metrics)
    assert values["roomreel_lag_seconds"] == 0.07
    assert values["roomreel_recordings_total[failed]"] == 1


def test_the_machine(tmp_path: Path) -> None:
    """Whether one more is accepted, what is free, what runs; a library that is gone does not break the page."""
    accepts = [True]
    metrics = Metrics(tmp_path, can_accept=lambda: accepts[0], build="abc")
    assert scraped(metrics)["roomreel_can_accept"] == 1
    accepts[0] = False
    values = scraped(metrics)
    assert values["roomreel_can_accept"] == 0
    assert values["roomreel_disk_free_bytes"] > 0
    assert values["roomreel_process_resident_memory_bytes"] > 0
    assert any(name.startswith("roomreel_build_info") and "abc" in name for name in values)
    gone = scraped(Metrics(tmp_path / "gone", can_accept=lambda: True))
    assert gone["roomreel_disk_free_bytes"] != gone["roomreel_disk_free_bytes"]  # not a number


def test_no_label_grows(metrics: Metrics) -> None:
    """A thousand recordings of a thousand rooms leave as many lines as one."""
    names = set()
    for number in range(1000):
        starting = replace(RECORDING, id=f"r{number}", room=f"room {number}", title=f"title {number}")
        metrics.observe(None, starting)
        metrics.observe(starting, replace(starting, state=State.AVAILABLE, end_reason=EndReason.STOPPED))
        if number in {0, 999}:
            names.add(frozenset(scraped(metrics)))
    assert len(names) == 1


def test_health() -> None:
    """Ready while one more is accepted; else 503 with the reason in words, which while draining is the draining."""
    assert (liveness().status, liveness().as_values()) == (OK, {"status": "ok"})
    assert readiness(can_accept=True, why_not="", draining=False).status == OK
    full = readiness(can_accept=False, why_not="The disk is full.", draining=False)
    assert (full.status, full.as_values()["reason"]) == (UNAVAILABLE, "The disk is full.")
    assert "about to stop" in readiness(can_accept=True, why_not="", draining=True).reason
