"""Every exception borderzone raises on purpose."""

from borderzone._guards.escapes import block

__all__ = [
    "BorderNotFoundError",
    "BorderzoneError",
    "CRSMismatchError",
    "CoverageGapError",
    "DataError",
    "GridMismatchError",
    "InvalidGeometryError",
    "InvalidParameterError",
    "InvalidScenarioError",
    "LimitError",
    "NetworkError",
    "NoOverlapError",
    "NotProjectedError",
    "OutputError",
    "RejectedRowsError",
    "SeveralSectionsError",
    "ShapeMismatchError",
]


class BorderzoneError(ValueError):
    """Base of all borderzone errors: catch this to catch them all."""

    def __str__(self) -> str:
        """Say what is wrong, with no character in it that a terminal or log would obey."""
        return block(super().__str__())


class BorderNotFoundError(BorderzoneError):
    """A country name is unknown, or two countries share no land border."""


class CRSMismatchError(BorderzoneError):
    """A coordinate reference system is missing, or two of them differ."""


class CoverageGapError(BorderzoneError):
    """A raster does not cover the ground it was asked for."""


class DataError(BorderzoneError):
    """A file cannot be read, or is not what its name says."""


class GridMismatchError(BorderzoneError):
    """Two rasters do not share shape, transform and CRS."""


class InvalidGeometryError(BorderzoneError):
    """A line or polygon is empty, broken or crosses itself."""


class InvalidParameterError(BorderzoneError):
    """A number or name is outside what is allowed."""


class InvalidScenarioError(BorderzoneError):
    """A scenario asks for something impossible."""


class LimitError(BorderzoneError):
    """An input is larger than the stated limit."""


class NetworkError(BorderzoneError):
    """A server cannot be reached, refuses, or delivers something else than asked for."""


class NoOverlapError(BorderzoneError):
    """Two inputs have no area in common."""


class NotProjectedError(BorderzoneError):
    """A metric operation was asked of data in degrees."""


class OutputError(BorderzoneError):
    """An output folder or file cannot be written as asked."""


class RejectedRowsError(BorderzoneError):
    """More rows of a table are unusable than is allowed."""


class SeveralSectionsError(BorderzoneError):
    """A corridor needs several frames where one was asked for."""


class ShapeMismatchError(BorderzoneError):
    """Two arrays that describe the same things differ in length."""
