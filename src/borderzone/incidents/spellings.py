"""Each different cell of a column once: what is read from it holds for all rows that have it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

    from borderzone._typing import IntArray

__all__ = ["Spellings"]


class Spellings:
    """
    The different cells of a column, and which row has which.

    Equal cells of other kinds, such as 2019 and 2019.0, are told apart.

    Attributes
    ----------
    cells
        Each different cell, in the order in which it comes.
    numbers
        Number of the cell of each row.
    """

    def __init__(self, column: pd.Series) -> None:
        if column.dtype == object:
            seen: dict[tuple[type, object], int] = {}
            numbers = [seen.setdefault((type(cell), cell), len(seen)) for cell in column.tolist()]
            self.numbers: IntArray = np.array(numbers, dtype=np.int64)
            self.cells: list[Any] = [cell for _, cell in seen]
        else:
            codes, found = pd.factorize(column, use_na_sentinel=False)
            self.numbers, self.cells = codes.astype(np.int64), found.tolist()

    @classmethod
    def blank(cls, n_rows: int) -> Spellings:
        """Give those of a column that is not there."""
        found = cls(pd.Series([], dtype=object))
        found.cells, found.numbers = [""], np.zeros(n_rows, dtype=np.int64)
        return found

    def rows(self, number: int) -> IntArray:
        """Give the rows that have a cell."""
        order, starts = self._sorted
        return order[starts[number] : starts[number + 1]]

    def read(self, reading: Callable[[Any], Any], kind: Any = object) -> Any:
        """Read each different cell once."""
        values = np.empty(len(self.cells), dtype=kind)
        for number, cell in enumerate(self.cells):
            values[number] = reading(cell)
        return values[self.numbers]

    @cached_property
    def _sorted(self) -> tuple[IntArray, IntArray]:
        # One sort for all: a search for each cell would take rows times cells.
        order = np.argsort(self.numbers, kind="stable")
        counts = np.bincount(self.numbers, minlength=len(self.cells))
        return order, np.concatenate([[0], np.cumsum(counts)])
