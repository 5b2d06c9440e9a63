"""How long to wait before the next attempt to join again."""

FIRST_NS = 250_000_000
LONGEST_NS = 10_000_000_000
LASTING_NS = 30_000_000_000  # a connection that was lost sooner is one more failed attempt


def wait_ns(attempt: int, spread: float) -> int:
    """Doubles from a quarter of a second to ten; `spread` in [0, 1) moves it by up to a quarter, so that the bots of a
    hundred rooms don't all knock at the moment their SFU is back. `attempt` counts from 0."""
    planned = min(FIRST_NS << min(attempt, 16), LONGEST_NS)
    return planned - int(planned * spread / 4)
