"""Strings that act where they are not escaped, one for each medium they are aimed at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
from changed_results import changed

if TYPE_CHECKING:
    from borderzone.study import StudyResult

__all__ = ["ALL_AT_ONCE", "HOSTILE", "LONG", "UNSEEN", "obeyed", "with_words"]

UNSEEN = (*map(chr, range(9)), "\x1b", "\x7f", "\x9b", "\u2028", "\u202e", "\u2066", "\ufeff")

LONG = "long" * 250_000
HOSTILE = {
    "script": "<script>document.title='ran'</script>",
    "handler": "\" onerror=\"document.title='ran'\" x='<img src=x onerror=document.title=1>",
    "end of script": "</script></title></style><svg onload=document.title='ran'>",
    "mathtext": r"$\frac{$ \$ $x$",
    "markup": "[/x] [red] [link=file:///etc/passwd]x[/link] :smile:",
    "terminal": "\x1b]0;x\x07\x1b[31m\x9b31m",
    "formula": "=cmd|'/c calc'!A1",
    "plus": "+x",
    "at": "@x",
    "minus": "-x",
    "path": "../../evil",
    "drive": "C:\\x",
    "right to left": "\u202egnp.exe\u2066",
    "zero": "a\x00b",
    "lines": "one\nERROR: two\r\nthree\rfour\u2028five",
    "quotes": "\"\"\" ''' '); DROP TABLE zones;--",
    "template": "{{7*7}} {% raise %} {0.__class__} ${x}",
    "percent": "%s %n %(x)s",
    "emoji": "\U0001f600 é ش",
    "surrogate": "\ud800",
    "no character": "\uffff\ufeff",
    "empty": " ",
}
# For a run that can afford one string a field: every threat, the one that must come first first.
# Tables of pandas hold no half of a pair of surrogates: where it can come in, it is tried alone.
ALL_AT_ONCE = "=" + " ".join(words for name, words in HOSTILE.items() if name != "surrogate") + "."


def obeyed(text: str) -> list[str]:
    """List the characters of a text that no reader sees and some machine obeys."""
    return [mark for mark in text if mark in UNSEEN or "\ud800" <= mark <= "\udfff"]


def with_words(result: StudyResult, words: str) -> StudyResult:
    """Give a result with one string wherever a figure takes words from outside."""
    border = result.border
    named = replace(border, names=dict.fromkeys(border.names, words))
    furniture = {}
    for name, layer in result.ground.furniture.items():
        texts = [column for column in layer if column in ("name", "asciiname", "label")]
        furniture[name] = _told(layer, words, tuple(texts))
    return changed(
        result,
        name=words,
        border=named,
        scenario=result.scenario.model_copy(update={"name": words}),
        furniture=furniture,
        credit=words,
        notes=(words,),
        inputs=tuple(
            replace(record, title=words, attribution=words, licence=words)
            for record in result.inputs
        ),
        overlay=_told(result.overlay, words, ("zone", "in_words")),
        zones=_told(result.zones, words, ("zone", "near", "reasons")),
        origins=_told(result.ground.origins, words, ("name",)),
    )


def _told(table: Any, words: str, columns: tuple[str, ...]) -> Any:
    told = table.assign(**{name: _column(words, table) for name in columns if name in table})
    told.attrs = table.attrs
    return told


def _column(words: str, table: pd.DataFrame) -> pd.Series:
    # Text of pandas' own kind cannot hold half a pair of surrogates; objects can.
    return pd.Series([words] * len(table), index=table.index, dtype=object)
