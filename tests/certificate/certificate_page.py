"""A certificate read back as a program reads it: well-formed, with its figures, tables and pictures."""

import re
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree as Tree

_LINE = re.compile(r"M(\d+(?:\.\d+)?) (-?[\d.]+)h(\d+)")
Cells = list[tuple[float, float]]


@dataclass
class CertificatePage:
    """Raises ParseError for what is not well-formed."""

    source: str

    @cached_property
    def root(self) -> Tree.Element:
        return Tree.fromstring(self.source)  # noqa: S314 - the page under test

    @property
    def words(self) -> str:
        return words_of(self.root.find("body"))

    def figure(self, what: str) -> str:
        """`1.2 s: 1 time, of 1 person`."""
        for one in self._by_class("dl", "figures").findall("div"):
            if words_of(one.find("dt")) == what:
                strong, more = one.find("dd/strong"), one.find("dd/span")
                return f"{words_of(strong)}: {words_of(more)}"
        raise AssertionError(f"there is no figure {what!r}")

    def table(self, caption: str) -> list[list[str]]:
        """Rows as words, the heads first; empty when there is no such table."""
        for one in self.root.iter("table"):
            if words_of(one.find("caption")).startswith(caption):
                return [[words_of(cell) for cell in row] for row in one.iter("tr")]
        return []

    def rows(self) -> dict[str, Tree.Element]:
        """Of the timeline, by what stands before them."""
        return {words_of(row.find("div/*[@class='who']")): row for row in self._by_class("ol", "rows").findall("li")}

    def width(self, within: Tree.Element) -> float:
        """Cells of its picture."""
        picture = next(within.iter("svg"))
        return float(picture.attrib["viewBox"].split()[2])

    def lines(self, within: Tree.Element, name: str) -> Cells:
        """From and to, as shares of the picture's width."""
        width = self.width(within)
        return [
            (float(begin) / width, (float(begin) + float(long)) / width)
            for path in within.iter("path")
            if path.attrib["class"] == name
            for begin, _, long in _LINE.findall(path.attrib["d"])
        ]

    @property
    def overlay(self) -> Tree.Element:
        return self._by_class("div", "overlay")

    def _by_class(self, tag: str, name: str) -> Tree.Element:
        return next(one for one in self.root.iter(tag) if one.get("class") == name)


def words_of(element: Tree.Element | None) -> str:
    assert element is not None
    return " ".join("".join(element.itertext()).split())


def covers(cells: Cells, begin: float, end: float) -> bool:
    """Something is drawn wherever the span is: at its beginning, its end and its middle."""
    places = (begin, (begin + end) / 2, end)
    return all(any(low - 1e-9 <= place <= high + 1e-9 for low, high in cells) for place in places)
