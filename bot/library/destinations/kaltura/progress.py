"""How far a recording has come at Kaltura, as it is kept between attempts and processes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Progress:
    """`adding_s`: unix seconds at which an entry was asked for, as long as no answer has come. `told`: the entry's
    fields as they were last sent."""

    adding_s: float | None = None
    entry: str | None = None
    token: str | None = None
    token_file: tuple[int, int] | None = None  # size and modification (ns) of the file that `token` is for
    sent: int = 0  # bytes that `token` held at last; that it changes shows that the upload is alive
    has_content: bool = False
    told: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    room: str | None = None
    poster: str | None = None  # what was sent, as its size and modification

    def as_values(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Self:
        """Keys of later versions are left out."""
        known: dict[str, Any] = {key: values[key] for key in cls.__dataclass_fields__ if key in values}
        for key in ("categories", "token_file"):
            if known.get(key) is not None:
                known[key] = tuple(known[key])
        return cls(**known)
