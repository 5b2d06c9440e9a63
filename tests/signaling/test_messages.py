"""The native protocol's messages: what the README shows, what is refused, and nothing but ProtocolError."""

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling.errors import ProtocolError
from signaling.native import message as m
from signaling.native import wire
from signaling.peer.settings import IceServer

README = Path(__file__).parents[2] / "signaling" / "README.md"
EXAMPLES = re.findall(r"```json\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: json.loads(text)["type"])
def test_examples_of_the_readme_are_messages(example: str) -> None:
    """Each is parsed, and says the same after a way through serialise."""
    message = wire.parse(example)
    assert message is not None
    assert wire.parse(wire.serialise(message)) == message


def test_the_readme_shows_every_message() -> None:
    """No message without an example."""
    assert {json.loads(example)["type"] for example in EXAMPLES} == set(wire.MESSAGE_NAMES)


def test_the_readme_names_every_key() -> None:
    """A key that a server may send or get is named somewhere on the page."""
    page = README.read_text(encoding="utf-8")
    fields = {name for cls in m.Message.__args__ for name in cls.__dataclass_fields__}
    assert [name for name in sorted(fields) if name not in page] == []


JOINED = json.loads(next(example for example in EXAMPLES if '"joined"' in example))


def changed(path: str, value: Any) -> str:
    """JOINED with one value changed."""
    copy = json.loads(json.dumps(JOINED))
    *way, last = path.split(".")
    place = copy
    for step in way:
        place = place[int(step) if step.isdecimal() else step]
    place[int(last) if last.isdecimal() else last] = value
    return json.dumps(copy)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "must be a JSON object"),
        ("{}", '"type"'),
        ('{"type": 7}', '"type"'),
        ('{"type": "bye"}', "'bye'"),
        ('{"type": "leave", "why": "x"}', "'why'"),
        ('{"type": "leave", "type": "leave"}', "twice"),
        ('{"type": "restart"}', "restart.connection is missing"),
        ('{"type": "restart", "connection": ""}', "must not be empty"),
        ('{"type": "layer", "track": "t", "size": {"width": NaN, "height": 1}}', "NaN"),
        ('{"type": "layer", "track": "t", "size": {"width": 1.0, "height": 1}}', "whole number"),
        ('{"type": "layer", "track": "t", "size": {"width": true, "height": 1}}', "whole number"),
        ('{"type": "layer", "track": "t", "size": {"width": ' + "9" * 5000 + ', "height": 1}}', "not JSON"),
        ("[" * 100_000, "nested"),
        ('{"type": "leave", "x-a": ' + "[" * 100_000, "nested"),
        ('"' + "a" * (1 << 20) + '"', "larger than"),
        ('{"type": "offer", "connection": "c", "sdp": "v=0", "tracks": {"0": ["t"]}}', "offer.tracks.0 must be a text"),
        ('{"type": "refused", "code": "nope"}', "bad_token"),
        ('{"type": "refused", "code": {}}', "bad_token"),
        (changed("room.title", 5), "joined.room.title must be a text, not a number"),
        (changed("room.title", "\ud800"), "U+D800"),
        (changed("room.title", "a\nb"), "U+000A"),
        (changed("room.title", "x" * 1001), "1001 characters"),
        (changed("room.kind", "hall"), "breakout"),
        (changed("participants", {}), "must be a list, not an object"),
        (changed("participants", [JOINED["participants"][0]] * 5001), "5001 entries"),
        (changed("publications.1.tracks.0.layers.0.width", 0), "publications[1].tracks[0].layers[0].width"),
        (changed("publications.1.tracks.0.colour", "red"), "'colour'"),
    ],
)
def test_what_is_no_message_gets_a_sentence(text: str, words: str) -> None:
    """The error names the place or the thing that is wrong."""
    with pytest.raises(ProtocolError, match=re.escape(words)) as caught:
        wire.parse(text)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 400


def test_extensions_are_ignored() -> None:
    """Types and keys that begin with x-, at any depth."""
    assert wire.parse('{"type": "x-hello", "a": [1]}') is None
    plain = wire.parse(json.dumps(JOINED))
    assert wire.parse(changed("room.x-colour", {"a": 1})) == plain


def test_secrets_are_not_shown() -> None:
    """A message in a log or an error gives no token away."""
    join = m.Join(1, "rec", 1, "test", token="s3cret-token")
    server = IceServer(("turn:h",), "user", "s3cret-credential")
    assert "s3cret" not in repr(join)
    assert "s3cret" not in repr(server)
    assert "s3cret-token" in wire.serialise(join)
    with pytest.raises(ProtocolError) as caught:
        wire.parse('{"type": "join", "token": "s3cret-token\\u0000"}')
    assert "s3cret" not in str(caught.value)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _mutated(data: st.DataObject) -> str:
    """An example of the README with something replaced, dropped or added anywhere in it."""
    root = json.loads(data.draw(st.sampled_from(EXAMPLES)))
    place: Any = root
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        place = inner
    if data.draw(st.booleans()):
        place[key] = data.draw(_json)
    else:
        del place[key]
    return json.dumps(root)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_mutated_messages_are_parsed_or_refused(data: st.DataObject) -> None:
    """Nothing but ProtocolError comes out, and what is parsed can be written and read again."""
    try:
        message = wire.parse(_mutated(data))
    except ProtocolError:
        return
    if message is not None:
        assert wire.parse(wire.serialise(message)) == message


@settings(max_examples=100, deadline=None)
@given(st.text() | st.binary())
def test_rubbish_is_refused(rubbish: str | bytes) -> None:
    """Any text and any bytes."""
    with contextlib.suppress(ProtocolError):
        wire.parse(rubbish)
