"""The fixed words of figures in every language they speak, from one catalogue."""

from __future__ import annotations

import tomllib
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

from borderzone._guards import check_choice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["LANGUAGES", "catalogue", "finding", "from_right", "language_now", "say", "spoken"]

# Code -> name. All but English were written without a speaker of theirs having read them.
LANGUAGES: Mapping[str, str] = MappingProxyType(
    {"en": "English", "fr": "français", "ar": "العربية"}
)
_NOW: ContextVar[str] = ContextVar("language", default="en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Give the words of a language by the English ones; English has none of its own."""
    if language == "en":
        return MappingProxyType({})
    text = files(__package__).joinpath("words.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text)[language])


def language_now() -> str:
    """Give the language that is drawn in."""
    return _NOW.get()


def from_right() -> bool:
    """Tell whether the language is written from right to left."""
    return language_now() == "ar"


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Draw in a language for a while."""
    outer = _NOW.set(check_choice(language, "lang", tuple(LANGUAGES)))
    try:
        yield
    finally:
        _NOW.reset(outer)


def say(english: str, **values: object) -> str:
    """Say fixed words in the language that is drawn in; values stand where braces name them."""
    words = catalogue(language_now()).get(english, english)
    return words.format(**values) if values else words


def finding(english: str, template: str, **values: object) -> str:
    """
    Tell a finding: in English the sentence that all editions tell, else the shorter one of the catalogue.

    Sentences are built from parts that no catalogue can turn into another language; so each
    figure has one plain sentence with its numbers in the others.
    """
    return english if language_now() == "en" else say(template, **values)
