from .arrays import (
    as_between as as_between,
    as_box as as_box,
    as_finite as as_finite,
    as_non_negative as as_non_negative,
    as_numbers as as_numbers,
    as_positive as as_positive,
    as_probabilities as as_probabilities,
    as_rising as as_rising,
    as_whole as as_whole,
    broadcast as broadcast,
    plain as plain,
)
from .doors import (
    Drawn as Drawn,
    door as door,
)
from .kinds import (
    guard_room as guard_room,
    guarded as guarded,
)
from .numbers import (
    check_at_least as check_at_least,
    check_between as check_between,
    check_confidence as check_confidence,
    check_finite_number as check_finite_number,
    check_non_negative as check_non_negative,
    check_positive as check_positive,
    check_probability as check_probability,
    check_whole as check_whole,
    is_number as is_number,
    is_whole as is_whole,
)
from .paths import (
    check_path as check_path,
    local_path as local_path,
    local_place as local_place,
    temporary_folder as temporary_folder,
)
from .draws import (
    check_seed as check_seed,
    generator as generator,
    seed_number as seed_number,
    told_seed as told_seed,
)
from .threads import (
    check_threads as check_threads,
    n_threads as n_threads,
)
from .progress import (
    Bar as Bar,
    check_progress as check_progress,
    duration as duration,
    watched as watched,
)
from .words import (
    as_day as as_day,
    check_choice as check_choice,
    check_flag as check_flag,
    is_flag as is_flag,
    check_text as check_text,
    listed as listed,
    meant as meant,
    meant_choice as meant_choice,
    nearest as nearest,
    percent as percent,
    record_words as record_words,
    shown as shown,
    asked_from as asked_from,
    where_asked as where_asked,
    written_option as written_option,
)
