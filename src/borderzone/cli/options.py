"""Options and words that commands share: how a border is named, and how a record becomes options."""

from __future__ import annotations

import functools
import inspect
import json
from dataclasses import MISSING, dataclass, fields, is_dataclass
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

import borderzone as bz
from borderzone import border, datasets, errors
from borderzone._guards import local_path
from borderzone.cli.terminal import Loudness, print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import pandas as pd

__all__ = [
    "Form",
    "Limit",
    "Pair",
    "Quiet",
    "Terms",
    "Verbose",
    "Where",
    "json_rows",
    "refuse_existing",
    "spread_options",
    "study_of",
]


def _country_codes(incomplete: str) -> list[str]:
    codes = datasets.country_aliases()["code"].astype(str)
    return [code for code in codes if code.startswith(incomplete.upper())]


Where = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="STUDY.toml | LINE | A B",
        help="A study as TOML, a file with a line, or two countries; without, the built-in study.",
        autocompletion=_country_codes,
    ),
]
Pair = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="A B",
        help="Two countries; without, those of the built-in study.",
        autocompletion=_country_codes,
    ),
]

Terms = Annotated[
    str | None,
    typer.Option(help="mine: rows of unknown terms are yours to pass on; else only counts leave."),
]
Quiet = Annotated[
    bool, typer.Option("-q", "--quiet", help="Print the answer alone: no remarks, no progress.")
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Print the log as well.")]
_LOUDNESS = tuple(
    Parameter(name, Parameter.KEYWORD_ONLY, default=False, annotation=kind)
    for name, kind in (("quiet", Quiet), ("verbose", Verbose))
)
Limit = Annotated[
    float,
    typer.Option(help="Largest share of rejected rows of incidents that is accepted, 0 to 1."),
]


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form in which a table is printed."""

    json: Annotated[bool, typer.Option("--json", help="Print JSON, for a program.")] = False
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False

    @property
    def plain(self) -> bool:
        """Whether it is for people, and not for a program."""
        return not (self.json or self.csv)

    def check(self) -> None:
        """Refuse two forms at once."""
        if self.json and self.csv:
            msg = "a table is printed in one form: give --json or --csv, not both"
            raise errors.InvalidParameterError(msg)

    def show(self, frame: pd.DataFrame, title: str) -> None:
        """Print a table; JSON has a record for each row, and null where nothing is known."""
        self.check()
        if self.json:
            print_json(json_rows(frame))
        else:
            print_table(frame, title, csv=self.csv)


def json_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Make plain records of the rows of a table."""
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return found


def study_of(words: Sequence[str] | None) -> bz.Study:
    """Find the study that was named: a file, two countries, or the built-in one where nothing is."""
    if not words:
        return bz.Study.default()
    if len(words) == 2:
        return bz.Study.between(*words)
    if len(words) > 2:
        msg = (
            f"name one study, or a border by two countries, got {len(words)} words: {' '.join(words)}; "
            "a name of several words needs quotes"
        )
        raise errors.InvalidParameterError(msg)
    (word,) = words
    if border.Country.of(word).is_known and not local_path(word).exists():
        msg = f"{word} is one country, and a border has two: name the other beside it"
        raise errors.InvalidParameterError(msg)
    return bz.Study.from_file(word)


def spread_options(
    *more: Parameter,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Let a command take records, each field of which becomes an option, and how much it says.

    typer reads one option from each parameter, so options that travel together would fill the
    signature of every command. Here a parameter that is a record stands for its fields, in their
    order; what a command takes as ``**asked`` are the options `more`.
    """

    def spread(command: Callable[..., None]) -> Callable[..., None]:
        hints = get_type_hints(command, include_extras=True)
        records: dict[str, Any] = {}
        flat: list[Parameter] = []
        for one in inspect.signature(command).parameters.values():
            kind = hints[one.name]
            if is_dataclass(kind):
                records[one.name] = kind
                flat += _options_of(kind)
            elif one.kind is not Parameter.VAR_KEYWORD:
                flat.append(one.replace(annotation=kind))
        flat += [*more, *_LOUDNESS]

        @functools.wraps(command)
        def spread_command(**said: Any) -> None:
            Loudness.take(**{one.name: said.pop(one.name) for one in _LOUDNESS})
            for name, record in records.items():
                said[name] = record(**{one.name: said.pop(one.name) for one in fields(record)})
            command(**said)

        # typer looks at both, some of its versions at one and some at the other.
        spread_command.__signature__ = inspect.Signature(flat)  # type: ignore[attr-defined]  # read by inspect
        spread_command.__annotations__ = {one.name: one.annotation for one in flat}
        return spread_command

    return spread


def _options_of(record: Any) -> Iterable[Parameter]:
    hints = get_type_hints(record, include_extras=True)
    for one in fields(record):
        usual = Parameter.empty if one.default is MISSING else one.default
        yield Parameter(one.name, Parameter.KEYWORD_ONLY, default=usual, annotation=hints[one.name])


def refuse_existing(file: Path | None) -> None:
    """Refuse to write over a file that is there, before time is spent on what goes into it."""
    if file is not None and local_path(file).exists():
        msg = f"{file} exists; choose another name or remove it first"
        raise errors.OutputError(msg)
