"""Rules of finished code: typed, documented, and without leftovers."""

import ast
import io
import re
import tokenize
from typing import TYPE_CHECKING, Final

from tests.architecture.source import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.architecture.source import Function, Source

# In capitals anywhere, or as the first word of a comment in any.
UNFINISHED: Final = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|^#+\s*(?i:todo|fixme|xxx|hack)\b"
)
PRINTERS: Final = {"print", "builtins.print", "pprint.pp", "pprint.pprint"}
# These never return a value, whatever their kind.
NOTHING: Final = {"None", "'None'", "Never", "NoReturn"}


def no_print(source: "Source") -> "Iterator[Violation]":
    """Nothing is printed."""
    advice = "use logging.getLogger(__name__), or self.stdout in a command"
    for node, name in source.mentions():
        if name in PRINTERS:
            yield source.violation(node, "print", advice)


def no_placeholders(source: "Source") -> "Iterator[Violation]":
    """What is there is finished."""
    rule = "placeholder"
    overloads = {
        statement
        for function in source.functions()
        if "overload" in _decorators(function)
        for statement in function.body
    }
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT and UNFINISHED.search(token.string):
            yield Violation(
                source.path, token.start[0], rule, "do it, or write an issue"
            )
    for node in ast.walk(source.tree):
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


def functions_are_typed(source: "Source") -> "Iterator[Violation]":
    """Every argument and every result has a type."""
    for function in source.functions():
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        for argument in [*named, arguments.vararg, arguments.kwarg]:
            if argument is None or argument.arg in {"self", "cls"}:
                continue
            if argument.annotation is None:
                advice = f"annotate the argument {argument.arg}"
                yield source.violation(argument, "types", advice)
        if function.returns is None:
            advice = f"annotate what {function.name} returns"
            yield source.violation(function, "types", advice)


def everything_is_documented(source: "Source") -> "Iterator[Violation]":
    """Modules, classes and functions have Google docstrings."""
    rule = "docstring"
    # `makemigrations` writes none.
    if source.layer == "migrations":
        return
    if not ast.get_docstring(source.tree):
        yield source.violation(source.tree, rule, "say what the module is for")
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and not ast.get_docstring(node):
            yield source.violation(node, rule, f"say what {node.name} is for")
    inner = {
        node
        for function in source.functions()
        for node in ast.walk(function)
        if node is not function
    }
    for function in source.functions():
        decorators = _decorators(function)
        if "overload" in decorators:
            continue
        docstring = ast.get_docstring(function) or ""
        if not docstring:
            advice = f"say what {function.name} does, in the style of Google"
            yield source.violation(function, rule, advice)
        elif not (
            function.name.startswith("_")
            or function in inner
            # It reads like an attribute, and is documented like one.
            or decorators & {"cached_property", "property", "setter"}
        ):
            for section in _missing_sections(function, docstring):
                advice = f"the docstring of {function.name} lacks '{section}'"
                yield source.violation(function, rule, advice)


def _decorators(function: "Function") -> set[str]:
    """Name a function's decorators, without the modules they are from."""
    calls = [ast.unparse(decorator) for decorator in function.decorator_list]
    return {call.partition("(")[0].rpartition(".")[2] for call in calls}


def _missing_sections(function: "Function", docstring: str) -> "Iterator[str]":
    """Name the sections that a signature asks for and a docstring lacks."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = {argument.arg for argument in named} - {"self", "cls"}
    # A view has its docstring shown in the API documentation.
    if names - {"request", "_request"} and "Args:" not in docstring:
        yield "Args:"
    result = ast.unparse(function.returns) if function.returns else "None"
    if result not in NOTHING and not re.search(r"(Returns|Yields):", docstring):
        yield "Returns:"
    # An empty `raise` passes on what others raise.
    if "Raises:" not in docstring and any(
        isinstance(node, ast.Raise) and node.exc for node in ast.walk(function)
    ):
        yield "Raises:"
