"""Where layers that are too large for memory lie until the report takes them."""

from __future__ import annotations

import weakref
from pathlib import Path

from borderzone._guards import temporary_folder

__all__ = ["Workspace"]


class Workspace:
    """A folder for layers; one that nobody named goes with the object."""

    def __init__(self, folder: Path | None = None) -> None:
        if folder is None:
            folder_for_now = temporary_folder()
            self.path = Path(folder_for_now.name)
            weakref.finalize(self, folder_for_now.cleanup)
        else:
            self.path = Path(folder)
            self.path.mkdir(parents=True, exist_ok=True)
