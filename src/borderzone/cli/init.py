"""The command ``borderzone init``: a study file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import borderzone as bz
from borderzone import errors, io
from borderzone.cli.options import Pair, refuse_existing, spread_options
from borderzone.cli.terminal import remark, say

__all__ = ["init"]


@spread_options()
def init(
    where: Pair = None,
    *,
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write.")] = Path("study.toml"),
) -> None:
    """Write a study file to start from: every field, with what is usual and what it means."""
    words = where or []
    if len(words) > 2:
        msg = f"a border has two countries, got {len(words)} words: {' '.join(words)}"
        raise errors.InvalidParameterError(msg)
    refuse_existing(out)
    text = bz.Study.starter(*words)
    with io.atomic_write(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    say(f"Study: {out}")
    remark(f"Change what you know better, then: borderzone report {out} -o out")
