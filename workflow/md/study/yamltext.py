"""YAML as people write it, without what PyYAML lets pass: keys twice, aliases that multiply."""

from __future__ import annotations

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
    """Return the one document in `text`.

    Raises
    ------
    yaml.YAMLError
        It is not YAML, has a key twice, or aliases that contain themselves or stand for more
        values than a file should hold.
    """
    loader = _Loader(text)
    try:
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
