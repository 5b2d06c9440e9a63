"""Whether one more recording can be made without any other suffering: a rule on measured values."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.configuration import Configuration

MIB = 1 << 20
# What a recording costs before any has been measured here: nine cameras at 1080p30 took 0.72 of a core to mix and
# encode, and receiving them a tenth.
BASE_CORES = 0.1
CORES_PER_MEGAPIXEL = 0.0116  # of the picture, a second
LEAST_SHARE = 0.5  # of that is put aside for a new one at least: a room that is quiet now will not stay so
HEADROOM = 0.05  # of all cores, for everything else
SOUND_KBPS = 160
GROWTH_S = 3600  # the disk must take an hour more of everything


@dataclass(frozen=True, slots=True)
class Reading:
    """The machine, as far as this service may use it. Averages over the last seconds."""

    cores: float
    spare_cores: float
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Running:
    """One recording. `cores` and `kbps` None: too young to be measured."""

    cores: float | None = None
    kbps: float | None = None
    gives_way: str = ""


def refusal(reading: Reading, running: Sequence[Running], configuration: Configuration) -> str:
    """Why there is no room for one more; empty: there is."""
    return _too_little_disk(reading, running, configuration) or (
        _too_many(running, configuration.max_recordings)
        if configuration.max_recordings
        else _too_little_processor(reading, running, configuration)
    )


def assumed_cores(configuration: Configuration) -> float:
    megapixels = configuration.width * configuration.height * configuration.fps / 1e6
    return BASE_CORES + CORES_PER_MEGAPIXEL * megapixels


def _too_many(running: Sequence[Running], most: int) -> str:
    if len(running) < most:
        return ""
    return f"No more than {most} may run at once (max_recordings), and so many do. Stop one, or try again later."


def _too_little_processor(reading: Reading, running: Sequence[Running], configuration: Configuration) -> str:
    """The first is always taken: it gives up quality before it falls behind, and nobody else could suffer."""
    if not running:
        return ""
    reduced = [one for one in running if one.gives_way]
    if reduced:
        return (
            f"{len(reduced)} of {len(running)} recordings already give up quality because the processor is too busy"
            " for more. Try again when one has ended, or start it on another machine."
        )
    assumed = assumed_cores(configuration)
    measured = [one.cores for one in running if one.cores is not None]
    cost = max(sum(measured) / len(measured), LEAST_SHARE * assumed) if measured else assumed
    starting = cost * (len(running) - len(measured))
    left = reading.spare_cores - starting - HEADROOM * reading.cores
    if left >= cost:
        return ""
    return (
        f"One more recording takes about {cost:.1f} processor cores, and {max(0.0, left):.1f} of {reading.cores:.1f}"
        " are free. Try again when a recording has ended, or start it on another machine."
    )


def _too_little_disk(reading: Reading, running: Sequence[Running], configuration: Configuration) -> str:
    ceiling_kbps = configuration.max_bitrate_kbps + SOUND_KBPS
    kbps = sum(ceiling_kbps if one.kbps is None else one.kbps for one in running) + ceiling_kbps
    growth_mib = kbps * 125 * GROWTH_S // MIB
    free_mib = reading.free_bytes // MIB
    if free_mib >= configuration.least_free_mb + growth_mib:
        return ""
    return (
        f"{free_mib} MiB are free on the library's disk; an hour of all recordings takes {growth_mib:.0f} MiB, and"
        f" {configuration.least_free_mb} must stay free (least_free_mb). Free some space."
    )
