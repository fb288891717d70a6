"""Reads YAML as plain words, lists and tables: nothing is made of a text but the text."""

from __future__ import annotations

from typing import Any


def words_of(text: str) -> tuple[Any, str]:
    """Return what a YAML text says, and what is wrong with it ("" if nothing).

    Everything but null stays the word it is written as: `no`, `1.0` and `2024-01-01` are texts. Aliases are
    refused, so that a short text cannot mean an endless one.
    """
    import yaml

    class Words(yaml.SafeLoader):
        """SafeLoader without implicit types but null."""

    Words.yaml_implicit_resolvers = {
        key: [(tag, pattern) for tag, pattern in found if tag == "tag:yaml.org,2002:null"]
        for key, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text)):
            return None, "an alias (*name), which mappings do not use"
        return yaml.load(text, Loader=Words), ""  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        return None, " ".join(str(problem).split())[:200]
