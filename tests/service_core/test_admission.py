"""One recording more only where no other suffers, by numbers that are made up and by this machine's own."""

import os
import time
from dataclasses import replace
from pathlib import Path

from bot.configuration import Configuration
from bot.service.admission import GROWTH_S, Reading, Running, assumed_cores, refusal
from bot.service.machine import Machine
from bot.service.processor_meter import ProcessorMeter

IDLE = Reading(cores=4.0, spare_cores=4.0, free_bytes=1 << 40)
FULL_HD = Configuration()
SMALL = Configuration(width=640, height=360, fps=15)


def test_as_many_as_the_processor_bears() -> None:
    """Each recording takes its share, measured or assumed, and the one too many is refused with numbers."""
    spare = 4.0
    running: list[Running] = []
    while not refusal(replace(IDLE, spare_cores=spare), running, FULL_HD):
        running.append(Running(cores=0.8, kbps=2000))
        spare -= 0.8
    assert len(running) == 4
    why = refusal(replace(IDLE, spare_cores=spare), running, FULL_HD)
    assert "0.8 processor cores" in why
    assert "of 4.0" in why


def test_those_that_just_begin_count() -> None:
    """Twenty starts in a second find the processor idle; they are not all taken."""
    running: list[Running] = []
    while not refusal(IDLE, running, FULL_HD):
        running.append(Running())
    assert len(running) == int((4.0 - 0.2) / assumed_cores(FULL_HD))


def test_small_pictures_leave_room_for_more() -> None:
    """What a recording costs follows from the settings until it is measured."""
    assert assumed_cores(SMALL) < assumed_cores(FULL_HD) / 4
    busy = replace(IDLE, spare_cores=0.6)
    assert refusal(busy, [Running(cores=0.05, kbps=100)], SMALL) == ""
    assert "processor" in refusal(busy, [Running(cores=0.75, kbps=100)], FULL_HD)


def test_a_quiet_room_is_no_measure_for_a_busy_one() -> None:
    """An empty room costs next to nothing; the next may not be empty."""
    quiet = [Running(cores=0.02, kbps=50)]
    assert "processor" in refusal(replace(IDLE, spare_cores=0.3), quiet, FULL_HD)


def test_nobody_comes_in_while_others_give_up_quality() -> None:
    """A recording that has reduced its picture is a machine that is full, whatever the processor's figures say."""
    running = [Running(0.5, 1000), Running(0.5, 1000, gives_way="faster encoding")]
    assert "give up quality" in refusal(IDLE, running, FULL_HD)


def test_the_first_is_always_taken() -> None:
    """A machine that others keep busy still makes one recording: there is none that it could harm."""
    assert refusal(replace(IDLE, spare_cores=0.0), [], FULL_HD) == ""


def test_a_disk_that_fills() -> None:
    """There must be room for an hour of all recordings and the new one, beyond what must stay free."""
    hour = (4500 + 160) * 125 * GROWTH_S
    enough = Configuration().least_free_mb * (1 << 20) + hour
    assert refusal(replace(IDLE, free_bytes=enough + (2 << 20)), [], FULL_HD) == ""
    why = refusal(replace(IDLE, free_bytes=enough - (2 << 20)), [], FULL_HD)
    assert "least_free_mb" in why
    one_runs = [Running(0.5, 2000)]
    assert "free" in refusal(replace(IDLE, free_bytes=enough + (2 << 20)), one_runs, FULL_HD)
    assert refusal(replace(IDLE, free_bytes=enough + 2000 * 125 * GROWTH_S + (2 << 20)), one_runs, FULL_HD) == ""


def test_a_number_that_was_set() -> None:
    """Who sets `max_recordings` knows better than the measurement; the disk counts still."""
    two = replace(FULL_HD, max_recordings=2)
    busy = replace(IDLE, spare_cores=0.0)
    assert refusal(busy, [Running(0.9, 100, "faster encoding")], two) == ""
    assert "max_recordings" in refusal(IDLE, [Running(), Running()], two)
    assert "least_free_mb" in refusal(replace(IDLE, free_bytes=0), [], two)


def test_this_machine_and_this_process(tmp_path: Path) -> None:
    """Figures of the real machine: a process that works takes the processor from what is spare, and is seen to."""
    machine, meter = Machine(tmp_path), ProcessorMeter(os.getpid())
    began_ns = time.monotonic_ns()
    machine.sample(began_ns)
    meter.read(began_ns)
    used_s = time.process_time()
    while time.monotonic_ns() - began_ns < 1_000_000_000:
        sum(range(1000))
    used_s = time.process_time() - used_s
    now_ns = time.monotonic_ns()
    machine.sample(now_ns)
    reading = machine.read()
    assert 0 < reading.cores <= (os.cpu_count() or 1)
    assert 0 <= reading.spare_cores <= reading.cores - 0.8 * used_s
    assert reading.free_bytes > 0
    assert abs(meter.read(now_ns) - used_s) < 0.15
