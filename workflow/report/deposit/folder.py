"""Puts a deposit together: checked first, written under another name, and there only when whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import yaml

from lfa1_analysis.io.errors import InputError
from lfa1_md.files.durable import sync, sync_folder
from lfa1_md.files.provenance import sha256
from lfa1_md.study.configfile import of_results
from lfa1_md.study.settings import StudyConfig
from lfa1_md.verification.verify import REMEDY, verify
from lfa1_report.deposit import crate, mddb, metadata
from lfa1_report.deposit.contents import (
    RESULTS,
    STUDY,
    Item,
    by_kind,
    pipeline,
    portable_configuration,
    select,
    starting_structures,
)
from lfa1_report.deposit.forecast import advice
from lfa1_report.deposit.metadata import Author, Licence, size
from lfa1_report.deposit.methods import methods_text
from lfa1_report.methods.references import Publication
from lfa1_report.sources import proteins
from lfa1_report.sources.provenance import software
from lfa1_report.sources.study import Results, collect

_SHOWN = 5
_COPIED = frozenset({"sources", "metadata"})
"""Kinds that are copied even where links work: an editor may write into the file it links to."""


@dataclass(frozen=True)
class DepositOptions:
    """The options of a deposit.

    Attributes
    ----------
    results, output : Path
    stride : int
        Every so many frames of the trajectories; 0 for none.
    licence : Licence
    authors : sequence of Author
    link : bool
        Link files where the file system can, instead of copying them.
    incomplete : bool
        Deposit what is unfinished or damaged too, and say so in it.
    """

    results: Path
    output: Path
    stride: int
    licence: Licence
    authors: Sequence[Author]
    link: bool = True
    incomplete: bool = False


def check_place(options: DepositOptions) -> None:
    """Refuse a folder that is there already or that lies in the results.

    Raises
    ------
    InputError
    """
    output, results = options.output, options.results
    if os.path.lexists(output):
        raise InputError(f"{output}: is there already", "give --output-dir a new name")
    if output.resolve().is_relative_to(results.resolve()):
        raise InputError(
            f"{output}: lies in {results}, which is only read", "give --output-dir another place"
        )
    above = next(folder for folder in output.absolute().parents if os.path.lexists(folder))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise InputError(f"{output}: {above} can't be written", "give --output-dir another place")


def shortcomings(options: DepositOptions) -> list[str]:
    """Say what is unfinished or damaged in the results.

    Raises
    ------
    InputError
        Something is, and that was not asked for.
    """
    rows = verify(options.results)
    damage = list(dict.fromkeys(each for row in rows for each in row.damage))
    missing = [
        f"{row.what} {row.part}: {row.there or 'incomplete'}"
        for row in rows
        if not row.complete and not row.damage
    ]
    found = [*(f"damaged: {each}" for each in damage), *(f"unfinished: {each}" for each in missing)]
    if found and not options.incomplete:
        more = f"\n    and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise InputError(
            f"{options.results}: is not complete, so it is not deposited:\n    "
            + "\n    ".join(found[:_SHOWN])
            + more,
            (REMEDY if damage else "run snakemake again until the study is finished")
            + "; or give --incomplete, which says so in the deposit",
        )
    return [_below(each, options.results) for each in found]


def write_deposit(options: DepositOptions) -> dict[str, tuple[int, int]]:
    """Write the deposit.

    Returns
    -------
    dict
        Kind → number of files and their bytes.

    Raises
    ------
    InputError
        The place, the study, or the room on the disk is not fit; nothing is left behind.
    """
    check_place(options)
    study = of_results(options.results)
    short = shortcomings(options)
    items = items_of(options, study)
    found = collect(options.results, study.systems, study.replicas, study.production.n_segments)
    above = options.output.absolute().parent
    above.mkdir(parents=True, exist_ok=True)
    _room(options, items, above)
    scratch = Path(tempfile.mkdtemp(dir=above, prefix=f".{options.output.name}."))
    try:
        for item in items:
            put(item, scratch / item.target, options.link and item.kind not in _COPIED)
        texts, references = _texts(options, study, found, items, short)
        for name, text in texts.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).write_text(text, encoding="utf-8")
        kinds = {item.target: item.kind for item in items} | dict.fromkeys(texts, "metadata")
        kinds[f"{STUDY}/config.yaml"] = "settings"
        files = [
            crate.DepositedFile(
                name, kinds[name], (scratch / name).stat().st_size, _digits(scratch / name)
            )
            for name in sorted(kinds)
        ]
        newest = max(
            item.source.stat().st_mtime for item in items if item.target.startswith(f"{RESULTS}/")
        )
        crate.write(
            scratch,
            study,
            files,
            options.authors,
            options.licence,
            references,
            description=_description(study, found),
            ended=datetime.fromtimestamp(newest, UTC),
            shortcomings=short,
            structures={
                state: own.target
                for state, own in starting_structures(study, options.results).items()
                if own is not None
            },
            software=software(found),
        )
        sums = {file.target: file.sha256 for file in files}
        sums[crate.METADATA] = _digits(scratch / crate.METADATA)
        lines = [f"{sums[name]}  {name}\n" for name in sorted(sums)]
        (scratch / metadata.CHECKSUMS).write_text("".join(lines), encoding="utf-8")
        _sync(scratch)
        scratch.chmod(0o755)
        scratch.rename(options.output)
        sync_folder(above)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    made = [Item(f.target, f.kind, scratch, f.size) for f in files]
    return by_kind(made)


def items_of(options: DepositOptions, study: StudyConfig) -> list[Item]:
    """List the files that are taken from the results, the pipeline and the study's folder."""
    items = [*select(options.results, options.stride), *pipeline()]
    there = {item.target for item in items}
    for own in starting_structures(study, options.results).values():
        if own is not None and own.target not in there:
            items.append(own)
            there.add(own.target)
    return items


def put(item: Item, target: Path, link: bool) -> None:
    """Link, copy or cut out one file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if item.pieces:
        with item.source.open("rb") as whole, target.open("wb") as file:
            for begin, end in item.pieces:
                whole.seek(begin)
                file.write(whole.read(end - begin))
        return
    source = item.source.resolve()
    if link:
        try:
            os.link(source, target)
            return
        except OSError:  # another file system, or one without links
            pass
    shutil.copyfile(source, target)


def _texts(
    options: DepositOptions,
    study: StudyConfig,
    found: Results,
    items: Sequence[Item],
    short: Sequence[str],
) -> tuple[dict[str, str], list[Publication]]:
    """Write the texts of the deposit, path → text, and return what they cite."""
    methods, bibtex, references = methods_text(found, study)
    title, description = study.title, _description(study, found)
    authors, licence = options.authors, options.licence
    started = starting_structures(study, options.results)
    fetched = [
        study.states[state].structure
        for state, own in started.items()
        if own is None or own.target.startswith(f"{RESULTS}/structures/")
    ]
    total = sum(item.size for item in items)
    settings = portable_configuration(study).model_dump(mode="json")
    versions = [f"{name},{each}" for name, seen in software(found).items() for each in seen]
    texts = {
        "methods.md": methods,
        "references.bib": bibtex,
        "seeds.csv": metadata.seeds(items, study.seed),
        "versions.csv": "\n".join(["program,version", *versions]) + "\n",
        "LICENSE": metadata.licence_text(licence, authors, str(datetime.now(UTC).year)),
        ".zenodo.json": metadata.zenodo(
            title,
            description,
            options.authors,
            options.licence,
            references,
            version(crate.DISTRIBUTION),
        ),
        f"{STUDY}/config.yaml": yaml.safe_dump(settings, sort_keys=False, allow_unicode=True),
        **mddb.inputs(
            study,
            items,
            found.sites,
            found.manifests,
            options.stride,
            options.authors,
            options.licence,
        ),
        "README.md": metadata.readme(
            title,
            description,
            by_kind(list(items)),
            options.stride,
            authors,
            licence,
            short,
            fetched,
            advice(len(items), total),
        ),
    }
    return texts, references


def _description(study: StudyConfig, found: Results) -> str:
    length = sum(found.length_ps(*key) for key in found.keys) / 1000
    shown = [
        proteins.protein(found.sites.get(state, {}), study.states.get(state))
        for state in found.states
    ]
    partner = ""
    if study.bound_states:
        alone = len(study.bound_states) < len(study.states)
        partner = f"{', alone and' if alone else ''} with ICAM-1"
    parts = [
        "A demonstration, far too short to say anything about LFA-1: "
        * study.demonstration
        + f"Molecular dynamics of the {' and the '.join(dict.fromkeys(shown))}{partner}, "
        f"{len(found.keys)} runs of {', '.join(found.systems)}, {length:.4g} ns in all"
    ]
    parts += ["umbrella sampling of its opening"] if study.sampling else []
    parts += ["steered separation from ICAM-1"] if study.separation else []
    return "; ".join(parts) + "."


def _room(options: DepositOptions, items: Iterable[Item], above: Path) -> None:
    """Refuse what does not fit the disk; links take no room."""
    device = above.stat().st_dev
    needed = sum(
        item.size
        for item in items
        if item.pieces
        or not options.link
        or item.kind in _COPIED
        or item.source.stat().st_dev != device
    )
    if needed > (free := shutil.disk_usage(above).free):
        raise InputError(
            f"{options.output}: needs {size(needed)}, and {size(free)} are free there",
            "make room, give another --output-dir, or keep fewer frames (--trajectories)",
        )


def _sync(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            sync(path)
        elif path.is_dir():
            sync_folder(path)
    sync_folder(folder)


def _digits(path: Path) -> str:
    return sha256(path).removeprefix("sha256:")


def _below(text: str, results: Path) -> str:
    """Name files by their place in the results, not on this machine."""
    return text.replace(f"{results}/", "results/").replace(f"{results.resolve()}/", "results/")
