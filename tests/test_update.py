"""A change of the template reaches an edited project, and no edit is lost."""

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.options import everything
from tests.project import REPOSITORY, SOURCE_PATHS, Project, git, run
from tests.test_hostile_answers import EVERYTHING, QUESTIONS
from tests.updates import (
    SMALL,
    Template,
    command,
    commit,
    past_and_present,
    replace_text,
    state,
    unmerged,
    update,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def template(source: "Path", tmp_path: "Path") -> Template:
    """Return a repository that holds the work tree as v1.0.0."""
    return Template.make(source, tmp_path / "template")


@pytest.fixture
def small(source: "Path", tmp_path: "Path") -> Template:
    """Return a repository with a few files of the work tree as v1.0.0."""
    return Template.make(source, tmp_path / "template", SMALL)


@pytest.fixture
def shop(small: Template, tmp_path: "Path") -> Project:
    """Return a committed project of v1.0.0 with Celery and Channels."""
    project = small.copy(
        tmp_path / "shop", "v1.0.0", use_celery=True, use_channels=True
    )
    commit(project.path, "Start")
    return project


def test_an_update_brings_the_change_and_keeps_the_edits(
    source: "Path", tmp_path: "Path"
) -> None:
    """Below, projects with all files are updated from every earlier version."""
    files = (*SMALL, "README.md", "pyproject.toml")
    template = Template.make(source, tmp_path / "template", files)
    project = template.copy(tmp_path / "shop", "v1.0.0")
    commit(project.path, "Start")
    lock = project.read("uv.lock")
    replace_text(project.path / "config/urls.py", "urlpatterns", "# Ours.\nurlpatterns")
    replace_text(project.path / "README.md", "", "\nOurs.\n")
    (project.path / "shop.py").write_text("PRICE = 1\n")
    (project.path / "apps/users/tests/test_models.py").unlink()
    commit(project.path, "Edit")

    template.file("planted/news.md").write_text("News.\n")
    replace_text(
        template.file("pyproject.toml.jinja"),
        "dependencies = [\n",
        'dependencies = [\n    "asgiref>=3.9.0",\n',
    )
    replace_text(
        template.file("LICENSE.jinja"),
        "to whom the Software is",
        "to whom our Software is",
    )
    replace_text(template.file("apps/users/tests/test_models.py"), "", "\n# More.\n")
    template.release("v2.0.0")
    report = update(project)

    assert project.read("planted/news.md") == "News.\n"
    assert "to whom our Software is" in project.read("LICENSE")
    assert '"asgiref>=3.9.0"' in project.read("pyproject.toml")
    assert "# Ours.\n" in project.read("config/urls.py")
    assert project.read("README.md").endswith("\nOurs.\n")
    assert project.read("shop.py") == "PRICE = 1\n"
    assert not (project.path / "apps/users/tests/test_models.py").exists()
    assert unmerged(project) == []
    assert project.read("uv.lock") != lock
    project.run("uv", "lock", "--check")
    assert "Updated from v1.0.0 to v2.0.0." in report
    assert "uv.lock is up to date." in report


def versions() -> list[str]:
    """Return the released versions or, until there is one, some commits."""
    if tags := git(REPOSITORY, "tag", "--list", "v*").split():
        return tags
    history = git(REPOSITORY, "log", "--format=%h", "--", *SOURCE_PATHS).split()
    same = ("diff", "--quiet", "HEAD", "--", *SOURCE_PATHS)
    clean = run("git", *same, cwd=REPOSITORY, check=False).returncode == 0
    earlier = history[1:] if clean else history
    return list(dict.fromkeys([*earlier[:3], *earlier[-1:]]))


def scaffolds() -> list[str]:
    """Return the first commit of each version of what `startapp` makes."""
    found: dict[str, str] = {}
    core = "template/apps/core"
    folders = (f"{core}/management/startapp", f"{core}/startapp")
    log = ("log", "--first-parent", "--reverse", "--format=%h", "--", *folders)
    for name in git(REPOSITORY, *log).split():
        for folder in folders:
            tree = ("rev-parse", "--quiet", "--verify", f"{name}:{folder}")
            result = run("git", *tree, cwd=REPOSITORY, check=False)
            if result.returncode == 0:
                found.setdefault(result.stdout, name)
    return list(found.values())


@pytest.mark.exhaustive
@pytest.mark.parametrize("before", scaffolds())
def test_an_app_of_every_earlier_startapp_passes_the_checks_of_now(
    source: "Path", tmp_path: "Path", before: str
) -> None:
    template = past_and_present(source, tmp_path, before)
    project = template.copy(tmp_path / "shop", "v1.0.0", **everything())
    project.manage("startapp", "orders")
    commit(project.path, "Start")
    update(project)
    assert unmerged(project) == []
    project.run("make", "check")


@pytest.mark.exhaustive
@pytest.mark.parametrize("options", ["default", "everything"])
@pytest.mark.parametrize("before", versions())
def test_an_update_from_every_earlier_version_equals_a_fresh_copy(
    source: "Path", tmp_path: "Path", before: str, options: str
) -> None:
    template = past_and_present(source, tmp_path, before)
    answers = everything() if options == "everything" else {}

    def edited(project: Project) -> Project:
        replace_text(project.path / "LICENSE", "of the Software", "of our Software")
        (project.path / "shop.py").write_text("PRICE = 1\n")
        return project

    project = template.copy(tmp_path / "shop", "v1.0.0", **answers)
    commit(edited(project).path, "Start")
    update(project)
    fresh = edited(template.copy(tmp_path / "fresh", "v2.0.0", **answers))
    updated, expected = state(project), state(fresh)
    assert set(updated) == set(expected)
    assert [path for path in updated if updated[path] != expected[path]] == []


@pytest.mark.exhaustive
def test_an_update_keeps_hostile_answers(small: Template, tmp_path: "Path") -> None:
    answers = dict.fromkeys(QUESTIONS, EVERYTHING)
    project = small.copy(tmp_path / "shop", "v1.0.0", **answers)
    commit(project.path, "Start")
    small.file("planted/news.md").write_text("News.\n")
    small.release("v2.0.0")
    update(project)
    changed = git(project.path, "status", "--porcelain").splitlines()
    assert sorted(changed) == [" A planted/news.md", " M .copier-answers.yml"]


@pytest.mark.exhaustive
def test_a_conflict_is_reported_and_leaves_the_lock_alone(
    template: Template, tmp_path: "Path"
) -> None:
    project = template.copy(tmp_path / "shop", "v1.0.0")
    replace_text(project.path / "LICENSE", "MIT License", "Their License")
    commit(project.path, "Edit")
    replace_text(template.file("LICENSE.jinja"), "MIT License", "Our License")
    template.release("v2.0.0")
    said = command(project)
    assert "- `LICENSE`" in said
    assert any(line.startswith("In conflict. ") for line in said)
    assert said[-1].startswith("Then run the tests, and commit.")
    assert unmerged(project) == ["LICENSE"]
    assert "UU LICENSE" in git(project.path, "status", "--porcelain")
    assert "<<<<<<< yours\nTheir License\n" in project.read("LICENSE")
    assert git(project.path, "diff", "--name-only", "--", "uv.lock") == ""


@pytest.mark.exhaustive
def test_a_bad_answer_in_an_update_changes_nothing(
    small: Template, shop: Project
) -> None:
    small.file("news.md").write_text("News.\n")
    small.release("v2.0.0")
    said = command(shop, "-d", "author_email=nobody", check=False)
    assert "author_email must be an e-mail address" in said[-1]
    assert git(shop.path, "status", "--porcelain") == ""


# --- What Copier's own merge loses -------------------------------------------------------


def test_an_edited_file_that_goes_is_named_and_kept(
    small: Template, shop: Project
) -> None:
    replace_text(shop.path / "apps/core/tasks.py", "", "\nOURS = 1\n")
    replace_text(shop.path / "docs/lists.md", "", "\nOurs.\n")
    commit(shop.path, "Edit")
    edited = {path: shop.read(path) for path in ("apps/core/tasks.py",)}
    small.file("docs/lists.md").unlink()
    small.release("v2.0.0")
    report = update(shop, use_celery=False)
    for path in ("apps/core/tasks.py", "docs/lists.md"):
        assert not (shop.path / path).exists()
        assert f"- `{path}`" in report.partition("Removed by the update")[2]
    assert "apps/users/tokens.py" not in report
    git(shop.path, "checkout", "django-arch/before", "--", "apps/core/tasks.py")
    assert shop.read("apps/core/tasks.py") == edited["apps/core/tasks.py"]


def test_edits_move_along_with_a_file_and_a_folder_of_the_template(
    small: Template, shop: Project
) -> None:
    replace_text(shop.path / "apps/users/managers.py", "", "\nOURS = 1\n")
    replace_text(shop.path / "docs/lists.md", "", "\nOurs.\n")
    (shop.path / "docs/ours.md").write_text("Ours.\n")
    commit(shop.path, "Edit")
    small.move("apps/users/managers.py", "apps/users/querysets.py")
    small.move("docs", "handbook")
    replace_text(small.file("apps/users/querysets.py"), '"""', '"""New. ')
    small.release("v2.0.0")
    report = update(shop)
    assert not (shop.path / "apps/users/managers.py").exists()
    assert '"""New. ' in shop.read("apps/users/querysets.py")
    assert shop.read("apps/users/querysets.py").endswith("\nOURS = 1\n")
    assert shop.read("handbook/lists.md").endswith("\nOurs.\n")
    assert shop.read("handbook/ours.md") == "Ours.\n"
    assert "- `docs/ours.md` to `handbook/ours.md`" in report
    assert "- `apps/users/managers.py` to `apps/users/querysets.py`" in report
    assert unmerged(shop) == []
    commit(shop.path, "Update")
    assert update(shop).strip() == "Already up to date."
    assert git(shop.path, "status", "--porcelain") == ""


def test_a_file_the_owner_deleted_stays_so_and_is_named(
    small: Template, shop: Project
) -> None:
    git(shop.path, "rm", "--quiet", "docs/lists.md", "docs/tasks.md")
    commit(shop.path, "Edit")
    replace_text(small.file("docs/lists.md"), "", "\nTheirs.\n")
    small.release("v2.0.0")
    report = update(shop)
    assert not (shop.path / "docs/lists.md").exists()
    assert "- `docs/lists.md`\n" in report
    assert "docs/tasks.md" not in report
    refs = ("django-arch/from", "django-arch/to")
    change = git(shop.path, "diff", *refs, "--", "docs/lists.md")
    assert "+Theirs." in change


def test_a_file_the_owner_renamed_or_made_a_package_takes_the_change(
    small: Template, shop: Project
) -> None:
    places = {
        "apps/users/managers.py": "apps/users/managers/__init__.py",
        "config/urls.py": "config/ours.py",
    }
    (shop.path / "apps/users/managers").mkdir()
    for path, place in places.items():
        git(shop.path, "mv", path, place)
    commit(shop.path, "Edit")
    ours = {place: shop.read(place) for place in places.values()}
    for path in places:
        replace_text(small.file(path), "", "\nTHEIRS = 1\n")
    small.release("v2.0.0")
    report = update(shop)
    for path, place in places.items():
        assert shop.read(place) == ours[place] + "\nTHEIRS = 1\n"
        assert not (shop.path / path).exists()
        assert f"- `{path}`, now `{place}`\n" in report


@pytest.mark.exhaustive
def test_a_binary_stays_the_users(small: Template, shop: Project) -> None:
    for name in ("mine.png", "both.png"):
        small.file(name).write_bytes(b"\0old")
    small.release("v1.1.0")
    update(shop)
    for name in ("mine.png", "both.png"):
        (shop.path / name).write_bytes(b"\0mine")
    commit(shop.path, "Edit")
    small.file("both.png").write_bytes(b"\0theirs")
    small.release("v2.0.0")
    report = update(shop)
    assert (shop.path / "mine.png").read_bytes() == b"\0mine"
    assert (shop.path / "both.png").read_bytes() == b"\0mine"
    assert unmerged(shop) == ["both.png"]
    assert "- `both.png`" in report
    git(shop.path, "checkout", "--theirs", "both.png")
    assert (shop.path / "both.png").read_bytes() == b"\0theirs"


@pytest.mark.exhaustive
def test_a_file_that_a_global_gitignore_hides_is_merged(
    small: Template, shop: Project, tmp_path: "Path"
) -> None:
    ignore = tmp_path / "gitignore"
    ignore.write_text(".editor/\nnotes.md\n")
    small.file(".editor/settings.json").write_text(
        '{\n  "a": 1,\n  "m": 0,\n  "b": 2\n}\n'
    )
    small.release("v1.1.0")
    git(shop.path, "config", "core.excludesFile", ignore)
    update(shop)
    commit(shop.path, "Update")
    assert git(shop.path, "ls-files", ".editor") == ""
    edited = shop.path / ".editor/settings.json"
    replace_text(edited, '"a": 1', '"a": 7')
    (shop.path / "notes.md").write_text("My own, hidden.\n")
    replace_text(small.file(".editor/settings.json"), '"b": 2\n', '"b": 2,\n  "c": 3\n')
    small.file("notes.md").write_text("The template's.\n")
    small.release("v2.0.0")
    report = update(shop)
    assert edited.read_text() == ('{\n  "a": 7,\n  "m": 0,\n  "b": 2,\n  "c": 3\n}\n')
    assert "<<<<<<< yours\nMy own, hidden.\n" in shop.read("notes.md")
    assert "- `notes.md`" in report
    hidden = git(shop.path, "show", "django-arch/before:notes.md")
    assert hidden == "My own, hidden.\n"


@pytest.mark.exhaustive
def test_a_file_of_the_user_where_an_option_adds_one_is_a_conflict(
    small: Template, tmp_path: "Path"
) -> None:
    project = small.copy(tmp_path / "shop", "v1.0.0")
    (project.path / "config/celery.py").write_text("OURS = 1\n")
    commit(project.path, "Start")
    report = update(project, use_celery=True)
    assert unmerged(project) == ["config/celery.py"]
    assert "- `config/celery.py`" in report
    assert "<<<<<<< yours\nOURS = 1\n" in project.read("config/celery.py")


@pytest.mark.exhaustive
def test_a_mode_and_a_link_of_the_user_stay(small: Template, shop: Project) -> None:
    (shop.path / "docs/tasks.md").chmod(0o755)
    (shop.path / "docs/lists.md").unlink()
    (shop.path / "docs/lists.md").symlink_to("tasks.md")
    commit(shop.path, "Edit")
    for path in ("docs/tasks.md", "docs/lists.md"):
        replace_text(small.file(path), "", "\nTheirs.\n")
    small.release("v2.0.0")
    report = update(shop)
    assert (shop.path / "docs/tasks.md").stat().st_mode & 0o100
    assert shop.read("docs/tasks.md").endswith("\nTheirs.\n")
    assert (shop.path / "docs/lists.md").is_symlink()
    assert "- `docs/lists.md`" in report.partition("In conflict")[2]


# --- What else the report says -----------------------------------------------------------


@pytest.mark.exhaustive
def test_the_report_names_migrations_leftover_tables_and_notes(
    small: Template, shop: Project
) -> None:
    small.file("apps/users/migrations/0009_news.py").write_text("NEWS = 1\n")
    (small.path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [Unreleased]\n\n## [2.0.0] - 2026-01-01\n\n"
        "### Added\n\n- No note.\n\n### On update\n\n"
        "- Rename your `FOO` to\n  `BAR`.\n- use_celery: restart the worker.\n"
        "- use_jwt: sign in again.\n\n"
        "## [1.0.0] - 2025-01-01\n\n### On update\n\n- Old news.\n"
    )
    small.release("v2.0.0")
    report = update(shop, use_celery=False)
    assert "manage.py migrate`:\n\n- `apps/users/migrations/0009_news.py`\n" in report
    assert "- use_celery: `uv run manage.py migrate django_celery_beat zero`" in report
    assert "- 2.0.0: Rename your `FOO` to `BAR`.\n" in report
    assert "- 2.0.0: use_celery: restart the worker.\n" in report
    assert "sign in again" not in report
    assert "No note" not in report
    assert "Old news" not in report


@pytest.mark.exhaustive
def test_a_conflict_can_be_left_as_a_reject(small: Template, shop: Project) -> None:
    replace_text(shop.path / "docs/tasks.md", "#", "# Ours")
    commit(shop.path, "Edit")
    ours = shop.read("docs/tasks.md")
    replace_text(small.file("docs/tasks.md"), "#", "# Theirs")
    small.release("v2.0.0")
    said = command(shop, "--conflict", "rej")
    assert any("`FILE.rej` holds the template's change" in line for line in said)
    assert shop.read("docs/tasks.md") == ours
    assert unmerged(shop) == []
    rejected = shop.read("docs/tasks.md.rej")
    assert rejected.startswith("diff --git a/docs/tasks.md b/docs/tasks.md\n")
    assert "\n+# Theirs" in rejected
    # The change fits the file that the owner had not edited.
    git(shop.path, "checkout", "django-arch/from", "--", "docs/tasks.md")
    git(shop.path, "apply", "--check", "docs/tasks.md.rej")


@pytest.mark.exhaustive
@pytest.mark.parametrize("kind", ["dirty", "downgrade", "unknown", "no-git"])
def test_an_update_that_cannot_be_says_so_in_one_line(
    small: Template, shop: Project, kind: str
) -> None:
    options: tuple[str, ...] = ()
    match kind:
        case "dirty":
            (shop.path / "news.md").write_text("Mine.\n")
        case "downgrade":
            small.file("news.md").write_text("News.\n")
            git(small.path, "add", "-A")
            git(small.path, "commit", "--quiet", "-m", "Older")
            git(small.path, "tag", "v0.9.0")
            options = ("--vcs-ref", "v0.9.0")
        case "unknown":
            options = ("--vcs-ref", "v7.7.7")
        case "no-git":
            shutil.rmtree(shop.path / ".git")
    before = shop.files()
    said = command(shop, *options, check=False)
    words = {
        "dirty": "dirty",
        "downgrade": "Downgrades are not supported",
        "unknown": "v7.7.7",
        "no-git": "git-tracked",
    }
    assert any(words[kind] in line for line in said)
    # Copier shows git's own failure in full.
    assert kind == "unknown" or not any("Traceback" in line for line in said)
    assert shop.files() == before


# --- Where projects live -----------------------------------------------------------------


def edit_both_sides(small: Template, project: Project) -> None:
    """Have an edit and a change in one file, a new file, and a conflict."""
    replace_text(project.path / "docs/lists.md", "", "\nOurs.\n")
    replace_text(project.path / ".editorconfig", "root = true", "root = ours")
    commit(project.path, "Edit")
    replace_text(small.file("docs/lists.md"), "# ", "# Our ")
    replace_text(small.file(".editorconfig"), "root = true", "root = theirs")
    small.file("docs/news.md").write_text("News.\n")
    small.release("v2.0.0")


def check_both_sides(project: Project, prefix: str = "") -> None:
    text = project.read("docs/lists.md")
    assert text.startswith("# Our ")
    assert text.endswith("\nOurs.\n")
    assert project.read("docs/news.md") == "News.\n"
    assert unmerged(project) == [f"{prefix}.editorconfig"]
    changed = git(project.path, "status", "--porcelain").splitlines()
    assert sorted(changed) == [
        f" A {prefix}docs/news.md",
        f" M {prefix}.copier-answers.yml",
        f" M {prefix}docs/lists.md",
        f"UU {prefix}.editorconfig",
    ]


@pytest.mark.exhaustive
def test_an_update_with_windows_line_endings(small: Template, shop: Project) -> None:
    git(shop.path, "config", "core.autocrlf", "true")
    (shop.path / ".git/info/attributes").write_text("* text=auto eol=crlf\n")
    git(shop.path, "rm", "--quiet", "--cached", "-r", ".")
    git(shop.path, "reset", "--quiet", "--hard")
    assert b"\r\n" in (shop.path / "docs/lists.md").read_bytes()
    edit_both_sides(small, shop)
    update(shop)
    check_both_sides(shop)
    lines = (shop.path / "docs/lists.md").read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\r\n") for line in lines)


@pytest.mark.exhaustive
def test_an_update_with_committed_windows_line_endings(
    small: Template, shop: Project
) -> None:
    (shop.path / ".gitattributes").write_text("* -text\n")
    for path in ("docs/lists.md", ".editorconfig"):
        content = (shop.path / path).read_bytes().replace(b"\n", b"\r\n")
        (shop.path / path).write_bytes(content)
    edit_both_sides(small, shop)
    content = (shop.path / "docs/lists.md").read_bytes()
    (shop.path / "docs/lists.md").write_bytes(
        content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    )
    commit(shop.path, "All lines")
    update(shop)
    assert unmerged(shop) == [".editorconfig"]
    lines = (shop.path / "docs/lists.md").read_bytes().splitlines(keepends=True)
    assert lines[0].startswith(b"# Our ")
    assert all(line.endswith(b"\r\n") for line in lines)


@pytest.mark.exhaustive
def test_an_update_in_a_folder_of_a_larger_repository(
    small: Template, tmp_path: "Path"
) -> None:
    git(tmp_path, "init", "--quiet", "monorepo")
    root = tmp_path / "monorepo"
    (root / "docs").mkdir()
    (root / "docs/lists.md").write_text("Another's.\n")
    project = small.copy(root / "services" / "the shop", "v1.0.0")
    commit(root, "Start")
    edit_both_sides(small, project)
    update(project)
    text = project.read("docs/lists.md")
    assert text.startswith("# Our ")
    assert text.endswith("\nOurs.\n")
    assert unmerged(project) == ["services/the shop/.editorconfig"]
    assert (root / "docs/lists.md").read_text() == "Another's.\n"
    assert git(root, "status", "--porcelain", "docs") == ""


@pytest.mark.exhaustive
def test_an_update_in_a_worktree(
    small: Template, shop: Project, tmp_path: "Path"
) -> None:
    git(shop.path, "worktree", "add", "--quiet", tmp_path / "tree")
    project = Project(tmp_path / "tree")
    edit_both_sides(small, project)
    update(project)
    check_both_sides(project)
    assert git(shop.path, "status", "--porcelain") == ""
