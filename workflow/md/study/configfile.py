"""Reading a configuration: one message that names the file, the key, the value and the remedy."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from lfa1_analysis.io.errors import ConfigError, InputError
from lfa1_md.study import yamltext
from lfa1_md.study.settings import StudyConfig


def load(path: str | Path) -> StudyConfig:
    """Read and check a configuration file.

    Raises
    ------
    ConfigError
        The file is missing or not YAML, or a key is unknown, missing or impossible.
    """
    return check(read(path), str(path))


def read(path: str | Path) -> object:
    """Read a configuration file, which may be a part of a configuration, without checking its keys.

    Raises
    ------
    ConfigError
        The file is missing or not YAML, or holds a key twice.
    """
    path = Path(path)
    try:
        return yamltext.read(text(path))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such configuration file", "check the path and its spelling"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", "give a file") from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{path}: cannot be read: it is not UTF-8 text", "save it as UTF-8"
        ) from None
    except yaml.YAMLError as error:
        raise ConfigError(_said(str(path), error), "mend the YAML syntax there") from None


def _said(source: str, error: yaml.YAMLError) -> str:
    """Say in a line what is wrong with YAML, and where."""
    where = getattr(error, "problem_mark", None)
    line = f", line {where.line + 1}" if where else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
    if problem.startswith("but "):
        problem = f"{getattr(error, 'context', '')}, {problem}"
    problem = problem.replace("character '\\t'", "a tab")
    return f"{source}{line}: {problem}"


def require_alike(path: str | Path, content: object) -> None:
    """Refuse a configuration file of which another reader has made something else.

    Parameters
    ----------
    path : path
    content : object
        What Snakemake has read from it, which takes the last of two equal keys and runs templates.

    Raises
    ------
    ConfigError
        The file is none, or `content` is not what it says.
    """
    if read(path) != content:
        raise ConfigError(
            f"{path}: Snakemake reads it as something else than it says (a template?)",
            "write it as plain YAML",
        )


def from_command_line(arguments: Sequence[str], values: Mapping[str, object]) -> dict[str, Any]:
    """Return what Snakemake's ``--config KEY=VALUE …`` gave, with its types.

    Parameters
    ----------
    arguments : sequence of str
        The command line, which still has what is given twice.
    values : mapping
        What Snakemake made of it.

    Raises
    ------
    ConfigError
        A value holds a key twice, or is no YAML though it begins like a list or a mapping.
    """
    for argument in arguments:
        key, _, value = argument.partition("=")
        if key in values and value.lstrip()[:1] in ("{", "["):
            try:
                yamltext.read(value)
            except yaml.YAMLError as error:
                raise ConfigError(
                    _said(f"--config {key}", error), "give YAML or JSON on one line, in quotes"
                ) from None
    return {key: yamltext.typed(value) for key, value in values.items()}


def of_results(results: Path) -> StudyConfig:
    """Read the configuration that a results folder was made with.

    Raises
    ------
    InputError
        It is not the results folder of a study.
    """
    config = results / "config.yaml"
    if not config.is_file():
        raise InputError(
            f"{config}: no such file, so {results} is not the results folder of a study",
            "name the folder that snakemake wrote, usually results/",
        )
    try:
        return load(config)
    except ConfigError as error:
        raise InputError(
            error.problem, "delete it and run snakemake in the study's folder, which writes it anew"
        ) from None


def text(path: Path) -> str:
    """Return the text of a file in UTF-8, which alone Snakemake reads as well."""
    return path.read_text(encoding="utf-8-sig")


def check(content: object, source: str) -> StudyConfig:
    """Check the content of a configuration that came from `source`.

    Raises
    ------
    ConfigError
        Listing every offending key with its value.
    """
    if not isinstance(content, dict):
        raise ConfigError(f"{source}: holds no keys", "start from config/config.yaml")
    try:
        study = StudyConfig.model_validate(content)
    except ValidationError as error:
        lines = [_line(problem, content) for problem in error.errors()]
        joined = lines[0] if len(lines) == 1 else "\n    " + "\n    ".join(lines)
        raise ConfigError(
            f"{source}: {joined}", "every key is explained in config/README.md"
        ) from None
    from lfa1_md.study import force_fields, ion_models

    try:
        force_fields.check(study.chemistry, study.dynamics)
        # The solvent's Mg²⁺ needs a model even where no site holds it.
        held = [*study.members, *(["mg"] if study.chemistry.bulk_mgcl2 else [])]
        fixed = [s.integrin.sites for s in study.states.values() if s.integrin is not None]
        if fixed:
            held += sorted({m for s in fixed for m in s.metals} - set(held))
        ion_models.check(held, study.chemistry.water, study.chemistry.ion_model)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error.problem}", error.remedy) from None
    return study


def _line(problem: Any, content: object) -> str:
    location = problem["loc"]
    key = ".".join(str(part) for part in location) or "study"
    kind, message = problem["type"], problem["msg"].removeprefix("Value error, ")
    fields = _fields(location)
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(str(location[-1]), list(fields), n=1)
        hint = f"; did you mean '{close[0]}'?" if close else "; remove it"
        return f"unknown key '{key}'{hint}"
    if kind == "invalid_key":
        return f"key '{key}' is not text; remove it"
    if kind == "missing":
        return f"key '{key}' is missing; add it"
    if isinstance(problem["input"], dict | BaseModel):
        return f"{key}: {message}"
    if kind.startswith(("greater", "less")):
        extra = fields[location[-1]].json_schema_extra if location[-1] in fields else None
        message += f" {extra['unit']}" if isinstance(extra, dict) else ""
    if kind in ("model_type", "dict_type"):
        message = "needs keys with values"
    value = reprlib.repr(_written(location, content, problem["input"]))
    return f"{key}: {value}: {message}"


def _written(location: tuple[Any, ...], content: Any, default: object) -> object:
    """Return the value as the user wrote it, before units were converted."""
    try:
        for part in location:
            content = content[part]
    except (KeyError, IndexError, TypeError):
        return default
    return content


def _fields(location: tuple[Any, ...]) -> dict[str, Any]:
    """Return the fields of the model that the key at `location` belongs to, by name."""
    model: Any = StudyConfig
    for part in location[:-1]:
        field = model.model_fields.get(part)
        if field is None:  # an index of a list or a name in a mapping
            continue
        kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((kind for kind in kinds if hasattr(kind, "model_fields")), model)
    return dict(model.model_fields)
