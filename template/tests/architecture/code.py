"""Rules of finished code: documented, and without placeholders.

Types, printing, unfinished comments and missing docstrings are rules of Ruff, which
`make lint` selects.
"""

import ast
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.architecture.source import Function, Source, Violation

UNFINISHED: Final = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
NOTHING: Final = {"None", "Never", "NoReturn"}
# One line is enough: the base class, the attribute or the API documents the rest.
# Frameworks prescribe their arguments, or they have none.
ONE_LINERS: Final = {
    *("action", "cached_property", "connect", "overload", "override", "property"),
    *("receiver", "setter"),
}
HTTP_METHODS: Final = {"delete", "get", "head", "options", "patch", "post", "put"}
REQUEST: Final = {"_request", "request"}
UNDOCUMENTED: Final = REQUEST | {"args", "cls", "exception", "kwargs", "self"}


def no_placeholders(source: "Source") -> "Iterator[Violation]":
    """Bodies are written, and docstrings announce no later work."""
    rule = "placeholder"
    overloads = {
        statement
        for function in source.functions()
        if "overload" in _decorators(function)
        for statement in function.body
    }
    for node in source.nodes:
        match node:
            case ast.Pass():
                advice = "write the body; a class needs only its docstring"
                yield source.violation(node, rule, advice)
            case ast.Expr(value=ast.Constant(value=value)) if value is ...:
                if node not in overloads:
                    advice = "write the body; a protocol's method needs its docstring"
                    yield source.violation(node, rule, advice)
            case ast.Expr(value=ast.Constant(value=str(text))):
                if UNFINISHED.search(text):
                    yield source.violation(node, rule, "do it, or write an issue")
            case ast.Raise(exc=ast.expr() as raised):
                raised = raised.func if isinstance(raised, ast.Call) else raised
                name = source.name(raised).removeprefix("builtins.")
                if name in {"NotImplementedError", "NotImplemented"}:
                    advice = "implement it; an abstract method needs its docstring"
                    yield source.violation(node, rule, advice)


def docstrings_have_their_sections(source: "Source") -> "Iterator[Violation]":
    """Public functions document arguments, results and exceptions, as Google does."""
    nested = {
        node
        for function in source.functions()
        for node in ast.walk(function)
        if node is not function
    }
    for function in source.functions():
        docstring = ast.get_docstring(function)
        if (
            docstring
            and not function.name.startswith("_")
            and not _decorators(function) & ONE_LINERS
            and not _is_request_handler(function)
            and function not in nested
            and source.layer != "migrations"
        ):
            for section in _missing_sections(function, docstring):
                advice = f"the docstring of {function.name} lacks '{section}'"
                yield source.violation(function, "docstring", advice)


def _decorators(function: "Function") -> set[str]:
    """Return the names of a function's decorators, without their modules."""
    calls = [ast.unparse(decorator) for decorator in function.decorator_list]
    return {call.partition("(")[0].rpartition(".")[2] for call in calls}


def _is_request_handler(function: "Function") -> bool:
    """Return whether the OpenAPI document shows the docstring to API clients."""
    names = [argument.arg for argument in function.args.args[:2]]
    return function.name in HTTP_METHODS and bool(REQUEST & {*names[1:]})


def _missing_sections(function: "Function", docstring: str) -> "Iterator[str]":
    """Yield the sections that a signature requires and a docstring lacks."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    arguments += [argument for argument in (given.vararg, given.kwarg) if argument]
    names = {argument.arg for argument in arguments} - UNDOCUMENTED
    if any(not name.startswith("_") for name in names) and "Args:" not in docstring:
        yield "Args:"
    result = ast.unparse(function.returns).strip("'") if function.returns else "None"
    if result not in NOTHING and not (
        re.match(r"(Return|Yield)s?\b", docstring)
        or re.search(r"(Returns|Yields):", docstring)
    ):
        yield "Returns:"
    # An empty `raise` passes on what others raise.
    if "Raises:" not in docstring and any(
        isinstance(node, ast.Raise) and node.exc for node in ast.walk(function)
    ):
        yield "Raises:"
