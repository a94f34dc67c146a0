"""Source files, with their app, their layer and their resolved names."""

import ast
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator


type Function = ast.FunctionDef | ast.AsyncFunctionDef


class Violation(NamedTuple):
    """A violation of a rule, and what to do instead."""

    path: Path
    line: int
    rule: str
    advice: str

    def __str__(self) -> str:
        """Return the violation in the form that editors link to."""
        return f"{self.path}:{self.line}: [{self.rule}] {self.advice}"


@dataclass(frozen=True)
class Source:
    """A Python file of the project."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path, root: Path) -> Self:
        """Return a file below the project's root."""
        return cls(path.relative_to(root), path.read_text(encoding="utf-8"))

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, str(self.path))

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The nodes of the tree, which every rule looks at."""
        return tuple(ast.walk(self.tree))

    @property
    def app(self) -> str:
        """The app the file belongs to; empty outside `apps/`."""
        match self.path.parts:
            case ("apps", app, _, *_):
                return app
            case _:
                return ""

    @property
    def layer(self) -> str:
        """The file's or folder's name below its app, such as `views`."""
        return Path(self.path.parts[2]).stem if self.app else ""

    @property
    def module(self) -> str:
        """The dotted name to import the file by."""
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @cached_property
    def typing_only(self) -> set[ast.AST]:
        """The nodes below `if TYPE_CHECKING`."""
        return {
            inner
            for node in self.nodes
            if isinstance(node, ast.If)
            and self.name(node.test).rpartition(".")[2] == "TYPE_CHECKING"
            for statement in node.body
            for inner in ast.walk(statement)
        }

    @cached_property
    def imports(self) -> dict[str, str]:
        """The dotted name of each imported name; relative imports are absolute."""
        names = {bound: target for _node, target, bound in self.imported()}
        # `R = RawSQL` is another name for the same thing.
        for node in self.nodes:
            if isinstance(node, ast.Assign) and (dotted := _dotted(node.value)):
                root, dot, rest = dotted.partition(".")
                for assigned in node.targets:
                    if isinstance(assigned, ast.Name) and assigned.id != root:
                        names[assigned.id] = names.get(root, root) + dot + rest
        return names

    def imported(self) -> "Iterator[tuple[ast.stmt, str, str]]":
        """Yield the statement, the dotted name and the bound name of each import."""
        package = self.module.split(".")
        if self.path.name != "__init__.py":
            package = package[:-1]
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    root = alias.name.partition(".")[0]
                    yield (
                        node,
                        alias.name if alias.asname else root,
                        alias.asname or root,
                    )
                    if not alias.asname and root != alias.name:
                        yield node, alias.name, alias.name
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                if node.level:
                    above = package[: len(package) - node.level + 1]
                    base = ".".join([*above, *filter(None, [base])])
                for alias in node.names:
                    yield node, f"{base}.{alias.name}", alias.asname or alias.name

    def mentions(self) -> "Iterator[tuple[ast.AST, str]]":
        """Yield every import, name and attribute with its dotted name."""
        for statement, target, _bound in self.imported():
            yield statement, target
        for node in self.nodes:
            if isinstance(node, ast.Name | ast.Attribute):
                yield node, self.name(node)

    def is_imported(self, node: ast.AST) -> bool:
        """Return whether a name or an attribute begins at an import."""
        root = ast.unparse(node).partition(".")[0]
        return any(root == bound for _node, _target, bound in self.imported())

    def values(self, name: str, within: ast.AST | None = None) -> "Iterator[ast.expr]":
        """Yield the values assigned to a name in the file, or in a part of it."""
        for node in ast.walk(within) if within else self.nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
                targets = (
                    node.targets if isinstance(node, ast.Assign) else [node.target]
                )
                if any(isinstance(t, ast.Name) and t.id == name for t in targets):
                    yield node.value

    def name(self, node: ast.AST) -> str:
        """Return the dotted name that a name or an attribute stands for."""
        root, dot, rest = _dotted(node).partition(".")
        return self.imports.get(root, root) + dot + rest if root else ""

    def calls(self) -> "Iterator[ast.Call]":
        """Yield every call in the file."""
        return (node for node in self.nodes if isinstance(node, ast.Call))

    def functions(self) -> "Iterator[Function]":
        """Yield every function and method in the file."""
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def bases(self) -> "Iterator[tuple[ast.expr, str]]":
        """Yield each base of each class, with its dotted name."""
        for node in self.nodes:
            for base in node.bases if isinstance(node, ast.ClassDef) else []:
                generic = base.value if isinstance(base, ast.Subscript) else base
                yield base, self.name(generic)

    def violation(self, node: ast.AST, rule: str, advice: str) -> Violation:
        """Return a violation at a node of this file."""
        return Violation(self.path, getattr(node, "lineno", 1), rule, advice)


def _dotted(node: ast.AST) -> str:
    """Return a name or attribute chain with dots; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return ""


def project_sources(root: Path) -> list[Source]:
    """Return the source files of the apps and of the configuration, without tests."""
    files = [*root.glob("apps/**/*.py"), *root.glob("config/**/*.py")]
    return [
        Source.read(file, root)
        for file in sorted(files)
        if "tests" not in file.relative_to(root).parts
    ]
