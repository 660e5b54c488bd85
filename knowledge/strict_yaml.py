"""YAML as our content files are read: a key given twice is an error instead of the last one winning."""

from __future__ import annotations

from typing import Any

import yaml


class _StrictLoader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is given twice", node.start_mark)
        return super().construct_mapping(node, deep)


def load(text: str) -> Any:
    """The content of a YAML text.

    Raises:
        yaml.YAMLError: not valid, or a key given twice.
    """
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506  (a SafeLoader)
