"""Rules of coroutines: they do not block the event loop."""

import ast
from typing import TYPE_CHECKING, Final

from tests.architecture import orm

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.architecture.source import Source, Violation

EVALUATIONS: Final = (
    orm.WRITES
    | orm.AMBIGUOUS_WRITES
    | orm.BARE_QUERIES
    | {"aggregate", "get", "in_bulk"}
) - {"all"}
CONSUMERS: Final = {
    *("all", "any", "bool", "dict", "len", "list", "max", "min", "set", "sorted"),
    *("sum", "tuple"),
}
TASKS: Final = {"create_task", "ensure_future"}
SKIPPED: Final = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Await


def runs(node: ast.AST) -> "Iterator[ast.AST]":
    """Yield the nodes that the event loop runs: no inner function, nothing awaited."""
    for child in ast.iter_child_nodes(node):
        task = isinstance(child, ast.Call) and ast.unparse(child.func).endswith(
            tuple(TASKS)
        )
        if not task and not isinstance(child, SKIPPED):
            yield child
            yield from runs(child)


def from_manager(source: "Source", node: ast.AST, function: ast.AST) -> bool:
    """Return whether an expression begins at a manager, also through a variable."""
    names = {
        name
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute | ast.Name)
        for name in source.name(inner).split(".")
    }
    values = [value for name in names for value in source.values(name, function)]
    return bool(names & orm.MANAGERS) or any(
        isinstance(inner, ast.Attribute) and inner.attr in orm.MANAGERS
        for value in values
        for inner in ast.walk(value)
        if not isinstance(value, ast.Await)
    )


def blocks(source: "Source", node: ast.AST, function: ast.AST) -> bool:
    """Return whether a node of a function looks like a query."""
    match node:
        case ast.For(iter=iterated):
            return from_manager(source, iterated, function)
        case ast.comprehension(iter=iterated, is_async=0):
            return from_manager(source, iterated, function)
        case ast.Call(func=ast.Name(id=name)) if name in CONSUMERS:
            return any(from_manager(source, given, function) for given in node.args)
        case ast.Call(func=ast.Attribute(attr=method, value=receiver)):
            evaluates = method in EVALUATIONS and from_manager(
                source, receiver, function
            )
            saves = method in {"delete", "save"} and orm.writes(source, node)
            return evaluates or saves
    return False


def coroutines_do_not_block(source: "Source") -> "Iterator[Violation]":
    """Coroutines use the asynchronous methods of the ORM, or `sync_to_async`."""
    rule = "async-orm"
    for node in source.nodes:
        if isinstance(node, ast.Constant) and node.value == "DJANGO_ALLOW_ASYNC_UNSAFE":
            advice = "it hides data corruption: use sync_to_async"
            yield source.violation(node, rule, advice)
    for function in source.functions():
        if not isinstance(function, ast.AsyncFunctionDef):
            continue
        for node in runs(function):
            if blocks(source, node, function):
                line = node.iter if isinstance(node, ast.comprehension) else node
                advice = "await the asynchronous method, or use sync_to_async"
                yield source.violation(line, rule, advice)
