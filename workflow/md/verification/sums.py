"""Checksums of many files: read in parallel, each once, said aloud when that takes long."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path

from lfa1_md.files.durable import write_json
from lfa1_md.files.provenance import as_json, sha256

_READERS = 4
"""Files that are read at the same time; a disk or a network answers several faster than one."""
_LOUD_BYTES = 200_000_000
"""From here on it is said what is being read."""
_EVERY_SECONDS = 10.0
TIMESTAMP = ".snakemake_timestamp"
"""File that Snakemake leaves in a folder that is an output; it is no part of its content."""


class Sums:
    """Checksums of files, as far as they have been read.

    Parameters
    ----------
    memory : Path
        File that keeps them for the next start, each with the size and the time of its file. What
        cannot be written there is read again.
    """

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._kept: dict[str, list[object]] = {}
        with suppress(OSError, ValueError):
            content = json.loads(memory.read_text(encoding="utf-8"))
            self._kept = content if isinstance(content, dict) else {}
        self._known: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        """Return the checksum of a file, or that of a folder's names and contents.

        Raises
        ------
        OSError
            It cannot be read.
        """
        if path not in self._known:
            if path.is_dir():
                self._known[path] = self._folder(path)
            else:
                stat = path.stat()
                seen = [stat.st_size, stat.st_mtime_ns]
                kept = self._kept.get(str(path))
                if not (isinstance(kept, list) and kept[:2] == seen and len(kept) == 3):
                    self._kept[str(path)] = kept = [*seen, sha256(path)]
                self._known[path] = str(kept[2])
        return self._known[path]

    def read(self, paths: Iterable[Path]) -> None:
        """Read many files ahead; what cannot be read is found out by `of`."""
        wanted = {path: path.stat().st_size for path in paths if path.is_file()}
        total, done, said = sum(wanted.values()), 0, time.monotonic()
        loud = total > _LOUD_BYTES
        if loud:
            text = f"comparing {len(wanted)} files ({total / 1e9:.1f} GB) with their records"
            print(text, file=sys.stderr, flush=True)
        with ThreadPoolExecutor(_READERS) as pool:
            running = {pool.submit(self.of, path): size for path, size in wanted.items()}
            for future in as_completed(running):
                done += running[future]
                if loud and time.monotonic() - said > _EVERY_SECONDS:
                    said = time.monotonic()
                    print(
                        f"  {done / 1e9:.1f} of {total / 1e9:.1f} GB", file=sys.stderr, flush=True
                    )
        if wanted:
            with suppress(OSError):
                write_json(self._memory, self._kept)

    def forget(self) -> None:
        """Read files again that are asked for again: they may have been made anew."""
        self._known.clear()

    def _folder(self, folder: Path) -> str:
        files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != TIMESTAMP)
        content = {str(path.relative_to(folder)): self.of(path) for path in files}
        return f"sha256:{hashlib.sha256(as_json(content).encode()).hexdigest()}"
