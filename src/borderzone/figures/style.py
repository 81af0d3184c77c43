"""How every figure looks and speaks: paper, type, inks, numbers as people say them, the same bytes twice."""

from __future__ import annotations

import functools
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.ticker import PercentFormatter

import borderzone
from borderzone._guards import check_choice, check_path, check_whole
from borderzone._guards.escapes import block, figure_words, line
from borderzone.errors import OutputError
from borderzone.study import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from borderzone.study import StudyResult

__all__ = [
    "A4_LANDSCAPE",
    "A4_PORTRAIT",
    "CAVE_HATCH",
    "CAVE_INK",
    "INK",
    "NO_DATA",
    "NO_RELIEF",
    "RULE_STYLE",
    "SMALL",
    "THIRD_COUNTRY",
    "attribution",
    "context",
    "drawing",
    "figure_of",
    "halo",
    "month_ticks",
    "own_axes",
    "page",
    "percent_ticks",
    "rows_of",
    "run_words",
    "save",
]


def attribution(result: StudyResult, *names: str) -> str:
    """Return the credits that a figure carries."""
    seen: dict[str, None] = {}
    for record in result.inputs:
        if names and record.embedded and record.name not in names:
            continue
        credit = (record.attribution or record.title).rstrip(".")
        terms = record.licence.replace("-", " ")
        named = terms.lower() in credit.replace("-", " ").lower() or len(terms) > 20
        seen.setdefault(credit if named else f"{credit} ({terms})")
    if result.incidents.credit and "article_incidents" not in {r.name for r in result.inputs}:
        seen.setdefault(result.incidents.credit.rstrip("."))
    return f"Sources: {'; '.join(seen)}." if seen else ""


def run_words(*results: StudyResult) -> str:
    """Name the version and the runs that a figure is drawn from."""
    ids = " and ".join(result.run_id for result in results)
    return f"borderzone {borderzone.__version__}, run{'s' if len(results) > 1 else ''} {ids}."


# Inches. Every page is printed at its own size, so a point on it is a point on paper.
A4_LANDSCAPE = (11.69, 8.27)
A4_PORTRAIT = (8.27, 11.69)
# Half of a page of the report in width.
SMALL = (5.2, 3.3)

# One ink for one thing, on every figure. No two of them differ by red and green alone, and
# what they tell apart is told by hatch, dash or marker as well.
INK = {
    "text": "#1c1c1c",
    "quiet": "#595959",
    "rule": "#9a9a9a",
    "paper": "#ffffff",
    "land": "#f4f2ec",
    "water": "#3f7fa6",
    "sea": "#c9dde9",
    "border": "#000000",
    "desert": "#d9b36c",
    "desert_line": "#8a6516",
    "incident": "#a3124f",
    "outside": "#96707f",
    "synthetic": "#6d4a8d",
    "optimal": "#0b3c6f",
    "maximin": "#a34700",
    "even": "#6a6a6a",
    "band": "#0b3c6f",
    "warning": "#ffd54a",
}

# Allocation rule -> how its line is drawn and what it is called.
RULE_STYLE: dict[str, dict[str, Any]] = {
    "even": {"color": INK["even"], "linestyle": (0, (5, 2)), "label": told.RULE_WORDS["even"]},
    "optimal": {"color": INK["optimal"], "linestyle": "-", "label": told.RULE_WORDS["optimal"]},
    "maximin": {
        "color": INK["maximin"],
        "linestyle": (0, (7, 1.5, 1, 1.5)),
        "label": told.RULE_WORDS["maximin"],
    },
}

# Susceptibility to caves, told by hatch and by word.
CAVE_HATCH = {1: "..", 2: "//", 3: "xxx"}
CAVE_INK = {1: "#8583b4", 2: "#4a4789", 3: "#4a4789"}
# What is not known has a look of its own: no colour that stands for ground or for sea.
NO_DATA: dict[str, Any] = {
    "facecolor": "#ffffff",
    "edgecolor": "#8c8c8c",
    "hatch": "----",
    "linewidth": 0,
}
NO_RELIEF: dict[str, Any] = NO_DATA | {"facecolor": "#fbfbfb", "edgecolor": "#d2d2d2"}
THIRD_COUNTRY: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": "#4d4d4d",
    "hatch": "\\\\\\\\\\",
    "linewidth": 0,
}

RC: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.0,
    "axes.titlesize": 9.0,
    "axes.titleweight": "bold",
    "axes.labelsize": 8.0,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "figure.titlesize": 14.0,
    "text.color": INK["text"],
    "axes.labelcolor": INK["text"],
    "axes.edgecolor": INK["quiet"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK["quiet"],
    "ytick.color": INK["quiet"],
    "xtick.labelcolor": INK["text"],
    "ytick.labelcolor": INK["text"],
    "axes.grid": False,
    "grid.color": "#d8d8d8",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "figure.facecolor": INK["paper"],
    "savefig.facecolor": INK["paper"],
    "path.simplify": True,
    # Text stays text: it can be searched, read aloud and translated.
    "svg.fonttype": "none",
    "svg.hashsalt": "borderzone",
    "pdf.fonttype": 3,
    "axes.unicode_minus": True,
    # A name may hold a dollar sign; no figure of ours holds a formula.
    "text.parse_math": False,
    "text.usetex": False,
}

# What a title is set in at the smallest.
_LEAST_POINTS = 6.0
P = ParamSpec("P")


class _Paper(Figure):
    """A figure that a notebook shows by itself, without any global plotting state."""

    def _repr_png_(self) -> bytes:
        import io  # noqa: PLC0415 - only a notebook asks for it

        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=110)
        return buffer.getvalue()


class _PaperCanvas(FigureCanvasAgg):
    """Paper is drawn once, when it is saved, and not after every layer as a window is."""

    def draw_idle(self, *_: Any, **__: Any) -> None:
        pass


@contextmanager
def context() -> Iterator[None]:
    """Draw in the house style for a while; the caller's settings come back after."""
    with mpl.rc_context(rc=RC):
        yield


def drawing(draw: Callable[P, Axes]) -> Callable[P, Axes]:
    r"""
    Let a function that draws take any text from outside for its words.

    What it writes stands on the figure as `figure_words` shows it, and is never read as a
    formula; what stood on the caller's axes before stays as it was.
    """

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> Axes:
        given = [ax for ax in (*args, *kwargs.values()) if isinstance(ax, Axes)]
        before = {text: words for ax in given for text, words in _words(figure_of(ax)).items()}
        with context():
            ax = draw(*args, **kwargs)
            _show_ticks(figure_of(ax))
            for text, words in _words(figure_of(ax)).items():
                if before.get(text) != words:
                    text.set_parse_math(False)
                    text.set_usetex(False)
                    text.set_text(figure_words(words))
            if not given:
                _keep_on_page(figure_of(ax))
        return ax

    return drawn


def _keep_on_page(figure: Figure) -> None:
    """Set titles smaller that are wider than the page, and lift axes off notes that end below it."""
    rim = 0.02 * figure.bbox.width
    for ax in figure.axes:
        title, points = ax.title, float(ax.title.get_fontsize())
        while points > _LEAST_POINTS and (
            title.get_window_extent().x0 < rim
            or title.get_window_extent().x1 > figure.bbox.x1 - rim
        ):
            points -= 0.5
            title.set_fontsize(points)
        lowest = min((text.get_window_extent().y0 for text in ax.texts), default=rim)
        if lowest < rim:
            share, box = (rim - lowest) / figure.bbox.height, ax.get_position()
            ax.set_position((box.x0, box.y0 + share, box.width, box.height - share))


def _axis_of(figure: Figure) -> list[Any]:
    return figure.findobj(Axis)


def _words(figure: Figure) -> dict[Text, str]:
    for axis in _axis_of(figure):
        axis.get_ticklabels(which="both")  # ticks get their words late; now they have them
    return {text: text.get_text() for text in figure.findobj(Text)}


def _show_ticks(figure: Figure) -> None:
    # The words of ticks are set anew at every drawing, from what their axis keeps.
    for axis in _axis_of(figure):
        words = [label.get_text() for label in axis.get_majorticklabels()]
        shown = [figure_words(word) for word in words]
        if shown != words:
            axis.set_ticks(axis.get_majorticklocs(), labels=shown)


def page(size: tuple[float, float] = A4_LANDSCAPE) -> Figure:
    """Return an empty page that no global list of figures knows of."""
    figure = _Paper(figsize=size, dpi=110)
    _PaperCanvas(figure)
    return figure


def percent_ticks(decimals: int = 0) -> PercentFormatter:
    """Return what writes a share beside an axis, as the tables have it."""
    return PercentFormatter(1.0, decimals=decimals, symbol=" %")


def month_ticks(ax: Axes) -> None:
    """Mark the months, of which each is told by its 15th day."""
    ax.set_xticks(range(1, 13), list("JFMAMJJASOND"))
    ax.set(xlim=(1, 12), ylim=(0, None))
    ax.set_xlabel("15th of the month")


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Go through the rows of a table, whose columns are attributes that no type can tell."""
    return iter(table.itertuples())


def own_axes(ax: Axes | None, size: tuple[float, float] = (7.5, 5.0)) -> Axes:
    """Return the axes given, or the only axes of a new page."""
    if ax is not None:
        return ax
    figure = page(size)
    return figure.add_axes((0.1, 0.13, 0.86, 0.74))


def figure_of(ax: Axes) -> Figure:
    """Return the page that axes stand on."""
    root = ax.get_figure(root=True)
    assert isinstance(root, Figure)  # noqa: S101 - axes always stand on a figure
    return root


def halo(width: float = 2.0, color: str = "#ffffff") -> list[Any]:
    """Return the white rim that keeps a label readable on any ground."""
    return [withStroke(linewidth=width, foreground=color)]


def save(
    figure: Figure | Axes,
    stem: str | Path,
    *,
    alt: str,
    formats: Sequence[str] = ("png", "svg", "pdf"),
    dpi: int = 300,
    internal: bool = False,
) -> list[Path]:
    """
    Save a figure in every format, with its description, to bytes that repeat.

    Parameters
    ----------
    figure
        The figure, or axes of it as functions that draw return them.
    stem
        Path without ending.
    alt
        Description in words; written into the files and beside them as text.
    formats
        Endings.
    dpi
        Resolution of what is not vectors. Units: dots per inch.
    internal
        Whether the page is stamped as not for publication.

    Returns
    -------
    list of pathlib.Path
        The files written.

    Raises
    ------
    OutputError
        If the files cannot be written, or their names are ones that no file can have.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> [file.name for file in save(page(), folder / "empty", alt="Nothing.", formats=["png"])]
    ['empty.png', 'empty.txt']
    """
    dpi = check_whole(dpi, "dpi", highest=10_000, unit="dots per inch")
    stem = Path(check_path(stem, "figure", OutputError))
    check_path(stem.with_suffix(".xlarge"), "figure", OutputError)
    endings = (formats,) if isinstance(formats, str) else formats
    for ending in endings:
        check_choice(ending, "formats", ("png", "svg", "pdf"))
    page_ = figure_of(figure) if isinstance(figure, Axes) else figure
    if internal:
        _stamp_internal(page_)
    title, alt = line(stem.name), block(alt)
    # No dates: the same figure must give the same bytes tomorrow.
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Title": title, "Description": alt},
        "svg": {"Title": title, "Description": alt, "Date": None},
        "pdf": {"Title": title, "Subject": alt, "CreationDate": None},
    }
    files = [stem.with_suffix(f".{ending}") for ending in endings]
    text = stem.with_suffix(".txt")
    try:
        with context():
            for file, ending in zip(files, endings, strict=True):
                page_.savefig(file, format=ending, dpi=dpi, metadata=metadata[ending])
        text.write_text(alt + "\n", encoding="utf-8")
    except OSError as error:
        msg = f"the figure {str(stem)!r} cannot be written: {error.strerror or error}"
        raise OutputError(msg) from error
    return [*files, text]


def _stamp_internal(figure: Figure) -> None:
    """Stamp a page as not for publication."""
    wide, high = figure.get_size_inches()
    figure.text(
        1 - 0.1 / wide,
        1 - 0.06 / high,
        "INTERNAL: not for publication",
        ha="right",
        va="top",
        fontsize=8,
        fontweight="bold",
        color="#000000",
        backgroundcolor=INK["warning"],
    )
