"""The one place of each rule on what comes from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lazy_loader as lazy

# Loaded on first use: errors import the escapes, and every other guard imports the errors.
__getattr__, __dir__, __all__ = lazy.attach(
    __name__,
    submod_attrs={
        "arrays": [
            "as_between",
            "as_box",
            "as_finite",
            "as_non_negative",
            "as_numbers",
            "as_positive",
            "as_probabilities",
            "as_rising",
            "as_whole",
            "broadcast",
            "plain",
        ],
        "kinds": ["guard_room", "guarded"],
        "numbers": [
            "check_at_least",
            "check_between",
            "check_confidence",
            "check_finite_number",
            "check_non_negative",
            "check_positive",
            "check_probability",
            "check_whole",
            "is_number",
            "is_whole",
        ],
        "places": ["local_path", "temporary_folder"],
        "rows": ["as_given"],
        "seeds": ["check_seed", "generator", "seed_number", "told_seed"],
        "threads": ["check_threads", "n_threads"],
        "words": ["check_choice", "check_flag", "check_path", "check_text", "percent", "shown"],
    },
)

if TYPE_CHECKING:
    from borderzone._guards.arrays import (
        as_between,
        as_box,
        as_finite,
        as_non_negative,
        as_numbers,
        as_positive,
        as_probabilities,
        as_rising,
        as_whole,
        broadcast,
        plain,
    )
    from borderzone._guards.kinds import guard_room, guarded
    from borderzone._guards.numbers import (
        check_at_least,
        check_between,
        check_confidence,
        check_finite_number,
        check_non_negative,
        check_positive,
        check_probability,
        check_whole,
        is_number,
        is_whole,
    )
    from borderzone._guards.places import local_path, temporary_folder
    from borderzone._guards.rows import as_given
    from borderzone._guards.seeds import check_seed, generator, seed_number, told_seed
    from borderzone._guards.threads import check_threads, n_threads
    from borderzone._guards.words import (
        check_choice,
        check_flag,
        check_path,
        check_text,
        percent,
        shown,
    )

    __all__ = [
        "as_between",
        "as_box",
        "as_finite",
        "as_given",
        "as_non_negative",
        "as_numbers",
        "as_positive",
        "as_probabilities",
        "as_rising",
        "as_whole",
        "broadcast",
        "check_at_least",
        "check_between",
        "check_choice",
        "check_confidence",
        "check_finite_number",
        "check_flag",
        "check_non_negative",
        "check_path",
        "check_positive",
        "check_probability",
        "check_seed",
        "check_text",
        "check_threads",
        "check_whole",
        "generator",
        "guard_room",
        "guarded",
        "is_number",
        "is_whole",
        "local_path",
        "n_threads",
        "percent",
        "plain",
        "seed_number",
        "shown",
        "temporary_folder",
        "told_seed",
    ]
