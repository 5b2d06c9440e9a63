"""Every setting of the bot in one frozen object, read once: defaults, then the file, the environment, flags."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot.errors import ConfigurationError
from mixer.output.encoder_choice import CHOICES
from mixer.settings import LayoutName
from signaling.janus.stage import STAGE_WORDS
from signaling.peer.settings import ICE_URL

ENVIRONMENT_PREFIX = "ROOMREEL_"
LAYOUTS = tuple(str(name) for name in LayoutName)
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium")
DAY_S = 24 * 3600
HTTP_URL = re.compile(r"https?://[^\s/?#]+\S*")
NETWORK = re.compile(r"[0-9a-fA-F:.]+/\d{1,3}")


def _setting(
    default: Any,
    help_text: str,
    *,
    low: float | None = None,
    high: float | None = None,
    among: tuple[str, ...] = (),
    each: re.Pattern[str] | None = None,
    secret: bool = False,
) -> Any:
    limits = {"low": low, "high": high, "among": among, "each": each}
    return field(default=default, repr=not secret, metadata={"help": help_text, "secret": secret, **limits})


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """A field's name is its key in the file and, in capitals behind ROOMREEL_, its environment variable."""

    output: str = _setting("recordings", "folder that recordings are written to")
    max_duration_s: float = _setting(DAY_S, "a recording ends after this", low=1, high=DAY_S)
    layout: str = _setting("auto", "how the picture is arranged", among=LAYOUTS)
    width: int = _setting(1920, "pixels across the picture", low=320, high=3840)
    height: int = _setting(1080, "pixels down the picture", low=180, high=2160)
    fps: int = _setting(30, "pictures a second", low=5, high=60)
    encoder: str = _setting(
        "x264", "what encodes the pictures; `auto` and hardware fall back on x264 where there is none", among=CHOICES
    )
    preset: str = _setting("superfast", "x264 preset: slower ones make smaller files", among=PRESETS)
    crf: int = _setting(27, "x264 quality: lower is better and larger", low=10, high=40)
    max_bitrate_kbps: int = _setting(4500, "ceiling of the picture's bitrate", low=300, high=50_000)
    playout_delay_ms: int = _setting(
        1000, "the mix runs this far behind, so that lost packets can be sent again", low=300, high=5000
    )
    hold_ms: int = _setting(
        5000, "a camera that sends nothing any more keeps its last picture for this long", low=500, high=60_000
    )
    transition_ms: int = _setting(
        280, "tiles glide to their new places for this long when the layout changes; 0: they jump", low=0, high=1000
    )
    rejoin_grace_s: float = _setting(
        60, "a room that refuses the bot for this long after the connection was lost is closed", low=1, high=3600
    )
    stage_words: tuple[str, ...] = _setting(
        STAGE_WORDS,
        "words in a Janus stream's description, or noted after a name as in `Anna (screen)`, that put it on stage",
    )
    ice_servers: tuple[str, ...] = _setting((), "stun:, turn: and turns: addresses", each=ICE_URL)
    turn_username: str = _setting("", "for the turn: addresses")
    turn_password: str = _setting("", "the same; better in ROOMREEL_TURN_PASSWORD than in a file", secret=True)
    host_absent_s: float = _setting(
        900, "a recording ends when the host has been away for this long", low=1, high=DAY_S
    )
    room_empty_s: float = _setting(900, "a recording ends when nobody has been there for this long", low=1, high=DAY_S)
    room_timeout_s: float = _setting(
        3 * DAY_S, "a room is over, and so is its recording, this long after it was opened", low=1, high=3 * DAY_S
    )
    library: str = _setting("library", "folder in which the service keeps recordings, its catalogue and its keys")
    service_host: str = _setting("127.0.0.1", "address the service listens on; all but loopback need `service_key`")
    service_port: int = _setting(8470, "port the service listens on; 0: any free one", low=0, high=65_535)
    service_key: str = _setting(
        "", "signs tokens, at least 32 characters; made at first start on loopback", secret=True
    )
    max_recordings: int = _setting(
        0, "at once, however busy the processor is; 0: as many as it is measured to bear", low=0, high=1000
    )
    least_free_mb: int = _setting(
        2048, "with less free on the library's disk no recording begins", low=64, high=1 << 30
    )
    keep_days: int = _setting(0, "published recordings go into the trash after this; 0: never", low=0, high=36_500)
    keep_least_days: int = _setting(0, "no recording is removed before, however full the disk is", low=0, high=36_500)
    keep_free_mb: int = _setting(
        0, "with less free on the library's disk the oldest published recordings go; 0: none", low=0, high=1 << 30
    )
    trash_days: int = _setting(30, "what is in the trash can be brought back for this long", low=0, high=36_500)
    drain_s: float = _setting(
        0, "SIGTERM waits this long for recordings to end, then stops them; 0: for ever", low=0, high=DAY_S
    )
    webhook_urls: tuple[str, ...] = _setting((), "told of each change of a recording's state", each=HTTP_URL)
    webhook_secret: str = _setting("", "whsec_… that signs them (Standard Webhooks); made at first start", secret=True)
    webhook_networks: tuple[str, ...] = _setting(
        (), "private networks that webhooks may go to, as 10.0.0.0/8", each=NETWORK
    )
    destinations: tuple[str, ...] = _setting(
        (),
        "where finished recordings go beside the library's own folder: s3:, gs:, az:, kaltura+https:, webhook+https:",
    )
    kaltura_secret: str = _setting("", "the Kaltura partner's administrator secret", secret=True)
    file_mode: str = _setting("640", "permissions of finished files", among=("600", "640", "644", "660", "664"))
    folder_mode: str = _setting(
        "750", "permissions of the folders they are in", among=("700", "750", "755", "770", "775", "2750", "2770")
    )
    file_group: str = _setting("", "group that finished files and their folders belong to; none: the service's own")
    speaker_chapters: bool = _setting(
        False, "chapters where somebody else begins to speak at length, by number, not by name"
    )
    log_level: str = _setting("warning", "least severe log line shown", among=("debug", "info", "warning", "error"))


def load(file: Path | None, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Configuration:
    """Later sources win; a flag that is None was not given. Raises ConfigurationError, which names key and source."""
    values: dict[str, Any] = {}
    if file is not None:
        values |= _checked(_read(file), str(file))
    named = {key: value for key, value in environment.items() if key.startswith(ENVIRONMENT_PREFIX)}
    lowered = {key.removeprefix(ENVIRONMENT_PREFIX).lower(): value for key, value in named.items()}
    values |= _checked({k: v for k, v in lowered.items() if k not in NOT_SETTINGS}, "the environment")
    values |= _checked({key: value for key, value in flags.items() if value is not None}, "the command line")
    return Configuration(**values)


# Variables with our prefix that say where settings come from, or are secrets, or belong to the tests.
NOT_SETTINGS = frozenset({"config", "token", "service", "service_token", "tests_skip"})


def from_environment(flags: Mapping[str, Any], file: Path | None = None) -> Configuration:
    """The process's configuration. The file is `file`, else the one that ROOMREEL_CONFIG names, else none."""
    named = os.environ.get(f"{ENVIRONMENT_PREFIX}CONFIG")
    return load(file or (Path(named) if named else None), os.environ, flags)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"There is no configuration file {file}.") from None
    except OSError as error:
        raise ConfigurationError(f"The configuration file {file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}.") from None


def _checked(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    known = {item.name: item for item in fields(Configuration)}
    checked = {}
    for key, value in values.items():
        if key not in known:
            raise ConfigurationError(f"Unknown setting {key!r} in {origin}; known are: {', '.join(known)}.")
        item = known[key]
        try:
            converted = _CONVERSIONS[item.type](value)
        except (TypeError, ValueError, KeyError):
            shown = "hidden" if item.metadata["secret"] else repr(value)
            raise ConfigurationError(f"{key} in {origin} is {shown}; it must be {_KINDS[item.type]}.") from None
        _check_range(key, converted, item.metadata, origin)
        checked[key] = converted
    return checked


def _check_range(key: str, value: Any, limits: Mapping[str, Any], origin: str) -> None:
    if limits["among"] and value not in limits["among"]:
        raise ConfigurationError(f"{key} in {origin} is {value!r}; it must be one of {', '.join(limits['among'])}.")
    if limits["low"] is not None and not limits["low"] <= value <= limits["high"]:
        raise ConfigurationError(
            f"{key} in {origin} is {value}; it must be between {limits['low']} and {limits['high']}."
        )
    for part in value if limits["each"] is not None else ():
        if not limits["each"].fullmatch(part):
            raise ConfigurationError(f"{key} in {origin} has {part!r} in it, which is none of: {limits['help']}.")
    if key in {"width", "height"} and value % 2:
        raise ConfigurationError(
            f"{key} in {origin} is {value}; it must be even, because colour has half the resolution."
        )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _integer(value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    return float(value)


def _truth(value: Any) -> bool:
    """TOML's own, or a word."""
    return value if isinstance(value, bool) else _TRUTHS[_text(value).strip().lower()]


def _texts(value: Any) -> tuple[str, ...]:
    """A list in the file, words separated by commas in the environment."""
    parts = value.split(",") if isinstance(value, str) else [_text(part) for part in value]
    return tuple(stripped for part in parts if (stripped := part.strip()))


_TRUTHS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_CONVERSIONS: Mapping[Any, Any] = {
    bool: _truth,
    str: _text,
    int: _integer,
    float: _number,
    tuple[str, ...]: _texts,
}
_KINDS: Mapping[Any, str] = {
    bool: "true or false",
    str: "text",
    int: "a whole number",
    float: "a number",
    tuple[str, ...]: "a list of texts",
}
