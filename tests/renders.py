"""Every combination rendered in this process, in the time Copier takes for two of them.

Copier compiles and renders each file again for each project; here that is done once for
equal values of what the file uses. That both write the same bytes is tested.
"""

import functools
import importlib.util
import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jinja2 import FileSystemLoader, StrictUndefined, meta
from jinja2.sandbox import SandboxedEnvironment
from pathspec import GitIgnoreSpec

from tests.options import combinations, parse, questions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.options import Answers

ANSWERS_FILE = ".copier-answers.yml"


@dataclass(frozen=True)
class Variant:
    """A file that some combinations share.

    Attributes:
        answers: The first combination that has it.
        path: Where it is rendered.
        content: What it holds.
    """

    answers: "Answers"
    path: str
    content: bytes


class Renderer:
    """The template in a folder, each file rendered once for what it asks about."""

    def __init__(self, source: "Path") -> None:
        self.source = source
        self.settings = parse((source / "copier.yml").read_text())
        self.questions = questions(source)
        self.template = source / self.settings["_subdirectory"]
        self.suffix = self.settings["_templates_suffix"]
        self.environment = self.prepare()
        self.files = {
            path.relative_to(self.template).as_posix(): path.read_bytes()
            for path in sorted(self.template.rglob("*"))
            if path.is_file()
        }
        self.texts: dict[tuple[str, str], bytes] = {}
        self.names = functools.cache(self.names_in)
        self.matches = functools.cache(self.matched_by)
        self.linted = functools.cache(self.rules_in)

    def prepare(self) -> SandboxedEnvironment:
        envops = self.settings["_envops"] | {"undefined": StrictUndefined}
        envops |= {"keep_trailing_newline": True}
        ours = self.source / "extensions" / "django_arch.py"
        spec = importlib.util.spec_from_file_location("rendered_extension", ours)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        extensions = [
            "jinja2_ansible_filters.AnsibleCoreFiltersExtension",
            "jinja2_time.TimeExtension",
            module.DjangoArch,
        ]
        return SandboxedEnvironment(
            loader=FileSystemLoader(self.template), extensions=extensions, **envops
        )

    def names_in(self, text: str) -> list[str]:
        """Return the variables that a text uses."""
        return sorted(meta.find_undeclared_variables(self.environment.parse(text)))

    def text(self, text: str, context: dict[str, Any]) -> bytes:
        """Render a text, or find what it was for the same values of its variables."""
        if "{" not in text and "# %" not in text:
            return text.encode()
        values = repr([context.get(name) for name in self.names(text)])
        if (text, values) not in self.texts:
            rendered = self.environment.from_string(text).render(context)
            self.texts[text, values] = rendered.encode()
        return self.texts[text, values]

    def matched_by(self, pattern: str) -> frozenset[str]:
        """Return the rendered paths that a line of `_exclude` leaves out."""
        assert not pattern.startswith("!"), "lines are matched one by one"
        spec = GitIgnoreSpec.from_lines([pattern])
        paths = (name.removesuffix(self.suffix) for name in self.files)
        return frozenset(spec.match_files(paths))

    def rules_in(self, pyproject: bytes) -> str:
        """Return what a project asks of ruff."""
        return json.dumps(tomllib.loads(pyproject.decode())["tool"]["ruff"])

    def context(self, answers: "Answers") -> dict[str, Any]:
        """Return what the template's files know; unanswered questions have defaults."""
        found: dict[str, Any] = {}
        for name, asked in self.questions.items():
            default = asked["default"]
            if isinstance(default, str):
                default = self.text(default, found).decode()
            found[name] = answers.get(name, default)
        recorded = {"_src_path": str(self.source)} | found
        return found | {
            "_copier_answers": dict(sorted(recorded.items())),
            "_copier_conf": {"answers_file": ANSWERS_FILE},
            "_copier_operation": "copy",
        }

    def render(self, answers: "Answers") -> dict[str, bytes]:
        """Return the files of a project with these answers."""
        context = self.context(answers)
        lines = (self.text(line, context) for line in self.settings["_exclude"])
        left_out = frozenset[str]().union(
            *(
                self.matches(line)
                for text in lines
                for line in text.decode().splitlines()
            )
        )
        rendered = {}
        for name, content in self.files.items():
            path = name.removesuffix(self.suffix)
            if path in left_out:
                continue
            target = self.text(path, context).decode()
            if name.endswith(self.suffix):
                rendered[target] = self.text(content.decode(), context)
            else:
                rendered[target] = content
        return rendered

    def variants(self) -> "Iterator[Variant]":
        """Yield each distinct file of all combinations once."""
        seen = set()
        for answers in combinations(self.source):
            files = self.render(answers)
            rules = self.linted(files["pyproject.toml"])
            for path, content in files.items():
                key = (path, content, rules if path.endswith(".py") else "")
                if path != ANSWERS_FILE and key not in seen:
                    seen.add(key)
                    yield Variant(answers, path, content)
