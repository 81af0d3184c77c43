"""What leaves the house: files of a figure that repeat byte for byte, with its words and its credits in them."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matplotlib.axes import Axes

import borderzone
from borderzone._guards import check_choice, check_path, check_whole
from borderzone._guards.escapes import block, line
from borderzone.errors import OutputError
from borderzone.figures.grammar.sheet import figure_of, left_out_of
from borderzone.figures.grammar.theme import INK, LEAST_POINTS, theme_now, themed
from borderzone.figures.grammar.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from borderzone.study import StudyResult

__all__ = ["attribution", "credits_of", "rows_of", "run_words", "save"]

# Names that a file of a figure may end in.
FORMATS = ("png", "svg", "pdf")


def attribution(result: StudyResult, *names: str) -> str:
    """Return the credits that a figure carries."""
    seen: dict[str, None] = {}
    days: dict[str, None] = {}
    for record in result.inputs:
        if names and record.embedded and record.name not in names:
            continue
        credit = (record.attribution or record.title).rstrip(".")
        terms = record.licence.replace("-", " ")
        named = terms.lower() in credit.replace("-", " ").lower() or len(terms) > 20
        seen.setdefault(credit if named else f"{credit} ({terms})")
        days.setdefault(record.accessed)
    if result.incidents.credit and "article_incidents" not in {r.name for r in result.inputs}:
        seen.setdefault(result.incidents.credit.rstrip("."))
    when = ", ".join(day for day in days if day)
    when = f"; {say('accessed {when}', when=when)}" if when else ""
    return f"{say('Sources')}: {'; '.join(seen)}{when}." if seen else ""


def credits_of(result: StudyResult, *names: str) -> tuple[str, str]:
    """Give the credits in full, and in short those alone that a licence asks for."""
    owed = {
        (record.attribution or record.title).rstrip("."): None
        for record in result.inputs
        if not (names and record.embedded and record.name not in names)
        and record.licence.lower().startswith(_OWED)
    }
    if result.incidents.credit and "article_incidents" not in {r.name for r in result.inputs}:
        owed.setdefault(result.incidents.credit.rstrip("."))
    return attribution(result, *names), f"{say('Sources')}: {'; '.join(owed)}." if owed else ""


# Licences that ask for a credit wherever the data are shown.
_OWED = ("cc by", "cc-by", "odbl", "odc-by")


def run_words(*results: StudyResult) -> str:
    """Name the version and the runs that a figure is drawn from."""
    ids = f" {say('and')} ".join(result.run_id for result in results)
    return (
        f"borderzone {borderzone.__version__}, {say('runs' if len(results) > 1 else 'run')} {ids}."
    )


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Go through the rows of a table, whose columns are attributes that no type can tell."""
    return iter(table.itertuples())


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
        Description in words; written into the files and beside them as text, with the words for which
        the figure had no room.
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
    >>> from matplotlib.figure import Figure
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> [file.name for file in save(Figure(), folder / "empty", alt="Nothing.", formats=["png"])]
    ['empty.png', 'empty.txt']
    """
    dpi = check_whole(dpi, "dpi", highest=10_000, unit="dots per inch")
    stem = Path(check_path(stem, "figure", OutputError))
    check_path(stem.with_suffix(".xlarge"), "figure", OutputError)
    endings = (formats,) if isinstance(formats, str) else formats
    for ending in endings:
        check_choice(ending, "formats", FORMATS)
    page = figure_of(figure) if isinstance(figure, Axes) else figure
    if internal:
        _stamp_internal(page)
    rest = left_out_of(page)
    told = [alt, *(["For want of room not on the figure:"] if rest else [])]
    told += [f"{words.rstrip('.')}." for words in rest]
    title, alt = line(stem.name), block(" ".join(told))
    # No dates: the same figure must give the same bytes tomorrow.
    metadata: dict[str, dict[str, Any]] = {
        "png": {"Title": title, "Description": alt},
        "svg": {"Title": title, "Description": alt, "Date": None},
        "pdf": {"Title": title, "Subject": alt, "CreationDate": None},
    }
    files = [stem.with_suffix(f".{ending}") for ending in endings]
    text = stem.with_suffix(".txt")
    try:
        with themed(theme_now()):
            for file, ending in zip(files, endings, strict=True):
                page.savefig(file, format=ending, dpi=dpi, metadata=metadata[ending])
                if ending == "svg":
                    _name_picture(file, title, alt)
        text.write_text(alt + "\n", encoding="utf-8")
    except OSError as error:
        msg = f"the figure {str(stem)!r} cannot be written: {error.strerror or error}"
        raise OutputError(msg) from error
    return [*files, text]


def _name_picture(file: Path, title: str, alt: str) -> None:
    """Tell whoever reads a picture aloud that it is one, and what it shows."""
    text = file.read_text(encoding="utf-8")
    start = text.index("<svg")
    end = text.index(">", start)
    said = f"\n <title>{html.escape(title)}</title>\n <desc>{html.escape(alt)}</desc>"
    named = f'{text[start:end]} role="img">{said}'
    file.write_text(text[:start] + named + text[end + 1 :], encoding="utf-8")


def _stamp_internal(figure: Figure) -> None:
    """Stamp a page as not for publication, along its rim, where nothing is covered."""
    wide, _ = figure.get_size_inches()
    figure.text(
        1 - 0.02 / wide,
        0.5,
        "INTERNAL: not for publication",
        ha="right",
        va="center",
        rotation=90,
        fontsize=LEAST_POINTS,
        fontweight="bold",
        color=INK["on_warning"],
        backgroundcolor=INK["warning"],
    ).set_bbox({"facecolor": INK["warning"], "edgecolor": "none", "pad": 0.6})
