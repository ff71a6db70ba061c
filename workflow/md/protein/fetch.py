"""Getting an entry: local folders, then the cache, then the wwPDB; checked before it is used."""

from __future__ import annotations

import contextlib
import gzip
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from lfa1_analysis.io.errors import InputError
from lfa1_analysis.io.table import check_place
from lfa1_md.protein import catalogue
from lfa1_md.protein.catalogue import Entry
from lfa1_md.protein.input import coordinates, i_domain
from lfa1_md.study.embedded import PREDICTED
from lfa1_md.study.embedded import is_entry as is_entry

MIRROR = "LFA1_STRUCTURE_MIRROR"
"""Environment variable: folders with entries, separated as in PATH."""
SERVERS = (
    "https://files.rcsb.org/download/{entry}.cif.gz",
    "https://files.wwpdb.org/pub/pdb/data/structures/divided/mmCIF/{middle}/{entry}.cif.gz",
)
ALPHAFOLD = "https://alphafold.ebi.ac.uk"
TIMEOUT = (10.0, 60.0)
"""s; to connect, and between bytes."""
RETRIES = 4
BACKOFF = 1.0
"""s; waits 0, 2, 4, 8 times this between attempts."""
_SUFFIXES = (".cif", ".cif.gz", ".pdb", ".pdb.gz", ".ent", ".ent.gz")
_REMEDY = (
    f"put the entry into a folder and name that in {MIRROR}, or give the path of a coordinate file"
)


def fetch(
    name: str,
    output: Path | None = None,
    servers: tuple[str, ...] = SERVERS,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Return the file of a catalogue entry, checked against the catalogue.

    Parameters
    ----------
    name : str
        PDB identifier.
    output : path, optional
        Write it there, in the format and compression that the name's ending promises.
    servers : tuple of str
        Addresses with ``{entry}`` and ``{middle}`` in small letters.
    say : callable
        Told where it came from.

    Returns
    -------
    path
        `output`, or the file in the mirror or the cache.

    Raises
    ------
    InputError
        The entry is not in the catalogue, cannot be had, or is not what the catalogue says; or
        `output` cannot be written.
    """
    entry = catalogue.find(name)
    lower = entry.entry.lower()
    addresses = [server.format(entry=lower, middle=lower[1:3]) for server in servers]
    return _obtain(entry.entry, output, lambda: addresses, lambda file: check(entry, file), say)


def fetch_any(
    name: str,
    output: Path | None = None,
    servers: tuple[str, ...] = SERVERS,
    alphafold: str = ALPHAFOLD,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Return the file of any PDB entry, or of a model of the AlphaFold database.

    Nothing of it is checked but that it is a structure: what reads it next does that.

    Parameters
    ----------
    name : str
        ``5E6R``, or ``AF-P20701-F1`` (the latest version; ``AF-P20701-F1-model_v4`` for one).
    output : path, optional
        Write it there, in the format and compression that the name's ending promises.
    servers : tuple of str
        As in `fetch`.
    alphafold : str
        Address of the AlphaFold database.
    say : callable
        Told where it came from.

    Raises
    ------
    InputError
        It cannot be had, or `output` cannot be written.
    """
    if PREDICTED.match(name):
        return _obtain(
            name, output, lambda: _alphafold_addresses(name, alphafold, say), coordinates.read, say
        )
    lower = name.lower()
    addresses = [server.format(entry=lower, middle=lower[1:3]) for server in servers]
    return _obtain(name, output, lambda: addresses, coordinates.read, say)


def _obtain(
    name: str,
    output: Path | None,
    addresses: Callable[[], list[str]],
    accept: Callable[[Path], object],
    say: Callable[[str], None],
) -> Path:
    """Return an entry's file from the mirror, the cache or a server; `accept` refuses a wrong one.

    A damaged file in the cache is thrown away, to be fetched again.
    """
    if output is not None:
        check_place(output)
    stems = _stems(name)
    cached = cache() / f"{stems[0]}.cif.gz"
    file = _in_mirror(stems)
    if file is not None:
        accept(file)
    elif cached.is_file():
        try:
            accept(cached)
            file = cached
        except InputError:
            cached.unlink()
    if file is not None:
        say(f"{name}: {file}")
    else:
        file = _download(name, addresses(), cached, accept, say)
    if output is None:
        return file
    _write(output, _in_format(file, output))
    return output


def _stems(name: str) -> tuple[str, ...]:
    """Return the beginnings of file names that an entry may have."""
    if PREDICTED.match(name):
        return (name,) if "-model_v" in name else (name, f"{name}-model")
    return name.lower(), name.upper(), f"pdb{name.lower()}"


def _alphafold_addresses(name: str, server: str, say: Callable[[str], None]) -> list[str]:
    """Return where a model is: its version is part of the address, and the latest is asked for."""
    if "-model_v" in name:
        return [f"{server}/files/{name}.cif"]
    accession = name.split("-")[1]
    address = f"{server}/api/prediction/{accession}"
    say(f"{name}: asking {address} for its latest version")
    try:
        answer = _session().get(address, timeout=TIMEOUT)
        answer.raise_for_status()
        found = [str(m["cifUrl"]) for m in answer.json() if f"/{name}-" in str(m["cifUrl"])]
    except requests.RequestException as error:
        raise InputError(f"{name}: {address}: {_short(error)}", _REMEDY) from None
    except (ValueError, KeyError, TypeError):
        raise InputError(f"{name}: {address}: not the answer that is expected", _REMEDY) from None
    if not found:
        raise InputError(f"{name}: the AlphaFold database has no such model", _REMEDY)
    return found


def _download(
    name: str,
    addresses: list[str],
    final: Path,
    accept: Callable[[Path], object],
    say: Callable[[str], None],
) -> Path:
    """Check what arrives in a temporary file; only then does it enter the cache."""
    session, failures = _session(), []
    for address in addresses:
        say(f"{name}: fetching {address}")
        try:
            data = _get(session, address)
        except requests.RequestException as error:
            failures.append(f"{address}: {_short(error)}")
            continue
        final.parent.mkdir(parents=True, exist_ok=True)
        packed = data if data[:2] == b"\x1f\x8b" else gzip.compress(data, mtime=0)
        with tempfile.NamedTemporaryFile(
            dir=final.parent, suffix=".cif.gz", delete=False
        ) as stream:
            stream.write(packed)
        arrived = Path(stream.name)
        try:
            accept(arrived)
            os.replace(arrived, final)
            return final
        except InputError as error:
            failures.append(f"{address}: {error.problem.replace(str(arrived), name)}")
        finally:
            arrived.unlink(missing_ok=True)
    raise InputError(
        f"{name}: not in {MIRROR}, not in the cache, and not to be had:\n    "
        + "\n    ".join(failures),
        _REMEDY,
    )


def _in_format(file: Path, output: Path) -> bytes:
    """Return the content of `file` in the format that the name of `output` promises."""
    data = file.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    name = output.name.removesuffix(".gz")
    given, wanted = file.name.removesuffix(".gz").endswith(".cif"), name.endswith(".cif")
    if given != wanted:
        content = coordinates.read(file)
        content.setup_entities()
        text = content.make_mmcif_document().as_string() if wanted else content.make_pdb_string()
        data = text.encode()
    return gzip.compress(data, mtime=0) if output.name.endswith(".gz") else data


def check(entry: Entry, file: Path) -> None:
    """Check a file against the catalogue: chain, sequence with its mutations, range.

    Raises
    ------
    InputError
        They differ, or the file cannot be read.
    """
    catalogue.check(entry, i_domain.load(file, entry.chain))


def cache() -> Path:
    """Return the cache folder, ``$XDG_CACHE_HOME/lfa1/structures``."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "lfa1" / "structures"


def _in_mirror(stems: tuple[str, ...]) -> Path | None:
    folders = [Path(p) for p in os.environ.get(MIRROR, "").split(os.pathsep) if p]
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"{MIRROR}: {folder} is no folder", "correct or unset it")
    names = [f"{stem}{suffix}" for stem in stems for suffix in _SUFFIXES]
    found = (folder / name for folder in folders for name in names)
    return next((file for file in found if file.is_file()), None)


def _session() -> requests.Session:
    """Return a session that tries again what may have failed by chance."""
    session = requests.Session()
    retry = Retry(
        total=RETRIES,
        backoff_factor=BACKOFF,
        status_forcelist=(429, 500, 502, 503, 504),
        allowed_methods=("GET",),
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    return session


def _get(session: requests.Session, address: str) -> bytes:
    """Return the body of a response, as long as its header says."""
    for attempt in range(RETRIES + 1):
        with session.get(address, timeout=TIMEOUT, stream=True) as response:
            response.raise_for_status()
            try:
                # Raw bytes: the file stays compressed, and a short body is an error.
                body = response.raw.read(decode_content=False)
            except Exception as error:  # urllib3's own kinds, for a connection that broke
                if attempt == RETRIES:
                    raise requests.ConnectionError(f"connection broke: {error}") from None
                continue
            length = response.headers.get("Content-Length")
            if length is None or len(body) == int(length):
                return bytes(body)
            if attempt == RETRIES:
                raise requests.ConnectionError(f"got {len(body)} of {length} bytes")
    raise AssertionError


def _short(error: requests.RequestException) -> str:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return "timed out"
    if isinstance(error, requests.exceptions.RetryError):
        return "the server keeps failing"
    return str(error).split("(Caused by")[0].strip()[:200]


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError as error:
        raise InputError(
            f"{path} cannot be written: {error.strerror}", "make room, or choose another --output"
        ) from None
    finally:
        with contextlib.suppress(OSError):  # its folder may be none
            part.unlink()
