"""Expressions without the columns that nothing takes.

Engines drop unused columns by themselves, but not across a part that is used twice, and only after all of them were
written out and planned. And what an expression reads of a table is known before the table is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

#: Nodes of an ibis expression, and the columns asked of those that are relations.
Node = Any
Asked = Mapping[Node, set[str]]


def pruned(expression: Any) -> Any:
    """Return the same rows, computed without any column on the way that nothing takes.

    Parameters
    ----------
    expression : an ibis table; all of its own columns are wanted.
    """
    asked = _asked(expression.op())

    def rebuilt(node: Node, _: Any, **arguments: Any) -> Node:
        return _rebuilt(node, arguments, asked)

    return expression.op().map(rebuilt)[expression.op()].to_expr()


def columns_read(expression: Any) -> dict[str, set[str]]:
    """Return which columns of which unbound tables an expression takes, by name."""
    from ibis.expr import operations as ops

    found: dict[str, set[str]] = defaultdict(set)
    for node, columns in _asked(expression.op()).items():
        if isinstance(node, ops.UnboundTable):
            found[node.name] |= columns
    return dict(found)


def _asked(root: Node) -> Asked:
    """Return for every relation which of its columns are taken by those above it."""
    from ibis.common.graph import Graph
    from ibis.expr import operations as ops

    asked: dict[Node, set[str]] = defaultdict(set)
    asked[root] |= set(root.schema.names)
    graph, _ = Graph.from_bfs(root).toposort()
    # Those above come first, so that all that is asked of a relation is known when its turn comes.
    for node in reversed(list(graph)):
        if isinstance(node, ops.Relation):
            # A relation needs a column to be one, if it is only to be counted.
            asked[node] = asked[node] or {node.schema.names[0]}
            _ask(node, asked)
    return asked


def _ask(node: Node, asked: dict[Node, set[str]]) -> None:
    """Pass on what is asked of a relation to the relations it is made of."""
    from ibis.expr import operations as ops

    names = asked[node]
    if isinstance(node, ops.Project):
        _ask_values((v for k, v in node.values.items() if k in names), asked)
    elif isinstance(node, ops.Aggregate):
        _ask_values(node.groups.values(), asked)
        _ask_values((v for k, v in node.metrics.items() if k in names), asked)
    elif isinstance(node, ops.JoinChain):
        _ask_values((v for k, v in node.values.items() if k in names), asked)
        _ask_values((p for link in node.rest for p in link.predicates), asked)
    elif isinstance(node, ops.Reference | ops.Limit | ops.DropColumns):
        asked[node.parent] |= names
    elif isinstance(node, ops.Filter | ops.Sort):
        asked[node.parent] |= names
        _ask_values(node.predicates if isinstance(node, ops.Filter) else node.keys, asked)
    elif isinstance(node, ops.Union) and not node.distinct:
        asked[node.left] |= names
        asked[node.right] |= names
    else:
        _ask_all(node, asked)


def _ask_values(values: Iterable[Node], asked: dict[Node, set[str]]) -> None:
    from ibis.expr import operations as ops

    for value in values:
        for part in value.find(ops.Value, filter=ops.Value):
            if isinstance(part, ops.Field):
                asked[part.rel].add(part.name)
            elif not isinstance(part, ops.CountStar):
                _ask_all(part, asked)


def _ask_all(node: Node, asked: dict[Node, set[str]]) -> None:
    """Ask for everything of the relations a node is made of, as one does who does not know what it does."""
    from ibis.expr import operations as ops

    for child in node.__children__:
        if isinstance(child, ops.Relation):
            asked[child] |= set(child.schema.names)


def _rebuilt(node: Node, arguments: dict[str, Any], asked: Asked) -> Node:
    """Return a node of rebuilt arguments; a relation has only the columns asked of it."""
    from ibis.expr import operations as ops

    if isinstance(node, ops.Field) and node.name not in asked[node.rel]:
        return node  # part of a value that is dropped further up
    names = asked.get(node, set())
    if isinstance(node, ops.DropColumns):
        return _only(arguments["parent"], names, node)
    if isinstance(node, ops.Project | ops.JoinChain):
        arguments["values"] = {k: v for k, v in arguments["values"].items() if k in names}
    elif isinstance(node, ops.Aggregate):
        arguments["metrics"] = {k: v for k, v in arguments["metrics"].items() if k in names}
    elif isinstance(node, ops.Union) and not node.distinct:
        # Either side may be used elsewhere too, and have more columns for that.
        arguments |= {side: _only(arguments[side], names, node) for side in ("left", "right")}
    new = node.__recreate__(arguments)
    return _only(new, names, node) if isinstance(node, ops.PhysicalTable | ops.Filter | ops.Sort | ops.Limit) else new


def _only(node: Node, names: set[str], like: Node) -> Node:
    """Return a relation with these columns, in the order they have in another."""
    from ibis.expr import operations as ops

    if node.schema.names == tuple(k for k in like.schema.names if k in names):
        return node
    return ops.Project(node, {k: ops.Field(node, k) for k in like.schema.names if k in names})
