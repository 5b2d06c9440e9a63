"""When things happen in generated media: one loop for all, one flash and one beep a second.

All participants share the room's clock: frame `number` of a publication at `fps` was captured at `number / fps`
seconds of room time, modulo the loop. Instants are on a grid of 0.2 s, which every frame rate that is a multiple of 5
meets exactly.
"""

LOOP_SECONDS = 8
LOOP_NS = LOOP_SECONDS * 1_000_000_000
FLASH_NS = 100_000_000  # also how long the beep sounds
SECOND_NS = 1_000_000_000
_PHASES = 5


def phase_ns(publication: int) -> int:
    """Where in each second this publication flashes and beeps: neighbours do it one after another."""
    return publication % _PHASES * (SECOND_NS // _PHASES)


def in_flash(publication: int, number: int, fps: int) -> bool:
    capture_ns = number * SECOND_NS // fps
    return (capture_ns - phase_ns(publication)) % SECOND_NS < FLASH_NS - 1


def unwrap(number: int, fps: int, near_ns: int) -> int:
    """Capture time, in room time, of the frame `number` read from a picture shown near room time `near_ns`."""
    capture_ns = number * SECOND_NS // fps
    return capture_ns + round((near_ns - capture_ns) / LOOP_NS) * LOOP_NS
