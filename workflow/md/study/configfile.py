"""Reading a configuration: one message that names the file, the key, the value and the remedy."""

from __future__ import annotations

import codecs
import difflib
import reprlib
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from lfa1_analysis.errors import ConfigError, InputError
from lfa1_md.study import yamltext
from lfa1_md.study.settings import StudyConfig


def load(path: str | Path) -> StudyConfig:
    """Read and check a configuration file.

    Raises
    ------
    ConfigError
        The file is missing or not YAML, or a key is unknown, missing or impossible.
    """
    path = Path(path)
    try:
        content = yamltext.read(text(path))
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
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not YAML"
        if problem.startswith("but "):
            problem = f"{getattr(error, 'context', '')}, {problem}"
        problem = problem.replace("character '\\t'", "a tab")
        raise ConfigError(f"{path}{line}: {problem}", "mend the YAML syntax there") from None
    return check(content, str(path))


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
        return check(yaml.safe_load(config.read_text(encoding="utf-8")), str(config))
    except (yaml.YAMLError, OSError, ValueError) as error:
        raise InputError(
            f"{config}: cannot be read ({str(error).splitlines()[0]})",
            "run snakemake -n in the study's folder, which writes it anew, then try again",
        ) from None


def text(path: Path) -> str:
    """Return the text of a file: UTF-8, or what its byte order mark says."""
    data = path.read_bytes()
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if utf16 else "utf-8-sig")


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
    from lfa1_md.box import forcefield
    from lfa1_md.ionmodels import ion_models

    try:
        forcefield.check(study.chemistry, study.dynamics)
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
