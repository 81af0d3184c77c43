"""Strings that act where they are not escaped, one for each medium they are aimed at."""

from __future__ import annotations

__all__ = ["ALL_AT_ONCE", "HOSTILE", "LONG"]

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
