"""Measured lines of sight in the place of the landform prior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from borderzone._guards import as_probabilities, check_probability
from borderzone.errors import InvalidParameterError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MASK_SOURCES", "MOST_UNKNOWN", "with_measured_mask"]

MASK_SOURCES = ("lines of sight", "landform prior")
# More unknown lines than this, and what is left does not speak for the segment.
MOST_UNKNOWN = 0.5

_COLUMNS = ("f_mask", "f_mask_low", "f_mask_high")


def with_measured_mask(
    ground: pd.DataFrame, masked: pd.DataFrame, *, most_unknown: float = MOST_UNKNOWN
) -> pd.DataFrame:
    """
    Put the share out of sight that was measured in the place of the prior.

    Parameters
    ----------
    ground
        Ground by segment, from `ground_by_segment` or `GroundSums`.
    masked
        Table of `visibility.masked_by_segment`, or several joined; segments it
        does not have keep their prior.
    most_unknown
        Share of lines over voids above which a segment keeps its prior.

    Returns
    -------
    DataFrame
        A copy with ``f_mask``, ``f_mask_low`` and ``f_mask_high`` measured where they
        can be, and ``f_mask_source`` that says ``"lines of sight"`` or ``"landform prior"``.

    Raises
    ------
    InvalidParameterError
        If a column is missing, a segment is not in the ground or comes twice, or a share
        is impossible.

    Examples
    --------
    >>> import pandas as pd
    >>> ground = pd.DataFrame({"f_mask": [0.4, 0.4], "f_mask_low": 0.1, "f_mask_high": 0.8})
    >>> masked = pd.DataFrame(
    ...     {"f_mask": [0.2], "f_mask_low": 0.1, "f_mask_high": 0.3, "unknown_share": 0.0}
    ... )
    >>> with_measured_mask(ground, masked)[["f_mask", "f_mask_source"]].to_numpy().tolist()
    [[0.2, 'lines of sight'], [0.4, 'landform prior']]
    """
    check_probability(most_unknown, "most_unknown")
    missing = [name for name in (*_COLUMNS, "unknown_share") if name not in masked]
    missing += [name for name in _COLUMNS if name not in ground]
    if missing:
        msg = (
            f"the tables lack {', '.join(missing)}; visibility.masked_by_segment and "
            "summary.ground_by_segment make them"
        )
        raise InvalidParameterError(msg)
    strange = masked.index[masked.index.duplicated() | ~masked.index.isin(ground.index)]
    if len(strange):
        msg = f"segments {list(strange[:5])} of the measured table are not in the ground, or come twice"
        raise InvalidParameterError(msg)
    shares = masked.loc[:, list(_COLUMNS)]
    as_probabilities(shares, "measured shares", missing=True)
    usable = shares.notna().all(axis=1) & (masked["unknown_share"] <= most_unknown)
    table = ground.copy()
    table.loc[usable.index[usable], list(_COLUMNS)] = shares[usable]
    measured = table.index.isin(usable.index[usable])
    table["f_mask_source"] = np.where(measured, *MASK_SOURCES)
    return table
