"""`speaker_chapters`: a setting that is true or false."""

from pathlib import Path

import pytest

from bot.configuration import load
from bot.errors import ConfigurationError


@pytest.mark.parametrize(("word", "expected"), [("true", True), ("On", True), ("0", False), ("no", False)])
def test_words(word: str, expected: bool) -> None:
    """As people write them in an environment."""
    assert load(None, {"ROOMREEL_SPEAKER_CHAPTERS": word}, {}).speaker_chapters is expected


def test_in_a_file(tmp_path: Path) -> None:
    """TOML's own; off unless it is asked for."""
    file = tmp_path / "settings.toml"
    file.write_text("speaker_chapters = true")
    assert load(file, {}, {}).speaker_chapters
    assert not load(None, {}, {}).speaker_chapters


@pytest.mark.parametrize("text", ["speaker_chapters = 1", 'speaker_chapters = "maybe"', "speaker_chapters = []"])
def test_anything_else(tmp_path: Path, text: str) -> None:
    """An error that says what it must be."""
    file = tmp_path / "settings.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"speaker_chapters .* true or false"):
        load(file, {}, {})
