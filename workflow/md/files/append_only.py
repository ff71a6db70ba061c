"""Files that only grow while a job runs, measured so that they can be cut back exactly."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from lfa1_analysis.io.errors import StudyError
from lfa1_analysis.trajectory.formats.xtc import whole_frames
from lfa1_md.files.checkpoint import DamagedError, Mark
from lfa1_md.files.durable import cut

_PIECE = 1 << 20


class DiskError(StudyError):
    """The disk did not take what was written."""

    @classmethod
    def of(cls, path: Path) -> DiskError:
        """Make the error for a file that holds an incomplete record."""
        return cls(
            f"{path}: the disk did not take all that was written",
            "make room on the disk and run it again; it goes on from its last checkpoint",
        )


class Growing:
    """A trajectory (``.xtc``, records are frames) or a table (records are lines).

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path, self.mark = path, Mark(0, hashlib.sha256().hexdigest(), 0)
        self._hash = hashlib.sha256()

    def extend(self) -> Mark:
        """Take in what was appended since, and bring it to the disk.

        Raises
        ------
        DiskError
            The file ends inside a record, or a row of the table is not whole.
        """
        start = self.mark.bytes
        records, end = self._records(start)
        with self.path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if end != size:
                raise DiskError.of(self.path)
            file.seek(start)
            while piece := file.read(_PIECE):
                self._hash.update(piece)
            os.fsync(file.fileno())
        self.mark = Mark(end, self._hash.hexdigest(), self.mark.records + records)
        return self.mark

    def verify(self, mark: Mark) -> None:
        """Compare the beginning of the file with what a checkpoint says of it.

        Raises
        ------
        DamagedError
            It is shorter or other than it was.
        """
        size = self.path.stat().st_size if self.path.is_file() else 0
        if size < mark.bytes:
            raise DamagedError(
                f"{self.path.name} has {size} bytes, the checkpoint counted {mark.bytes} "
                f"({mark.records} records)"
            )
        if self._digest(mark.bytes).hexdigest() != mark.sha256:
            raise DamagedError(
                f"the first {mark.records} records of {self.path.name} are not those that the "
                "checkpoint counted"
            )

    def cut_back(self, mark: Mark) -> None:
        """Forget everything after a verified mark."""
        if self.path.is_file():
            cut(self.path, mark.bytes)
        else:
            self.path.touch()
        self.mark, self._hash = mark, self._digest(mark.bytes)

    def restart(self) -> None:
        """Empty the file."""
        self.cut_back(Mark(0, hashlib.sha256().hexdigest(), 0))

    def _digest(self, size: int) -> hashlib._Hash:
        found = hashlib.sha256()
        if size:
            with self.path.open("rb") as file:
                while size and (piece := file.read(min(size, _PIECE))):
                    found.update(piece)
                    size -= len(piece)
        return found

    def _records(self, start: int) -> tuple[int, int]:
        if self.path.suffix == ".xtc":
            return whole_frames(self.path, start)
        with self.path.open("rb") as file:
            columns = file.readline().count(b",")
            file.seek(start)
            text = file.read()
        if any(line.count(b",") != columns for line in text.splitlines()):  # half a row, another
            raise DiskError.of(self.path)
        return text.count(b"\n"), start + text.rfind(b"\n") + 1
