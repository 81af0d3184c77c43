"""Options and words that commands share, and how a record becomes options."""

from __future__ import annotations

import functools
import inspect
from dataclasses import MISSING, fields, is_dataclass
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from borderzone import errors
from borderzone._guards import local_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["Limit", "Terms", "refuse_existing", "spread_options"]

Terms = Annotated[
    str | None,
    typer.Option(help="mine: rows of unknown terms are yours to pass on; else only counts leave."),
]
Limit = Annotated[
    float,
    typer.Option(help="Largest share of rejected rows of incidents that is accepted, 0 to 1."),
]


def spread_options(
    *more: Parameter,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Let a command take records, each field of which becomes an option.

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
        flat += more

        @functools.wraps(command)
        def spread_command(**said: Any) -> None:
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
