"""Bad answers end with one line that names question and rule, and write nothing."""

import re
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from copier import Settings, run_copy
from copier.errors import UserMessageError

from extensions.django_arch import (
    RULES,
    python_string,
    refuse_bad_data,
    slug_problem,
    slugify,
)
from tests.options import everything, questions
from tests.project import copier, run, tool

if TYPE_CHECKING:
    from pathlib import Path

    from tests.shared import Shared

BAD_ANSWERS = [
    ("project_name", "", "empty"),
    ("project_name", "   ", "empty"),
    ("project_name", "two\nlines", "control characters"),
    ("project_name", "bell\a", "control characters"),
    ("project_name", "line\u2028separator", "control characters"),
    ("project_name", "a\u202eb", "text direction"),
    ("project_name", " padded ", "space"),
    ("project_name", "x" * 201, "200"),
    ("description", "two\nlines", "control characters"),
    ("author_name", "", "empty"),
    ("author_name", "tab\t", "control characters"),
    ("project_slug", "", "lower-case letter"),
    ("project_slug", "Shop", "lower-case letter"),
    ("project_slug", "1shop", "lower-case letter"),
    ("project_slug", "my_shop", "lower-case letter"),
    ("project_slug", "shop\n", "lower-case letter"),
    ("project_slug", "магазин", "lower-case letter"),
    ("project_slug", "../shop", "lower-case letter"),
    ("project_slug", "shop-", "hyphen"),
    ("project_slug", "s" * 51, "50"),
    ("project_slug", "class", "keyword"),
    ("project_slug", "django", "shadow"),
    ("project_slug", "rest-framework", "shadow"),
    ("project_slug", "django-filter", "shadow"),
    ("project_slug", "apps", "shadow"),
    ("project_slug", "config", "shadow"),
    ("project_slug", "test", "shadow"),
    ("project_slug", "tests", "shadow"),
    ("project_slug", "json", "shadow"),
    ("author_email", "", "e-mail"),
    ("author_email", "team", "e-mail"),
    ("author_email", "team@example", "e-mail"),
    ("author_email", "team@exa mple.com", "e-mail"),
    ("author_email", "team@example..com", "e-mail"),
    ("author_email", '"a"@example.com', "e-mail"),
    ("license", "GPL-3.0", "MIT, Apache-2.0, BSD-3-Clause, Proprietary"),
    ("postgres_version", "latest", "version"),
    ("redis_version", "7.2.7; rm", "version"),
]


def rejection(source: "Path", target: "Path", **answers: object) -> str:
    """Copy with bad answers; return what Copier prints in place of a traceback."""
    with pytest.raises(UserMessageError) as rejected:
        run_copy(
            str(source),
            target,
            data=answers,
            defaults=True,
            unsafe=True,
            settings=Settings(),
        )
    assert not target.exists()
    (line,) = rejected.value.message.splitlines()
    return line


@pytest.mark.parametrize(("question", "answer", "rule"), BAD_ANSWERS)
def test_a_bad_answer_is_rejected_in_one_line(
    source: "Path", tmp_path: "Path", question: str, answer: str, rule: str
) -> None:
    line = rejection(source, tmp_path / "shop", **{question: answer})
    assert question in line
    assert rule in line


def test_all_bad_answers_are_named_together(source: "Path", tmp_path: "Path") -> None:
    line = rejection(
        source, tmp_path / "shop", project_slug="Shop", author_email="nobody"
    )
    assert "project_slug" in line
    assert "author_email" in line


@pytest.mark.parametrize("answer", [16.1, ["16", "17"], None, {"a": "b"}])
def test_an_answer_that_is_not_text_is_rejected(
    source: "Path", tmp_path: "Path", answer: object
) -> None:
    line = rejection(source, tmp_path / "shop", postgres_version=answer)
    assert "postgres_version must be text; quote it" in line


@pytest.mark.parametrize(
    ("answer", "is_rejected"),
    [("flase", True), ("", True), ("2", True), ("FALSE", False), (True, False)],
)
def test_a_yes_or_no_is_one_of_the_usual_words(
    tmp_path: "Path", answer: object, *, is_rejected: bool
) -> None:
    (tmp_path / "copier.yml").write_text("use_x: {type: bool, default: false}\n")
    conf = {"src_path": tmp_path, "user_defaults": {}, "data": {"use_x": answer}}
    if is_rejected:
        with pytest.raises(UserMessageError, match="use_x must be true or false"):
            refuse_bad_data(conf)
    else:
        refuse_bad_data(conf)


def test_the_command_line_ends_with_that_one_line(
    source: "Path", tmp_path: "Path"
) -> None:
    for option, value in (("-d", "project_slug=Shop"), ("--data-file", "data.yml")):
        (tmp_path / "data.yml").write_text("project_slug: Shop")
        result = copier(
            *("copy", "--trust", "--defaults", option, value, source, "shop"),
            cwd=tmp_path,
            check=False,
        )
        assert result.returncode == 1
        assert result.stderr.strip() == (
            "Nothing was written: project_slug must start with a lower-case letter "
            "and hold only lower-case letters, digits and hyphens."
        )
        assert not (tmp_path / "shop").exists()


def test_every_free_answer_has_a_rule() -> None:
    free = {
        name
        for name, details in questions().items()
        if "choices" not in details and details["type"] != "bool"
    }
    assert free == set(RULES)
    for name in free:
        assert questions()[name]["validator"] == f"{{{{ {name} | problem('{name}') }}}}"


def test_every_installed_name_is_rejected_as_a_slug(shared: "Shared") -> None:
    lock = tomllib.loads(shared.copied(everything()).read("uv.lock"))
    names = {package["name"] for package in lock["package"]} - {"my-project"}
    assert "django" in names
    assert {name for name in names if not slug_problem(name)} == set()


def test_every_module_of_the_project_is_rejected_as_a_slug(shared: "Shared") -> None:
    modules = {
        path.stem
        for path in shared.copied(everything()).path.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert modules
    assert {name for name in modules if not slug_problem(name)} == set()


@pytest.mark.exhaustive
def test_every_installed_module_is_rejected_as_a_slug(shared: "Shared") -> None:
    """A package may install modules of other names than its own."""
    project = shared.installed(shared.copied(everything()))
    assert project.environment is not None
    [packages] = project.environment.glob("lib/python3*/site-packages")
    modules = {
        path.stem.partition(".")[0]
        for path in packages.iterdir()
        if path.suffix in {".py", ".so"} or (path / "__init__.py").exists()
    }
    public = {name for name in modules if re.fullmatch("[a-z][a-z0-9_]*", name)}
    assert "rest_framework" in public
    assert {
        name for name in public if not slug_problem(name.replace("_", "-"))
    } == set()


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My Project", "my-project"),
        ("Größe & Co.", "groe-co"),
        ("Crème brûlée", "creme-brulee"),
        ("3D Shop", "project-3d-shop"),
        ("Магазин", "project"),
        ("🚀", "project"),
        ("Django", "django-project"),
        ("class", "class-project"),
        ("x" * 200, "x" * 50),
        ("a " * 100, "a-" * 24 + "a"),
    ],
)
def test_the_proposed_slug_passes_its_own_rule(name: str, slug: str) -> None:
    assert slugify(name) == slug
    assert slug_problem(slug) == ""


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "it's",
        'say "hi"',
        "'\"",
        "back\\slash",
        "Größe",
        "Магазин",
        "🚀",
        "{{ }}",
    ],
)
def test_a_python_string_is_what_ruff_format_leaves(
    text: str, tmp_path: "Path"
) -> None:
    module = tmp_path / "module.py"
    module.write_text(f"X = {python_string(text)}\n")
    ruff = tool("ruff")
    run(ruff, "format", "--isolated", "--check", module)
    run(ruff, "check", "--isolated", "--select", "RUF,PL", module)
    result = run(sys.executable, "-c", f"print(ascii({python_string(text)}))")
    assert result.stdout.strip() == ascii(text)
