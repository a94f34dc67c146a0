"""Text answers may hold anything but control characters; every file stays right."""

import ast
import tomllib
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.cleanliness import problems
from tests.project import tool

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.project import Project

HOSTILE = {
    "double-quotes": 'say "hi" """ there',
    "single-quotes": "it's '''here",
    "both-quotes": """it's "both" """ + "ends",
    "backslash": "back\\slash \\n \\",
    "markup": "a & b < c > d; <b>e</b> &amp;",
    "comment": "# not a comment # % if x",
    "jinja": "{{ 7 * 7 }} {% raw %} {# x #} }}",
    "shell": "${HOME} $(id) `id` $$ %s %(x)s {0}",
    "yaml": "- key: [value] | > ? * &anchor !tag",
    "emoji": "🚀👩‍👩‍👧 ok",
    "cyrillic": "Магазин Ёлка",
    "right-to-left": "متجر \u200fעברית",
    "look-alike": "раypаl – ‘quoted’ × 2",
    "long": "x" * 200,
    "a-line": "x" * 72,
    "long-words": "word 'n' " * 22 + "🚀",
    "true": "true",
    "number": "1e3",
    "null": "~",
}
EVERYTHING = """"it's" & # {{ 7*7 }} ${HOME} \\ 🚀 Магазин متجر '''\"\"\" <b> %s"""
QUESTIONS = ("project_name", "description", "author_name")


def check_text_arrives(project: "Project", text: str) -> None:
    assert problems(project.files(), text) == []
    metadata = tomllib.loads(project.read("pyproject.toml"))["project"]
    assert metadata["description"] == text
    assert metadata["authors"][0]["name"] == text
    answers = yaml.safe_load(project.read(".copier-answers.yml"))
    assert [answers[question] for question in QUESTIONS] == [text] * 3
    assert text in project.read("LICENSE")
    assert text in project.read("README.md")
    settings = ast.walk(ast.parse(project.read("config/settings.py")))
    literals = [node.value for node in settings if isinstance(node, ast.Constant)]
    assert literals.count(text) == 2


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=pytest.mark.exhaustive if place % 4 else [])
        for place, kind in enumerate(HOSTILE)
    ],
)
def test_hostile_text_arrives_unchanged(
    render: "Callable[..., Project]", kind: str
) -> None:
    text = HOSTILE[kind]
    project = render(**dict.fromkeys(QUESTIONS, text))
    check_text_arrives(project, text)
    project.run(tool("ruff"), "check", "--no-fix", ".")
    project.run(tool("ruff"), "format", "--check", ".")


@pytest.mark.exhaustive
def test_a_project_with_hostile_answers_passes_its_own_suite(
    render_project: "Callable[..., Project]",
) -> None:
    project = render_project(
        **dict.fromkeys(QUESTIONS, EVERYTHING),
        project_slug="a" + "-b" * 24,
        author_email="a.b+c_d%e@sub-domain.example.co",
        license="Proprietary",
    )
    check_text_arrives(project, EVERYTHING)
    project.uv_run("pytest", "-q", "--no-cov")
    project.manage("spectacular", "--validate", "--fail-on-warn", "--file", "api.yml")
    assert yaml.safe_load(project.read("api.yml"))["info"]["title"] == EVERYTHING
