"""Make this very program run with whichever Python stands on the PATH, as in a rule's environment.

Snakemake can make an environment for its rules. That holds the libraries and not this program,
which is then the one that Snakemake itself has loaded: a checkout's, or an installed one.
"""

from __future__ import annotations

import shlex
import shutil
import tempfile
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path

DISTRIBUTION = "lfa1-study"
PACKAGES = ("lfa1_analysis", "lfa1_md", "lfa1_report", "lfa1_cli")


def provide(folder: Path) -> Path:
    """Make a folder for the PATH that holds `lfa1` alone.

    Parameters
    ----------
    folder : Path
        Several processes may fill it at once.

    Returns
    -------
    Path
        Its `lfa1` runs with the first ``python`` of the PATH.
    """
    linked = sources()
    digest = sha256("\n".join(map(str, linked.values())).encode()).hexdigest()[:12]
    whole = folder.absolute() / digest
    if not whole.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(dir=folder, prefix="part-"))
        unfinished.chmod(0o755)
        (unfinished / "packages").mkdir()
        for name, source in linked.items():
            (unfinished / "packages" / name).symlink_to(source)
        (unfinished / "bin").mkdir()
        program = unfinished / "bin/lfa1"
        packages = shlex.quote(str(whole / "packages"))
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH={packages} exec python -m lfa1_cli.main "$@"\n',
            encoding="utf-8",
        )
        program.chmod(0o755)
        try:
            unfinished.rename(whole)
        except OSError:  # another process was faster
            shutil.rmtree(unfinished)
            if not whole.is_dir():
                raise
    return whole / "bin"


def sources() -> dict[str, Path]:
    """Return the folders of the packages, and that of what the installation knows of them."""
    found = {}
    for name in PACKAGES:
        spec = find_spec(name)
        assert spec is not None and spec.submodule_search_locations  # this is one of them
        found[name] = Path(spec.submodule_search_locations[0]).resolve()
    with suppress(PackageNotFoundError):
        for file in files(DISTRIBUTION) or ():
            if file.parent.suffix in (".dist-info", ".egg-info"):  # the version is asked for there
                place = Path(str(file.locate())).resolve().parent
                found[place.name] = place
    return found
