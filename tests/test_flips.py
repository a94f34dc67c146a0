"""An option is switched on or off later, in a project that lives: nothing is lost."""

from typing import TYPE_CHECKING

import pytest

from tests.options import options
from tests.processes import own_database
from tests.updates import Template, commit, replace_text, state, unmerged, update

if TYPE_CHECKING:
    from pathlib import Path

    from tests.project import Project
    from tests.shared import Shared

OPTIONS = tuple(options())
EMAIL = "ada@example.com"
MIGRATE = (
    "from django.core.management import call_command; "
    "call_command('migrate', verbosity=0); "
)
REGISTER = (
    f"{MIGRATE}from apps.users.models import User; "
    f"User.objects.create_user(email='{EMAIL}', password='correct horse battery')"
)
COUNT = (
    f"{MIGRATE}from apps.users.models import User; "
    f"assert User.objects.filter(email='{EMAIL}').exists()"
)


def edited(project: "Project") -> "Project":
    """Change, add and delete what people change, add and delete."""
    path = project.path
    replace_text(path / "README.md", "", "\nOurs.\n")
    replace_text(
        path / "config/settings.py",
        'LANGUAGE_CODE = "en-us"',
        'LANGUAGE_CODE = "de"\nOURS = 1',
    )
    mark = "    # `manage.py startapp` adds apps below this line.\n"
    replace_text(path / "config/urls.py", mark, f"{mark}    # Ours.\n")
    replace_text(path / "pyproject.toml", "", '\n[tool.ours]\nprice = "1"\n')
    replace_text(
        path / ".env.example", "ENVIRONMENT=local", "# Ours.\nENVIRONMENT=local"
    )
    (path / "apps/users/tests/test_models.py").unlink()
    (path / "shop.py").write_text('"""Our prices."""\n\nPRICE = 1\n')
    return project


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "switched", [*((option,) for option in OPTIONS), OPTIONS], ids="-".join
)
@pytest.mark.parametrize("direction", ["on", "off"])
def test_a_flip_equals_a_fresh_render_with_the_edits(
    shared: "Shared", tmp_path: "Path", switched: tuple[str, ...], direction: str
) -> None:
    """Fresh renders are tested elsewhere; one that is equal needs no suite again."""
    template = Template.make(shared.source, tmp_path / "template")
    before = dict.fromkeys(switched, direction == "off")
    after = dict.fromkeys(switched, direction == "on")
    project = edited(template.copy(tmp_path / "shop", "v1.0.0", **before))
    commit(project.path, "Start")
    before_it = shared.installed(project)
    postgres = {"ENVIRONMENT": "local", "DATABASE_URL": own_database(before_it)}
    databases: list[dict[str, str]] = [{}, postgres]
    for env in databases:
        before_it.manage("shell", "--command", REGISTER, env=env)

    report = update(project, **after)
    assert unmerged(project) == []
    assert "uv.lock is up to date." in report
    # An update keeps the locked versions, which an option that goes may have held back.
    project.run("uv", "lock", "--upgrade")
    fresh = edited(template.copy(tmp_path / "fresh", "v1.0.0", **after))
    ours, expected = state(project), state(fresh)
    assert set(ours) == set(expected)
    assert [path for path in ours if ours[path] != expected[path]] == []

    after_it = shared.installed(project)
    for env in databases:
        after_it.manage("shell", "--command", COUNT, env=env)
    commit(project.path, "Flip")
    assert update(project).strip() == "Already up to date."


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("before", "after"), [("github", "gitlab"), ("gitlab", "none")]
)
def test_a_flip_of_a_choice_equals_a_fresh_render_with_the_edits(
    source: "Path", tmp_path: "Path", before: str, after: str
) -> None:
    template = Template.make(source, tmp_path / "template")
    project = edited(template.copy(tmp_path / "shop", "v1.0.0", ci_provider=before))
    commit(project.path, "Start")
    update(project, ci_provider=after)
    fresh = edited(template.copy(tmp_path / "fresh", "v1.0.0", ci_provider=after))
    assert state(project) == state(fresh)
