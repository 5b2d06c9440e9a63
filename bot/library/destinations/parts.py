"""A file as the parts of a multipart upload: all of one size but the last, as some stores demand."""

from bot.errors import ConfigurationError

MIB = 1 << 20
MOST_PARTS = 10_000
LEAST_PART_MIB = 5
MOST_PART_MIB = 128  # a few of them are held in memory at a time
PART_MIB = 16
CEILING_KBPS = 8000
LONGEST_S = 86_400  # a recording

_OVERHEAD = 1.02  # of the container, its tables among it
_BITS = 8


def count_of(size: int, part_bytes: int) -> int:
    """How many parts `size` bytes make; an empty file is one."""
    return max(1, -(-size // part_bytes))


def span(number: int, size: int, part_bytes: int) -> tuple[int, int]:
    """Where a part begins, and how long it is; numbers count from 1."""
    offset = (number - 1) * part_bytes
    return offset, min(part_bytes, size - offset)


def least_part_mib(ceiling_kbps: int) -> int:
    """The smallest parts that hold the longest recording at that bitrate, picture and sound together."""
    most_bytes = int(LONGEST_S * ceiling_kbps * 1000 / _BITS * _OVERHEAD)
    return max(LEAST_PART_MIB, -(-most_bytes // (MOST_PARTS * MIB)))


def checked_part_bytes(part_mib: int, ceiling_kbps: int, name: str) -> int:
    """Raises ConfigurationError for parts that no store takes, or that would not hold the longest recording."""
    least = least_part_mib(ceiling_kbps)
    if not least <= part_mib <= MOST_PART_MIB:
        raise ConfigurationError(
            f"part_mib of the destination {name!r} is {part_mib}; it must be between {least} and {MOST_PART_MIB},"
            f" so that {LONGEST_S // 3600} hours at {ceiling_kbps} kbps fit into {MOST_PARTS} parts."
        )
    return part_mib * MIB
