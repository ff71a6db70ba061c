"""``lfa1 config``: check a configuration, show it with its defaults, or document every key."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from lfa1_analysis.io.errors import ConfigError

if TYPE_CHECKING:
    from lfa1_md.study.settings import StudyConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb's options."""
    parser.add_argument("config", nargs="?", help="configuration file to check")
    parser.add_argument(
        "--resolved", action="store_true", help="print it with every default filled in"
    )
    parser.add_argument(
        "--document", action="store_true", help="print config/README.md, made from the models"
    )
    parser.epilog = "example: lfa1 config config/production.yaml"


def _elsewhere(study: StudyConfig) -> list[str]:
    """Say which structures are not here: the workflow may find them from another folder."""
    from lfa1_md.protein import catalogue, models

    return [
        f"note: states.{name}.structure: {source.structure!r} is not in {Path.cwd()}\n"
        "  → a relative path counts from the folder that the study runs in (--directory): put the "
        "file there, or give the whole path"
        for name, source in study.states.items()
        if source.structure not in models.NAMES
        and not catalogue.is_identifier(source.structure)
        and not Path(source.structure).is_file()
    ]


def run(args: argparse.Namespace) -> int:
    """Check, show or document."""
    if args.document:
        from lfa1_md.study.configdoc import document

        print(document(), end="")
        return 0
    if args.config is None:
        raise ConfigError("no configuration file is named", "name one, or give --document")
    from lfa1_md.study.configfile import load

    study = load(args.config)
    if args.resolved:
        yaml.safe_dump(
            study.model_dump(mode="json"), sys.stdout, sort_keys=False, allow_unicode=True
        )
    else:
        total = len(study.systems) * study.replicas * study.production.duration / 1000
        print(
            f"{args.config}: {len(study.systems)} systems × {study.replicas} replicas × "
            f"{study.production.duration / 1000:g} ns = {total:g} ns of production"
        )
        for line in _elsewhere(study):
            print(line, file=sys.stderr)
        if any(source.integrin is not None for source in study.states.values()):
            from lfa1_md.box import integrin_size

            print("\n".join(integrin_size.lines(study)))
    return 0
