"""What does Shopify charge for a question, before it answers it?

The published rules: an object costs 1, scalars nothing, an interface as its dearest selection, a
connection 2 and its page size times a row. What is not published (a list without a page size) is
taken as one object.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

MOST = 1_000
MUTATION = 10


def price(schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> int:
    (operation,) = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    if operation.operation.value == "mutation":
        return MUTATION
    assert schema.query_type
    return _selected(schema, operation.selection_set, schema.query_type, variables)


def _selected(
    schema: GraphQLSchema,
    selection: SelectionSetNode | None,
    parent: Any,
    variables: Mapping[str, Any],
) -> int:
    cost, dearest = 0, 0
    for node in selection.selections if selection else ():
        if isinstance(node, InlineFragmentNode):
            assert node.type_condition
            inner = schema.type_map[node.type_condition.name.value]
            dearest = max(dearest, _selected(schema, node.selection_set, inner, variables))
        elif isinstance(node, FieldNode) and not node.name.value.startswith("__"):
            cost += _field(schema, node, parent, variables)
    return cost + dearest


def _field(
    schema: GraphQLSchema, node: FieldNode, parent: Any, variables: Mapping[str, Any]
) -> int:
    found = get_named_type(parent.fields[node.name.value].type)
    if is_leaf_type(found):
        return 0
    inner = _selected(schema, node.selection_set, found, variables)
    if node.name.value in ("nodes", "edges") and parent.name.endswith("Connection"):
        return inner
    if node.name.value == "node" and parent.name.endswith("Edge"):
        return 1 + inner
    arguments = {one.name.value: _value(one.value, variables) for one in node.arguments or ()}
    if found.name.endswith("Connection"):
        rows = int(arguments.get("first") or arguments.get("last") or 0)
        more = _selected(schema, _without_rows(node), found, variables)
        row = _row(schema, node, found, variables)
        return 2 + rows * row + more
    times = len(arguments["ids"]) if "ids" in arguments else 1
    return times * (1 + inner)


def _row(schema: GraphQLSchema, node: FieldNode, found: Any, variables: Mapping[str, Any]) -> int:
    for one in node.selection_set.selections if node.selection_set else ():
        if isinstance(one, FieldNode) and one.name.value in ("nodes", "edges"):
            cost = _field(schema, one, found, variables)
            return cost + 1 if one.name.value == "nodes" else cost
    return 0


def _without_rows(node: FieldNode) -> SelectionSetNode:
    kept = tuple(
        one
        for one in (node.selection_set.selections if node.selection_set else ())
        if not (isinstance(one, FieldNode) and one.name.value in ("nodes", "edges"))
    )
    return SelectionSetNode(selections=kept)


def _value(node: Any, variables: Mapping[str, Any]) -> Any:
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, IntValueNode):
        return int(node.value)
    return getattr(node, "value", None)
