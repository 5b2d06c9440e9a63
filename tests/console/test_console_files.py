"""The console's files: what the service hands to a browser before it knows who is there."""

import re
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.console.pages import FOLDER, console_routes

SCRIPTS = sorted(FOLDER.rglob("*.js"))
PAGES = sorted(FOLDER.glob("*.html"))
LONGEST_FILE = 300
LONGEST_LINE = 120
DESIGN_WORDS = (
    "Do you want to start recording?",
    "Cancel",
    "Start recording",
    "Stop recording",
    "Recording will start momentarily, please wait.",
    "This session is being recorded.",
    "Confirm",
)


def test_scripts_stay_small_and_parse_no_text_as_html() -> None:
    """A file is one noun that can be read at a sitting; nothing that somebody typed becomes part of a page's code."""
    assert len(SCRIPTS) > 10
    for script in SCRIPTS:
        text = script.read_text()
        assert len(text.splitlines()) <= LONGEST_FILE, script
        assert max(map(len, text.splitlines())) <= LONGEST_LINE, script
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text), (
            script
        )


@pytest.mark.parametrize("file", [*SCRIPTS, *PAGES, *FOLDER.rglob("*.css")], ids=lambda path: path.name)
def test_nothing_comes_from_elsewhere(file: Path) -> None:
    """No address of another server, but the name of the SVG language."""
    addresses = re.findall(r"(?:https?:)?//[a-z][\w.-]+\.\w+[^\s\"')]*", re.sub(r"(?m)//\s.*$", "", file.read_text()))
    assert [address for address in addresses if "www.w3.org" not in address and "example" not in address] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_pages_have_nothing_inline(page: Path) -> None:
    """As the policy that is sent with them demands: no script, style or listener in the page's text."""
    text = page.read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", text) == []


def test_the_designs_words() -> None:
    """To the letter."""
    wording = (FOLDER / "recorder" / "wording.js").read_text()
    assert [words for words in DESIGN_WORDS if f'"{words}"' not in wording] == []


def test_every_import_and_link_leads_somewhere() -> None:
    """No module or style that a page asks for is missing."""
    for script in SCRIPTS:
        for name in re.findall(r'from "(\.[^"]+)"|import "(\.[^"]+)"', script.read_text()):
            assert (script.parent / "".join(name)).is_file(), (script, name)
    for page in PAGES:
        for name in re.findall(r'(?:src|href)="/([^"#]+)"', page.read_text()):
            assert (FOLDER / name).is_file(), (page, name)


async def test_headers() -> None:
    """Every file is there under its name with a strict policy and its type; who has it is not sent it again."""
    app = web.Application()
    app.add_routes(console_routes())
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        for path, kind in (("/", "text/html"), ("/room.html", "text/html"), ("/recorder.js", "text/javascript")):
            async with session.get(server.make_url(path)) as answer:
                assert answer.status == 200
                assert answer.content_type == kind
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                tag = answer.headers["ETag"]
            async with session.get(server.make_url(path), headers={"If-None-Match": tag}) as again:
                assert again.status == 304
        for path in ("/pages.py", "/../pages.py", "/%2e%2e/__init__.py", "/client", "/recorder/../../errors.py"):
            async with session.get(f"http://{server.host}:{server.port}{path}") as answer:
                assert answer.status == 404, path
