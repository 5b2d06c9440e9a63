"""Settings: where they come from, which wins, and what is said of a wrong one."""

from pathlib import Path

import pytest

from bot.configuration import Configuration, load
from bot.errors import ConfigurationError


def test_later_sources_win(tmp_path: Path) -> None:
    """Flags win over the environment, the environment over the file, the file over defaults."""
    file = tmp_path / "roomreel.toml"
    file.write_text('fps = 25\ncrf = 20\nlayout = "grid"\n')
    settings = load(
        file, {"ROOMREEL_CRF": "21", "ROOMREEL_LAYOUT": "stage", "HOME": "/"}, {"layout": "speaker", "fps": None}
    )
    assert (settings.fps, settings.crf, settings.layout, settings.width) == (25, 21, "speaker", 1920)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "'colour'"),
        ("fps = 'many'", "whole number"),
        ("fps = 30.5", "whole number"),
        ("fps = 1000", "between 5 and 60"),
        ("width = 1281", "even"),
        ("layout = 'pile'", "one of auto, stage"),
        ("stage_words = [1]", "list of texts"),
        ("ice_servers = ['stun:a.example:3478', 'turn.example']", "'turn.example'"),
        ("fps = ", "not valid TOML"),
    ],
)
def test_wrong_setting_is_named(tmp_path: Path, text: str, said: str) -> None:
    """A wrong line of the file gets a sentence that names what is wrong with it."""
    file = tmp_path / "roomreel.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        load(file, {}, {})


def test_unknown_variable_is_an_error() -> None:
    """A mistyped variable is not ignored."""
    with pytest.raises(ConfigurationError, match="'fsp' in the environment"):
        load(None, {"ROOMREEL_FSP": "25"}, {})


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """A configuration file that was asked for has to be there."""
    with pytest.raises(ConfigurationError, match="no configuration file"):
        load(tmp_path / "none.toml", {}, {})


def test_lists_come_from_the_environment_by_commas() -> None:
    """A list in the environment is words between commas."""
    assert load(None, {"ROOMREEL_STAGE_WORDS": "screen, slides"}, {}).stage_words == ("screen", "slides")


def test_defaults_are_the_designs() -> None:
    """1080p30, 24 hours, one second of playout delay."""
    settings = Configuration()
    assert (settings.width, settings.height, settings.fps) == (1920, 1080, 30)
    assert settings.max_duration_s == 24 * 3600
    assert settings.playout_delay_ms == 1000
