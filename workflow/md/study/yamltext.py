"""YAML and JSON as people write them, without what passes silently: keys twice, alias bombs."""

from __future__ import annotations

import json
from typing import Any

import yaml

_MOST_VALUES = 100_000
"""A configuration has about fifty; aliases of aliases can stand for billions."""


class _Loader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which PyYAML silently takes the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise _problem(f"key '{key.value}' is given twice", key)
                seen.add(key.value)
        return dict(super().construct_mapping(node, deep))


def read(text: str) -> object:
    """Return the one document in `text`, which may be JSON.

    Raises
    ------
    yaml.YAMLError
        It is not YAML, has a key twice, or aliases that contain themselves or stand for more
        values than a file should hold.
    """
    loader = _Loader(text)
    try:
        if text.lstrip()[:1] == "{":
            try:
                return json.loads(text, object_pairs_hook=_once)
            except ValueError:  # a mapping of YAML, then
                pass
        node = loader.get_single_node()
        if node is None:
            return None
        if _values(node, {}) > _MOST_VALUES:
            raise yaml.MarkedYAMLError(problem="its aliases stand for too many values")
        return loader.construct_document(node)
    except RecursionError:
        raise yaml.MarkedYAMLError(problem="it is nested too deeply") from None
    finally:
        loader.dispose()


def typed(value: object) -> object:
    """Return what a command line gave with its numbers, truth values and nulls.

    Snakemake's ``--config`` leaves all values within lists and mappings as text.
    """
    if isinstance(value, dict):
        return {key: typed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    if isinstance(value, str):
        try:
            meant = yaml.safe_load(value)
        except (yaml.YAMLError, ValueError):
            return value
        known = meant is None or isinstance(meant, bool | int | float)
        return meant if known and value.strip() else value
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make a mapping of JSON, each key once."""
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise yaml.MarkedYAMLError(problem=f"key '{key}' is given twice")
        found[key] = value
    return found


def _values(node: yaml.Node, known: dict[int, int]) -> int:
    """Count the values below a node with its aliases written out."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if id(node) in known:
        if not known[id(node)]:
            raise _problem("an alias contains itself", node)
        return known[id(node)]
    known[id(node)] = 0
    children = (
        [part for pair in node.value for part in pair]
        if isinstance(node, yaml.MappingNode)
        else node.value
    )
    known[id(node)] = 1 + sum(_values(child, known) for child in children)
    return known[id(node)]


def _problem(text: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=text, problem_mark=node.start_mark)
