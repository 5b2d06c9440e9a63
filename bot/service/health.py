"""What /livez and /readyz answer. Without a token: they say nothing of rooms and recordings."""

from dataclasses import dataclass

OK, UNAVAILABLE = 200, 503


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is HTTP's; `reason` a sentence, empty when all is well."""

    status: int
    reason: str = ""

    def as_values(self) -> dict[str, str]:
        return {"status": "ok"} if self.status == OK else {"status": "unavailable", "reason": self.reason}


def liveness() -> Health:
    """That it is answered at all shows that the event loop turns; what else could be wrong is no reason to kill the
    service."""
    return Health(OK)


def readiness(*, can_accept: bool, why_not: str, draining: bool) -> Health:
    """Whether a load balancer should send the next recording here."""
    if draining:
        return Health(UNAVAILABLE, "The service is about to stop and takes no new recordings.")
    return Health(OK) if can_accept else Health(UNAVAILABLE, why_not)
