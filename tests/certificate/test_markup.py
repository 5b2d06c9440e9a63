"""The one place where text becomes markup."""

from xml.etree import ElementTree as Tree

from bot.library.certificate.markup import Markup, element, text

HOSTILE = "\" onclick='x' <b>&amp;</b> \x00\x0b\x1b\x9b\ud800\ufffe"
SHOWN = "\" onclick='x' <b>&amp;</b> " + "\ufffd" * 6


def test_text_comes_back_as_it_was() -> None:
    """In an element and in an attribute; what no document may hold is replaced by one sign each."""
    read = Tree.fromstring(element("p", HOSTILE, [HOSTILE], title=HOSTILE))  # noqa: S314 - it is what is tested
    assert read.text == SHOWN * 2
    assert read.attrib == {"title": SHOWN}
    assert list(read) == []
    element("p", HOSTILE).encode()


def test_markup_is_not_escaped_twice() -> None:
    """Only what was made here counts as markup."""
    inner = element("b", "<")
    assert element("p", inner, class_="x", aria_label=None) == '<p class="x"><b>&lt;</b></p>'
    assert text(Markup("&lt;")) == "&lt;"
    assert element("path", d="M0 0") == '<path d="M0 0"/>'
