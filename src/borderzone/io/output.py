"""The folder of a run: its name only ever holds a finished one."""

from __future__ import annotations

import json
import logging
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from borderzone._guards import check_path, guarded, local_path
from borderzone.errors import OutputError
from borderzone.io.files import flush_to_disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["OutputFolder"]

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no advisory locks of this kind
    fcntl = None  # type: ignore[assignment]  # asked before use


_log = logging.getLogger("borderzone")


@guarded
@dataclass(frozen=True)
class OutputFolder:
    """
    The folder that a run writes, whose name only ever holds a finished one.

    Attributes
    ----------
    path
        Final name of the folder.
    overwrite
        Whether an earlier run's folder may be replaced: files that its manifest lists are, all
        others stay.
    MANIFEST
        Name of the file that lists what a run wrote.
    UNLISTED
        What a run writes without listing it there: these change from run to run.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as place:
    ...     with OutputFolder(f"{place}/out").filled() as folder:
    ...         _ = (folder / "a.txt").write_text("whole")
    ...     sorted(file.name for file in Path(place, "out").iterdir())
    ['a.txt']
    """

    MANIFEST: ClassVar[str] = "manifest.json"
    UNLISTED: ClassVar[tuple[str, ...]] = ("log.txt", "timing.json", MANIFEST)

    path: str | os.PathLike[str]
    overwrite: bool = field(default=False, kw_only=True)

    def check(self) -> None:
        """
        Refuse the folder before any work is done for it; nothing is written.

        Raises
        ------
        OutputError
            If it is not empty and `overwrite` is not set, or holds no manifest of an earlier run.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as place:
        ...     _ = Path(place, "own.txt").write_text("mine")
        ...     OutputFolder(place).check()
        Traceback (most recent call last):
            ...
        borderzone.errors.OutputError: the output folder '...' is not empty; add --overwrite...
        """
        _check_final(_final(self.path), overwrite=self.overwrite)

    @contextmanager
    def held(self) -> Iterator[Path]:
        """
        Hold the folder while it is written bit by bit; it is made where it is missing.

        Yields
        ------
        pathlib.Path
            The folder.

        Raises
        ------
        OutputError
            If it is a file, cannot be made, or another process holds it.
        """
        final = _final(self.path)
        if final.is_symlink() or (final.exists() and not final.is_dir()):
            msg = f"{str(final)!r} is not a folder; choose another output folder"
            raise OutputError(msg)
        try:
            final.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"the folder {str(final)!r} cannot be made: {error.strerror}"
            raise OutputError(msg) from error
        with _only_one(final):
            yield final

    @contextmanager
    def filled(self) -> Iterator[Path]:
        """
        Fill the folder.

        The body writes into ``<name>.partial`` beside it. When the body ends, that takes the final
        name; when it fails, it is removed; when it is killed, the next run removes it and says so.

        Yields
        ------
        pathlib.Path
            Folder to write into.

        Raises
        ------
        OutputError
            If `check` refuses it, another process is writing it, or it cannot be written to.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> with tempfile.TemporaryDirectory() as place:
        ...     try:
        ...         with OutputFolder(f"{place}/out").filled() as folder:
        ...             _ = (folder / "a.txt").write_text("half")
        ...             raise KeyboardInterrupt
        ...     except KeyboardInterrupt:
        ...         Path(place, "out").exists()
        False
        """
        final = _final(self.path)
        try:
            final.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            msg = f"the folder {str(final.parent)!r} cannot be made: {error.strerror}"
            raise OutputError(msg) from error
        with _only_one(final):
            _recover(final)
            _check_final(final, overwrite=self.overwrite)
            partial = _beside(final, "partial")
            try:
                partial.mkdir()
                yield partial
                _check_conflicts(final, partial)
                for file in sorted(partial.rglob("*")):
                    if file.is_file():
                        flush_to_disk(file)
                _swap(final, partial)
            except OSError as error:
                msg = (
                    f"the output folder {str(final)!r} cannot be written: {error.strerror or error}"
                )
                raise OutputError(msg) from error
            finally:
                shutil.rmtree(partial, ignore_errors=True)


def _final(path: str | os.PathLike[str]) -> Path:
    final = local_path(path).resolve()
    if not final.name:
        msg = f"{os.fspath(path)!r} cannot be an output folder; give it a name of its own"
        raise OutputError(msg)
    # Names beside the folder are longer than its own.
    check_path(_replaced(final), "output folder", OutputError)
    return final


def _beside(final: Path, word: str) -> Path:
    return final.with_name(f"{final.name}.{word}")


def _replaced(final: Path) -> Path:
    return final.with_name(f".{final.name}.replaced")


@contextmanager
def _only_one(final: Path) -> Iterator[None]:
    """Hold a lock beside the folder; the system lets go of it when a process is killed."""
    lock = _beside(final, "lock")
    try:
        handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
    except OSError as error:
        msg = f"{str(final.parent)!r} cannot be written to: {error.strerror}"
        raise OutputError(msg) from error
    try:
        if fcntl is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mine = lock.exists() and lock.stat().st_ino == os.fstat(handle).st_ino
    except BlockingIOError:
        mine = False
    try:
        if not mine:
            msg = f"another run is writing {str(final)!r}; wait for it, or choose another folder"
            raise OutputError(msg)
        yield
    finally:
        if mine:
            lock.unlink(missing_ok=True)
        os.close(handle)


def _recover(final: Path) -> None:
    """Tidy up after a run that was killed."""
    partial, old = _beside(final, "partial"), _replaced(final)
    if partial.is_symlink() or partial.is_file():
        msg = f"{str(partial)!r} is in the way; move it or choose another output folder"
        raise OutputError(msg)
    if partial.is_dir():
        _log.warning("removing %s, left by a run that did not finish", partial)
        shutil.rmtree(partial)
    if old.is_dir() and not final.exists():
        _log.warning("putting %s back, a run stopped while replacing it", old)
        old.rename(final)
    elif old.is_dir():
        _log.warning("finishing the replacement of %s, which a run did not", final)
        _keep_others(old, final)


def _check_final(final: Path, *, overwrite: bool) -> None:
    if final.is_symlink() or (final.exists() and not final.is_dir()):
        msg = f"{str(final)!r} is not a folder; choose another output folder"
        raise OutputError(msg)
    if not final.exists() or not any(final.iterdir()):
        return
    if not overwrite:
        msg = (
            f"the output folder {str(final)!r} is not empty; add --overwrite (overwrite=True) to "
            "replace what an earlier run wrote there, or choose another folder"
        )
        raise OutputError(msg)
    if not (final / OutputFolder.MANIFEST).is_file():
        msg = (
            f"the output folder {str(final)!r} is not empty and holds no {OutputFolder.MANIFEST} of an earlier "
            "run, so nothing in it is replaced; choose another folder"
        )
        raise OutputError(msg)
    _listed(final)  # refuse a strange manifest now, not after the run


def _listed(folder: Path) -> set[str]:
    """Names that the manifest of a folder says a run wrote."""
    try:
        content: Any = json.loads((folder / OutputFolder.MANIFEST).read_text(encoding="utf-8"))
        names = {str(output["path"]) for output in content["outputs"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        msg = (
            f"{str(folder / OutputFolder.MANIFEST)!r} is not a manifest that borderzone wrote, so nothing "
            "in the folder is replaced; choose another folder"
        )
        raise OutputError(msg) from error
    return names | set(OutputFolder.UNLISTED)


def _others(folder: Path) -> list[Path]:
    """Files of a folder that no run wrote, as relative paths."""
    listed = _listed(folder)
    found = []
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if (file.is_symlink() or not file.is_dir()) and name.as_posix() not in listed:
            found.append(name)
    return found


def _check_conflicts(final: Path, partial: Path) -> None:
    if not final.exists() or not any(final.iterdir()):
        return
    clashes = [name.as_posix() for name in _others(final) if (partial / name).exists()]
    if clashes:
        msg = (
            f"the output folder {str(final)!r} holds {', '.join(clashes)}, which the earlier run "
            "did not write and this one would replace; move it away"
        )
        raise OutputError(msg)


def _swap(final: Path, partial: Path) -> None:
    old = _replaced(final)
    if final.exists() and any(final.iterdir()):
        final.rename(old)
        partial.rename(final)
        _keep_others(old, final)
    else:
        if final.exists():
            final.rmdir()
        partial.rename(final)


def _keep_others(old: Path, final: Path) -> None:
    """Move what no run wrote into the new folder, then remove the old one."""
    # Without its manifest the folder was being removed already, and all others were moved.
    for name in _others(old) if (old / OutputFolder.MANIFEST).is_file() else []:
        (final / name).parent.mkdir(parents=True, exist_ok=True)
        (old / name).rename(final / name)
    shutil.rmtree(old)
