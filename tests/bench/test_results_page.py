"""The page of results keeps what was not measured anew."""

from pathlib import Path

import pytest

import tests.results
from tests.results import page, update, written

ROW = {"issue": 3, "order": 1, "case": "a | b", "must": "≤ 1", "measured": "0.5", "met": True, "date": "d", "cores": 2}


def test_a_page_can_be_read_back() -> None:
    """Written, read and written again it is the same."""
    text = page([ROW, ROW | {"case": "c", "order": 2, "met": False}, ROW | {"issue": 4}])
    assert page(written(text)) == text


def test_one_issue_is_updated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new figure takes the place of the old one; other issues' stay although nothing was measured for them."""
    monkeypatch.setattr(tests.results, "PAGE", tmp_path / "RESULTS.md")
    monkeypatch.setattr(tests.results, "_measured", lambda: [ROW | {"issue": 4, "case": "x", "measured": "new"}])
    (tmp_path / "RESULTS.md").write_text(page([ROW, ROW | {"issue": 4, "case": "x"}, ROW | {"issue": 4, "case": "y"}]))
    update(4)
    figures = {(f["issue"], f["case"]): f["measured"] for f in written((tmp_path / "RESULTS.md").read_text())}
    assert figures == {(3, "a | b"): "0.5", (4, "x"): "new", (4, "y"): "0.5"}
