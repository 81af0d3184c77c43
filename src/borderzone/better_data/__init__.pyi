from .ranking import (
    FlagDoubt as FlagDoubt,
    better_data as better_data,
)
from .relief_errors import (
    CHARACTERS as CHARACTERS,
    FINE_M as FINE_M,
    RELIEF_ERRORS as RELIEF_ERRORS,
    ReliefError as ReliefError,
    relief_error as relief_error,
)
from .visit import (
    MAP_DOUBT as MAP_DOUBT,
    MapDoubt as MapDoubt,
)
