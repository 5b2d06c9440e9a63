"""Elements of the page. Text in them is escaped by the one function that makes them; the page is well-formed XML."""

import re
from collections.abc import Iterable
from html import escape

_ILLEGAL = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # in XML 1.0, and C1 controls
_VOID = frozenset({"meta", "br", "path", "rect", "line", "col"})


class Markup(str):
    """Already escaped."""

    __slots__ = ()


Child = str | Markup | Iterable["Child"]


def text(plain: str) -> Markup:
    return plain if isinstance(plain, Markup) else Markup(escape(_ILLEGAL.sub("\ufffd", plain), quote=True))


def element(tag: str, *children: Child, **attributes: str | float | None) -> Markup:
    """`_` in an attribute's name stands for `-`, at its end for nothing (`class_`). None leaves the attribute out."""
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{text(str(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{joined(children)}</{tag}>")


def joined(children: Child) -> Markup:
    if isinstance(children, str):
        return text(children)
    return Markup("".join(joined(child) for child in children))


def svg(width: float, height: float, *children: Child, **attributes: str | float | None) -> Markup:
    """A picture that is stretched to the width it is given."""
    box = Markup(f'viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none"')
    made = element("svg", *children, **attributes)
    return Markup(made.replace("<svg", f"<svg {box}", 1))
