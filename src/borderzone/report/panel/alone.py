"""The panel by itself: one page for a notebook, in the style of the report and under its policy."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

from borderzone._guards import shown
from borderzone._guards.escapes import line
from borderzone.errors import InvalidParameterError
from borderzone.report.page import render_panel
from borderzone.report.panel.build import made_panel
from borderzone.report.public import edition

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = ["PanelPage", "panel_page"]

# Of the panel in two columns, in a cell of some 1,000 pixels.
_HIGH = 1520


@dataclass(frozen=True, kw_only=True, repr=False)
class PanelPage:
    """
    The panel of a result as a page of its own, which a notebook shows inline.

    Attributes
    ----------
    name
        Name of the study.
    html
        The page, which asks for no other file.

    Examples
    --------
    >>> PanelPage(name="Iraq-Syria", html="<p>40 more</p>").name
    'Iraq-Syria'
    """

    name: str
    html: str

    def _repr_html_(self) -> str:
        """Show the page in a frame, where its style and script touch nothing else."""
        return (
            f'<iframe title="{html.escape(line(self.name))}: panel" srcdoc="{html.escape(self.html)}" '
            f'style="width:100%;height:{_HIGH}px;border:0"></iframe>'
        )

    def __repr__(self) -> str:
        """Say whose panel it is, and how large."""
        return f"<PanelPage {line(self.name)!r}, {len(self.html) / 1e3:,.0f} kB>"


def panel_page(result: StudyResult, *, detail: str = "public") -> PanelPage:
    """
    Give the panel of a report by itself: units, eyes, light and rule move map, curve and strip together.

    Parameters
    ----------
    result
        What a study gave.
    detail
        ``"public"`` or ``"internal"``, as for `write_report`.

    Returns
    -------
    PanelPage
        A page, shown inline by a notebook, without widgets.

    Raises
    ------
    InvalidParameterError
        If there is no such edition, or it is not known what units see.
    """
    told = edition(result, detail)
    panel = made_panel(told)
    if panel is None:
        msg = (
            f"there is no panel of {shown(result.name)}: what units see is not known there; run a study with "
            "elevation"
        )
        raise InvalidParameterError(msg)
    return PanelPage(name=told.result.name, html=render_panel(told, panel))
