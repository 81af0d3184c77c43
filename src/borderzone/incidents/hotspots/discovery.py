"""False discovery control: which of many places stay significant together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scipy import stats

from borderzone._guards import as_probabilities, check_choice

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from borderzone._typing import FloatArray

__all__ = ["CONTROLS", "adjusted_p"]

CONTROLS = ("bh", "by", "none")


def adjusted_p(p_values: ArrayLike, *, control: str = "bh") -> FloatArray:
    """
    Adjust p-values for the number of places that were looked at.

    A place whose adjusted value is at most q belongs to a set of which at
    most the share q is false in the long run.

    Parameters
    ----------
    p_values
        P-values, any shape; the last axis holds the places of one test.
    control
        "bh" after Benjamini and Hochberg [1]_, right for independent and for
        positively dependent places; "by" after Benjamini and Yekutieli [2]_,
        right for any dependence and stricter; "none" leaves them as they are.

    Returns
    -------
    FloatArray
        Adjusted p-values, shape of `p_values`.

    Raises
    ------
    InvalidParameterError
        If a p-value does not lie between 0 and 1, or `control` is unknown.

    References
    ----------
    .. [1] Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery
       rate. J. R. Stat. Soc. B 57, 289-300.
    .. [2] Benjamini, Y., Yekutieli, D. (2001). The control of the false
       discovery rate in multiple testing under dependency. Ann. Stat. 29,
       1165-1188.

    Examples
    --------
    >>> adjusted_p([0.001, 0.02, 0.03, 0.9]).round(3)
    array([0.004, 0.04 , 0.04 , 0.9  ])
    >>> adjusted_p([0.001, 0.02, 0.03, 0.9], control="by").round(4)
    array([0.0083, 0.0833, 0.0833, 1.    ])
    """
    check_choice(control, "control", CONTROLS)
    values = as_probabilities(p_values, "p_values")
    if control == "none" or values.size == 0:
        return values
    adjusted: FloatArray = stats.false_discovery_control(values, axis=-1, method=control)
    return adjusted
