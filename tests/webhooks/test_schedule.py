"""When a webhook is sent again, what answers mean, and how it is signed."""

import base64
import time

import pytest
import standardwebhooks

from bot.errors import ConfigurationError
from bot.service.webhooks.schedule import DELAYS_NS, SECOND_NS, Answer, Verdict, next_due_ns, rest_ns
from bot.service.webhooks.signature import headers, make_secret, parse_secrets

NOW_NS = 1_795_000_000 * SECOND_NS


def test_the_standards_schedule() -> None:
    """Now, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h; then no more."""
    due = [next_due_ns(attempts, NOW_NS, 0.0) for attempts in range(1, 11)]
    seconds = [None if at is None else (at - NOW_NS) // SECOND_NS for at in due]
    assert seconds == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, None]


def test_spread() -> None:
    """At most a fifth later, never sooner."""
    for attempts, delay_ns in enumerate(DELAYS_NS, 1):
        latest = next_due_ns(attempts, NOW_NS, 0.999)
        assert latest is not None
        assert delay_ns < latest - NOW_NS < delay_ns * 1.2


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (299, Verdict.DELIVERED),
        (301, Verdict.AGAIN),
        (307, Verdict.AGAIN),
        (400, Verdict.AGAIN),
        (410, Verdict.GONE),
        (429, Verdict.SLOW_DOWN),
        (500, Verdict.AGAIN),
        (502, Verdict.SLOW_DOWN),
        (504, Verdict.SLOW_DOWN),
        (None, Verdict.AGAIN),
    ],
)
def test_answers(status: int | None, verdict: Verdict) -> None:
    """Only 2xx is success."""
    assert Answer(status).verdict is verdict


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 0), ("", 0), ("30", 30), ("99999999999999", 3600), ("-5", 0), ("soon", 0), ("1e3", 0), ("²", 0),
     ("Mon, 18 Nov 2030 00:00:00 GMT", 3600), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("Wed, 99 Oct 9999", 0)],
)  # fmt: skip
def test_retry_after(header: str | None, seconds: int) -> None:
    """Seconds or a date, an hour at most; nonsense asks for nothing."""
    assert rest_ns(header, NOW_NS) == seconds * SECOND_NS


def test_signatures_are_the_standards() -> None:
    """A receiver with either of two secrets verifies the message; one with a third does not."""
    old, new, other = make_secret(), make_secret(), make_secret()
    body = '{"type":"recording.available","title":"Überraschung"}'.encode()
    signed = headers(parse_secrets(f"{new}, {old}", "webhook_secret"), "msg_1", int(time.time()), body)
    for secret in (old, new):
        assert standardwebhooks.Webhook(secret).verify(body, signed)
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(other).verify(body, signed)


@pytest.mark.parametrize(
    "text", ["", ",", "geheim", "whsec_", "whsec_%%%", "whsec_" + base64.b64encode(b"short").decode(), "x" * 40]
)
def test_secrets_that_are_none(text: str) -> None:
    """A sentence that names the setting and not the secret."""
    with pytest.raises(ConfigurationError) as caught:
        parse_secrets(text, "webhook_secret")
    assert "webhook_secret" in str(caught.value)
    assert "geheim" not in str(caught.value)
