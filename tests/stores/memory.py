"""A destination's memory that outlives the process."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class FileMemory:
    """On disk when `keep` returns, whole or not at all, as the publisher's rows are."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: Mapping[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def keep(self, values: Mapping[str, Any]) -> None:
        self.values = json.loads(json.dumps(values))
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(values))
        os.replace(draft, self.path)
