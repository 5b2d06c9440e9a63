"""A table that may be wider than the page, and is then moved sideways by itself."""

from collections.abc import Iterable, Sequence

from bot.library.certificate.markup import Child, Markup, element


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Child]], foot: Sequence[Child] = ()) -> Markup:
    """The first cell of a row is its head. A number is put to the right by the style sheet: see `number`."""
    head = element("thead", element("tr", [element("th", one, scope="col") for one in heads]))
    body = element("tbody", [_row(cells) for cells in rows])
    last = element("tfoot", _row(foot)) if foot else ""
    made = element("table", element("caption", caption), head, body, last)
    return element("div", made, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _row(cells: Sequence[Child]) -> Markup:
    return element("tr", element("th", cells[0], scope="row"), [_cell(cell) for cell in cells[1:]])


def _cell(cell: Child) -> Markup:
    if isinstance(cell, str) and not isinstance(cell, Markup) and cell[:1].isdigit():
        return element("td", cell, class_="n")
    return element("td", cell)


def folded(summary: str, *children: Child) -> Markup:
    return element("details", element("summary", summary), *children)


def name(words: str) -> Markup:
    """Its direction of writing is its own."""
    return element("bdi", words, dir_="auto")
