"""Rules of the database: which layer reads, which one writes, and how.

Types are unknown here, so names decide. In a file of the transport layers every call
that could be a query is a violation; in other files only one that must be a query is.
"""

import ast
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.architecture.source import Source, Violation

TRANSPORT: Final = {"views", "serializers", "filters", "permissions", "urls"}
ORM_LAYERS: Final = {
    *("services", "selectors", "models", "managers", "admin", "migrations")
}
MANAGERS: Final = {"objects", "_default_manager", "_base_manager"}
WRITES: Final = {
    *("bulk_create", "bulk_update", "create", "get_or_create", "save"),
    "update_or_create",
}
# Dictionaries, sets and caches have these too; the arguments decide.
AMBIGUOUS_WRITES: Final = {"delete", "update"}
RELATION_WRITES: Final = {"add", "clear", "remove", "set"}
QUERIES: Final = {
    *("aggregate", "alias", "annotate", "distinct", "exclude", "filter", "in_bulk"),
    *("order_by", "prefetch_related", "select_for_update", "select_related"),
    "values_list",
}
# Methods of other objects with these names take arguments.
BARE_QUERIES: Final = {
    *("all", "count", "earliest", "exists", "first", "last", "latest"),
}
METHODS: Final = (
    WRITES | AMBIGUOUS_WRITES | RELATION_WRITES | QUERIES | BARE_QUERIES | {"get"}
)
# Only the ORM has methods of these names.
UNMISTAKABLE: Final = {
    *("bulk_create", "bulk_update", "get_or_create", "update_or_create"),
    *("prefetch_related", "select_for_update", "select_related", "values_list"),
}
MAPPING: Final = re.compile(
    r"(attrs|context|data|environ|extra|headers|kwargs|mapping|options|params)$"
)
MAPPINGS: Final = {"Counter", "OrderedDict", "defaultdict", "dict"}
# `Order.drafts.get`, but not `Order.Status.choices` or `Order._meta.get_field`.
MANAGER_CALL: Final = re.compile(
    r"apps\.\w+\.models(\.[a-z_]\w*)?\.[A-Z]\w*\.(?!_meta\b)[a-z_]\w*\.\w+"
)
WRITING_VIEW: Final = re.compile(
    r"rest_framework\.(mixins|generics|viewsets)\."
    r"(\w*(Create|Update|Destroy)\w*|ModelViewSet)"
)
OBJECT_OR_404: Final = re.compile(
    r"(django\.shortcuts|rest_framework\.generics)\.a?get_(object|list)_or_404"
)
API: Final = re.compile(
    r"rest_framework\.(generics|mixins|serializers|views|viewsets)\."
)
WRITE: Final = "call a function of services.py instead"
READ: Final = "call a function of selectors.py instead"


def is_transport(source: "Source") -> bool:
    """Return whether a file belongs to the transport layers, by name or base class."""
    if source.layer in ORM_LAYERS or not source.app:
        return False
    return source.layer in TRANSPORT or any(
        API.match(name) for _, name in source.bases()
    )


def plain(method: str) -> str:
    """Return the synchronous name of a method: `get` for `aget`."""
    return method[1:] if method[:1] == "a" and method[1:] in METHODS else method


def is_relation(source: "Source", receiver: ast.expr) -> bool:
    """Return whether an expression may be a related manager, such as `order.tags`."""
    if not isinstance(receiver, ast.Attribute) or source.is_imported(receiver):
        return False
    path = ast.unparse(receiver).split(".")
    if path[0] in {"self", "cls"}:
        path = path[1:]
    if path[0] == "request":
        path = path[1:]
    return len(path) > 1


def is_mapping(source: "Source", receiver: ast.expr) -> bool:
    """Return whether an object is a dictionary, by its name or its assignment."""
    if MAPPING.search(ast.unparse(receiver).lower()):
        return True
    return isinstance(receiver, ast.Name) and any(
        isinstance(value, ast.Dict | ast.DictComp)
        or (
            isinstance(value, ast.Call)
            and source.name(value.func).rpartition(".")[2] in MAPPINGS
        )
        for value in source.values(receiver.id)
    )


def writes(source: "Source", call: ast.Call) -> bool:
    """Return whether a call looks like a write to the database."""
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver, method = call.func.value, plain(call.func.attr)
    if ".services" in f".{source.name(receiver)}":
        return False
    if ast.unparse(receiver) == "self":
        return method in WRITES - {function.name for function in source.functions()}
    if method == "delete":
        return not call.args
    if method == "update":
        named = not call.args and all(keyword.arg for keyword in call.keywords)
        # A serializer's `update` takes an object and its data.
        return bool(call.args[1:]) or (named and not is_mapping(source, receiver))
    relation = not call.args[1:] and is_relation(source, receiver)
    return method in WRITES or (method in RELATION_WRITES and relation)


def queries(source: "Source", call: ast.Call) -> bool:
    """Return whether a call looks like a query."""
    if not isinstance(call.func, ast.Attribute):
        return False
    if ".selectors" in f".{source.name(call.func.value)}":
        return False
    method = plain(call.func.attr)
    if method in BARE_QUERIES:
        return not call.args and not call.keywords
    # Filters narrow the queryset that they receive.
    return method in QUERIES and source.layer != "filters"


def transport_does_not_use_the_orm(source: "Source") -> "Iterator[Violation]":
    """Only services write, and only selectors query."""
    rule = "transport-orm"
    for base, name in source.bases():
        if WRITING_VIEW.fullmatch(name):
            advice = f"{name.rpartition('.')[2]} writes to the database: {WRITE}"
            yield source.violation(base, rule, advice)
    transport = is_transport(source)
    core = source.app in {"core", ""}
    if source.layer in ORM_LAYERS or (core and not transport):
        return
    for node in source.nodes:
        if isinstance(node, ast.Attribute) and node.attr in MANAGERS:
            advice = f"{source.layer} must not use a manager: {READ}"
            yield source.violation(node, rule, advice)
    for call in source.calls():
        name = source.name(call.func)
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if transport and (
            writes(source, call)
            or any(_is_save(source, argument) for argument in call.args)
        ):
            advice = f"{source.layer} must not write: {WRITE}"
            yield source.violation(call, rule, advice)
        elif (
            (transport and queries(source, call))
            or plain(method) in UNMISTAKABLE
            or MANAGER_CALL.fullmatch(name)
            or (OBJECT_OR_404.fullmatch(name) and not _is_selected(source, call))
            or any(_names_a_manager(source, argument) for argument in call.args)
        ):
            advice = f"{source.layer} must not query: {READ}"
            yield source.violation(call, rule, advice)


def _is_save(source: "Source", argument: ast.expr) -> bool:
    """Return whether an argument is a bound method that writes."""
    return (
        isinstance(argument, ast.Attribute)
        and plain(argument.attr) in {"delete", "save"}
        and not source.is_imported(argument)
    )


def _is_selected(source: "Source", call: ast.Call) -> bool:
    """Return whether a call's first argument is the result of a selector."""
    first = call.args[0] if call.args else call
    return isinstance(first, ast.Call) and (
        ".selectors." in source.name(first.func)
        or ast.unparse(first) == "self.get_queryset()"
    )


def _names_a_manager(source: "Source", argument: ast.expr) -> bool:
    """Return whether an argument is a manager's name, as for `getattr`."""
    values = [argument]
    if isinstance(argument, ast.Name):
        values += source.values(argument.id)
    return any(isinstance(v, ast.Constant) and v.value in MANAGERS for v in values)


def selectors_only_read(source: "Source") -> "Iterator[Violation]":
    """Selectors do not write, and call neither services nor tasks."""
    if source.layer != "selectors":
        return
    rule = "selector-write"
    advice = "selectors only read: move this to services.py"
    for node, target, _bound in source.imported():
        if re.match(r"apps\.\w+\.(services|tasks)\b", target):
            yield source.violation(node, rule, advice)
    for call in source.calls():
        if writes(source, call):
            yield source.violation(call, rule, advice)


def no_raw_sql(source: "Source") -> "Iterator[Violation]":
    """Queries are written with the ORM, except in migrations."""
    if source.layer == "migrations":
        return
    rule, advice = "raw-sql", "write the query with the ORM"
    for node, name in source.mentions():
        if name.rpartition(".")[2] in {"RawSQL", "RunSQL"} or (
            source.app and name.partition(".")[0] in {"psycopg", "sqlite3"}
        ):
            yield source.violation(node, rule, advice)
    called = {call.func for call in source.calls()}
    for node in source.nodes:
        if not isinstance(node, ast.Attribute):
            continue
        receiver = ast.unparse(node.value).lower().rpartition(".")[2]
        if (
            (node.attr == "cursor" and node in called)
            or (
                node.attr in {"extra", "raw"}
                and (node in called or receiver in MANAGERS)
            )
            or (
                node.attr in {"callproc", "execute", "executemany"}
                and re.search(r"(cursor|\bcur|connection)$", receiver)
            )
        ):
            yield source.violation(node, rule, advice)
