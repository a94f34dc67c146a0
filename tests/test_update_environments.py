"""Updates in the repositories, and on the machines, that people have."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from extensions.update.git import reason
from tests.project import Project, copier, git, run
from tests.updates import (
    SMALL,
    Template,
    command,
    commit,
    disk,
    replace_text,
    state,
    unmerged,
    update,
)

pytestmark = pytest.mark.exhaustive


@pytest.fixture
def small(source: Path, tmp_path: Path) -> Template:
    """Return a repository with a few files of the work tree as v1.0.0."""
    return Template.make(source, tmp_path / "template", SMALL)


@pytest.fixture
def shop(small: Template, tmp_path: Path) -> Project:
    """Return a committed project of v1.0.0."""
    project = small.copy(tmp_path / "shop", "v1.0.0")
    commit(project.path, "Start")
    return project


def release(small: Template) -> None:
    """Release a change of one file and a new file."""
    replace_text(small.file("docs/lists.md"), "", "\nTheirs.\n")
    small.file("docs/news.md").write_text("News.\n")
    small.release("v2.0.0")


def check_release(project: Project) -> None:
    assert project.read("docs/lists.md").endswith("\nTheirs.\n")
    assert project.read("docs/news.md") == "News.\n"
    assert unmerged(project) == []


def rejection(project: Project, *options: str) -> str:
    """Update, check that it fails and changes nothing, and return the reason."""
    top = Path(git(project.path, "rev-parse", "--show-toplevel").strip())
    before = disk(top), git(top, "status", "--porcelain"), git(top, "ls-files", "-s")
    result = copier(
        *("update", "--trust", "--defaults", *options), cwd=project.path, check=False
    )
    assert result.returncode != 0
    assert "Traceback" not in result.stderr
    after = disk(top), git(top, "status", "--porcelain"), git(top, "ls-files", "-s")
    assert after == before
    [line] = [line for line in result.stderr.splitlines() if "Nothing was ch" in line]
    return line.strip()


# --- Pythons -----------------------------------------------------------------------------


def find_python(version: str) -> str | None:
    """Return an interpreter of this machine."""
    if version == "3.11" and Path("/usr/bin/python3.11").exists():
        # Debian 12's 3.11.2 has no filters in `tarfile`.
        return "/usr/bin/python3.11"
    found = run("uv", "python", "find", version, env={"UV_PYTHON": ""}, check=False)
    if found.returncode == 0:
        return found.stdout.strip()
    if shutil.which("pyenv") is None:
        return None
    root = Path(run("pyenv", "root").stdout.strip())
    return next(map(str, root.glob(f"versions/{version}.*/bin/python{version}")), None)


@pytest.mark.parametrize("version", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_every_python_that_runs_copier(
    small: Template, shop: Project, version: str
) -> None:
    python = find_python(version)
    if python is None:
        pytest.skip(f"no Python {version} on this machine")
    release(small)
    libraries = ("--with", "copier-template-extensions", "--with", "jinja2-time")
    result = run(
        *("uvx", "--python", python, *libraries, "copier", "update"),
        *("--trust", "--defaults"),
        cwd=shop.path,
        env={"UV_PYTHON": python, "PYTHONSAFEPATH": "1"},
    )
    check_release(shop)
    assert "undoes the update." in result.stderr


# --- Failures ----------------------------------------------------------------------------


def filtered(project: Project, *, required: bool) -> None:
    """Give Markdown a filter whose smudge fails, as git LFS without its server."""
    git(project.path, "config", "filter.big.clean", "cat")
    git(project.path, "config", "filter.big.smudge", "false")
    git(project.path, "config", "filter.big.required", str(required).lower())
    (project.path / ".gitattributes").write_text("*.md filter=big\n")
    commit(project.path, "Filter")


def test_a_required_filter_that_fails_changes_nothing(
    small: Template, shop: Project
) -> None:
    filtered(shop, required=True)
    release(small)
    assert "smudge filter big failed" in rejection(shop)


def test_a_filter_of_the_owner_is_used(small: Template, shop: Project) -> None:
    git(shop.path, "config", "filter.rot.clean", "tr a-z b-za")
    git(shop.path, "config", "filter.rot.smudge", "tr b-za a-z")
    (shop.path / ".gitattributes").write_text("*.md filter=rot\n")
    git(shop.path, "add", "--renormalize", ".")
    commit(shop.path, "Filter")
    release(small)
    update(shop)
    check_release(shop)
    assert "Uifjst" not in shop.read("docs/lists.md")


@pytest.mark.parametrize("place", ["docs/.gitattributes", ".git/info/attributes"])
def test_attributes_of_the_owner_count_wherever_they_are(
    small: Template, shop: Project, place: str
) -> None:
    git(shop.path, "config", "filter.rot.clean", "tr a-z b-za")
    git(shop.path, "config", "filter.rot.smudge", "tr b-za a-z")
    (shop.path / place).parent.mkdir(exist_ok=True)
    (shop.path / place).write_text("*.md filter=rot\n")
    git(shop.path, "add", "--renormalize", ".")
    commit(shop.path, "Filter")
    release(small)
    update(shop)
    check_release(shop)


def test_a_merge_driver_of_the_owner_is_used(small: Template, shop: Project) -> None:
    git(shop.path, "config", "merge.ours.driver", "true")
    (shop.path / ".gitattributes").write_text("LICENSE merge=ours\n")
    replace_text(shop.path / "LICENSE", "MIT License", "Our License")
    commit(shop.path, "Edit")
    replace_text(small.file("LICENSE.jinja"), "MIT License", "Their License")
    release(small)
    update(shop)
    check_release(shop)
    assert shop.read("LICENSE").startswith("Our License")


def test_an_index_lock_changes_nothing(small: Template, shop: Project) -> None:
    release(small)
    (shop.path / ".git/index.lock").touch()
    assert "Another git process is running" in rejection(shop)


@pytest.mark.parametrize("kind", ["merge", "rebase"])
def test_an_unfinished_operation_is_rejected(
    small: Template, shop: Project, kind: str
) -> None:
    release(small)
    head = git(shop.path, "rev-parse", "HEAD").strip()
    match kind:
        case "merge":
            (shop.path / ".git/MERGE_HEAD").write_text(f"{head}\n")
        case "rebase":
            (shop.path / ".git/rebase-merge").mkdir()
    assert "in progress: finish or abort it first" in rejection(shop)
    assert (shop.path / ".git/MERGE_HEAD").exists() == (kind == "merge")


def test_an_old_git_is_rejected(
    small: Template, shop: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(small)
    real = shutil.which("git")
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\ncase "$*" in *merge-tree*) exit 129;; *version*) '
        f'echo "git version 2.34.1";; *) exec {real} "$@";; esac\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    assert "Updates need git 2.38 or newer" in rejection(shop)


def test_an_unknown_version_changes_nothing(small: Template, shop: Project) -> None:
    """Copier stops before it runs anything of the template; the document says so."""
    release(small)
    answers = shop.path / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("v1.0.0", "v0.1.0"))
    commit(shop.path, "Edit")
    before = disk(shop.path)
    said = command(shop, check=False)
    assert said[-1] == "ValueError: Unknown revision: 'v0.1.0'"
    assert disk(shop.path) == before
    assert git(shop.path, "status", "--porcelain") == ""


# --- What git hides ----------------------------------------------------------------------


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_an_edit_that_git_hides_is_kept(
    small: Template, shop: Project, flag: str
) -> None:
    replace_text(shop.path / "config/urls.py", "", "\nOURS = 1\n")
    git(shop.path, "update-index", flag, "config/urls.py")
    release(small)
    update(shop)
    check_release(shop)
    assert shop.read("config/urls.py").endswith("\nOURS = 1\n")


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_an_edit_that_git_hides_in_a_file_that_changes_is_rejected(
    small: Template, shop: Project, flag: str
) -> None:
    replace_text(shop.path / "docs/lists.md", "", "\nOurs.\n")
    git(shop.path, "update-index", flag, "docs/lists.md")
    release(small)
    assert "`docs/lists.md`, and git hides your changes" in rejection(shop)


@pytest.mark.parametrize("flag", ["--skip-worktree", "--assume-unchanged"])
def test_a_deletion_that_git_hides_is_rejected(
    small: Template, shop: Project, flag: str
) -> None:
    git(shop.path, "update-index", flag, "config/urls.py")
    (shop.path / "config/urls.py").unlink()
    release(small)
    assert "`config/urls.py` is not checked out" in rejection(shop)


def test_a_sparse_checkout_is_rejected(small: Template, shop: Project) -> None:
    release(small)
    git(shop.path, "sparse-checkout", "set", "apps")
    assert "sparse checkout" in rejection(shop)


def test_content_of_a_submodule_stays(
    small: Template, shop: Project, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    git(tmp_path, "init", "--quiet", "library")
    (library / "own.py").write_text("OWN = 1\n")
    commit(library, "Own")
    allow = ("-c", "protocol.file.allow=always")
    git(shop.path, *allow, "submodule", "--quiet", "add", library, "library")
    git(shop.path, "config", "submodule.library.ignore", "all")
    git(shop.path, "config", "submodule.recurse", "true")
    commit(shop.path, "Library")
    (shop.path / "library/own.py").write_text("OWN = 2\n")
    release(small)
    update(shop)
    check_release(shop)
    assert shop.read("library/own.py") == "OWN = 2\n"


def test_files_that_an_archive_would_leave_out_stay(
    small: Template, shop: Project
) -> None:
    (small.path / ".gitattributes").write_text("docs export-ignore\n")
    small.file(".gitattributes").write_text(
        "* text=auto eol=lf\napps/users export-ignore\n"
    )
    release(small)
    before = set(state(shop))
    update(shop)
    check_release(shop)
    assert set(state(shop)) == {*before, "docs/news.md"}


# --- What the caller asks for ------------------------------------------------------------


def test_excluded_and_skipped_files_stay(small: Template, shop: Project) -> None:
    before = shop.read("docs/lists.md")
    release(small)
    replace_text(small.file("LICENSE.jinja"), "MIT", "Our MIT")
    replace_text(small.file(".editorconfig"), "root", "# Theirs.\nroot")
    small.release("v3.0.0")
    command(
        shop,
        "--exclude",
        "docs",
        "--exclude",
        "*.yml",
        "--skip",
        "LICENSE",
        "--skip",
        "docs/new*",
    )
    assert shop.read("docs/lists.md") == before
    assert "Our MIT" not in shop.read("LICENSE")
    assert "# Theirs." in shop.read(".editorconfig")
    assert not (shop.path / "docs/news.md").exists()
    assert "_commit: v3.0.0" in shop.read(".copier-answers.yml")


def test_a_dry_run_changes_nothing(small: Template, shop: Project) -> None:
    release(small)
    before = disk(shop.path)
    command(shop, "--pretend")
    assert disk(shop.path) == before
    assert git(shop.path, "status", "--porcelain") == ""


def test_answered_questions_are_skipped(small: Template, shop: Project) -> None:
    release(small)
    command(shop, "--skip-answered")
    check_release(shop)


@pytest.mark.parametrize("answers", [".answers.api.yml", "conf/answers.yml"])
def test_two_templates_in_one_project(
    small: Template, tmp_path: Path, answers: str
) -> None:
    options = ("--trust", "--defaults", "--vcs-ref", "v1.0.0", "--answers-file")
    shop = Project(tmp_path / "two")
    copier("copy", *options, answers, small.path, shop.path)
    other = ".copier-answers.yml"
    (shop.path / other).write_text("_commit: 1.0\n_src_path: gh:other/template\n")
    commit(shop.path, "Start")
    release(small)
    said = command(shop, "--answers-file", answers)
    check_release(shop)
    assert said[-1].endswith("undoes the update.")
    assert "gh:other" in shop.read(other)
    assert "_commit: v2.0.0" in shop.read(answers)
    assert str(small.path) in shop.read(answers)


# --- Shapes of repositories --------------------------------------------------------------


def test_work_in_other_folders_of_a_repository_stays(
    small: Template, tmp_path: Path
) -> None:
    root = tmp_path / "monorepo"
    git(tmp_path, "init", "--quiet", "monorepo")
    (root / "web").mkdir()
    for name in ("a.js", "b.js", "c.js"):
        (root / "web" / name).write_text("1\n")
    shop = small.copy(root / "api", "v1.0.0")
    commit(root, "Start")
    (root / "web/a.js").write_text("work\n")
    (root / "web/b.js").write_text("staged\n")
    git(root, "add", "web/b.js")
    (root / "web/new.js").write_text("new\n")
    before = disk(root / "web"), git(root, "status", "--porcelain", "web")
    release(small)
    update(shop)
    check_release(shop)
    assert (disk(root / "web"), git(root, "status", "--porcelain", "web")) == before
    undo = "git restore --source=django-arch/api/before --staged --worktree ."
    run("sh", "-c", undo, cwd=shop.path)
    assert git(root, "status", "--porcelain", "api") == ""
    assert (disk(root / "web"), git(root, "status", "--porcelain", "web")) == before


@pytest.mark.parametrize("kind", ["deleted", "reject"])
def test_work_in_other_folders_that_copier_would_touch_is_rejected(
    small: Template, tmp_path: Path, kind: str
) -> None:
    root = tmp_path / "monorepo"
    git(tmp_path, "init", "--quiet", "monorepo")
    (root / "web").mkdir()
    (root / "web/a.js").write_text("1\n")
    shop = small.copy(root / "api", "v1.0.0")
    commit(root, "Start")
    if kind == "deleted":
        (root / "web/a.js").unlink()
    else:
        (root / "web/a.js.rej").write_text("mine\n")
    release(small)
    assert "`web/a.js" in rejection(shop)


def test_work_trees_have_refs_of_their_own(
    small: Template, shop: Project, tmp_path: Path
) -> None:
    git(shop.path, "worktree", "add", "--quiet", tmp_path / "tree")
    other = Project(tmp_path / "tree")
    replace_text(other.path / "LICENSE", "MIT License", "Our License")
    commit(other.path, "Edit")
    release(small)
    update(shop)
    assert "`git restore --source=django-arch/tree/before" in update(other)
    run(
        *("git", "restore", "--source=django-arch/before", "--staged", "--worktree"),
        ".",
        cwd=shop.path,
    )
    assert git(shop.path, "status", "--porcelain") == ""


def test_a_staged_rename_in_another_folder_is_not_a_deletion(
    small: Template, tmp_path: Path
) -> None:
    root = tmp_path / "monorepo"
    git(tmp_path, "init", "--quiet", "monorepo")
    (root / "CDN").mkdir()
    (root / "CDN/a.js").write_text("1\n" * 9)
    shop = small.copy(root / "api", "v1.0.0")
    commit(root, "Start")
    (root / "web").mkdir()
    git(root, "mv", "CDN/a.js", "web/a.js")
    release(small)
    update(shop)
    check_release(shop)
    assert (root / "web/a.js").exists()
    assert not (root / "CDN/a.js").exists()


def test_a_reject_in_an_ignored_folder_is_nobodys(
    small: Template, shop: Project
) -> None:
    (shop.path / "dist").mkdir()
    (shop.path / "dist/a.js.rej").write_text("mine\n")
    release(small)
    update(shop)
    check_release(shop)
    assert shop.read("dist/a.js.rej") == "mine\n"


def test_projects_of_one_repository_have_refs_of_their_own(
    small: Template, tmp_path: Path
) -> None:
    root = tmp_path / "monorepo"
    git(tmp_path, "init", "--quiet", "monorepo")
    shops = [small.copy(root / name, "v1.0.0") for name in ("one", "t w o")]
    commit(root, "Start")
    release(small)
    for shop in shops:
        update(shop)
        commit(root, "Update")
    refs = git(root, "for-each-ref", "--format=%(refname)", "refs/django-arch")
    assert {"refs/django-arch/one/before", "refs/django-arch/t-w-o/before"} <= {
        *refs.split()
    }


def test_a_file_in_the_way_of_a_folder_is_rejected(
    small: Template, shop: Project
) -> None:
    (shop.path / "handbook").write_text("Ours.\n")
    commit(shop.path, "Edit")
    small.file("handbook/news.md").write_text("News.\n")
    release(small)
    assert "`handbook` is a file on one side" in rejection(shop)


def test_a_folder_in_the_way_of_a_file_is_rejected(
    small: Template, shop: Project
) -> None:
    (shop.path / "handbook").mkdir()
    (shop.path / "handbook/own.md").write_text("Ours.\n")
    commit(shop.path, "Edit")
    small.file("handbook").write_text("News.\n")
    release(small)
    assert "`handbook` is a file on one side" in rejection(shop)


def test_an_ignored_folder_in_the_way_of_a_file_is_rejected(
    small: Template, shop: Project
) -> None:
    (shop.path / "dist/own").mkdir(parents=True)
    (shop.path / "dist/own/wheel").write_text("Ours.\n")
    small.file("dist").write_text("News.\n")
    small.file("build/news.md").write_text("News.\n")
    small.release("v2.0.0")
    assert "`dist` is in the way of" in rejection(shop)


def test_a_folder_that_became_a_link_stays_one(small: Template, shop: Project) -> None:
    shutil.move(shop.path / "docs", shop.path / "handbook")
    (shop.path / "docs").symlink_to("handbook")
    commit(shop.path, "Link")
    ours = shop.read("handbook/lists.md")
    replace_text(small.file("docs/lists.md"), "", "\nTheirs.\n")
    replace_text(small.file(".editorconfig"), "root", "# Theirs.\nroot")
    small.release("v2.0.0")
    update(shop)
    assert (shop.path / "docs").is_symlink()
    assert "# Theirs." in shop.read(".editorconfig")
    assert shop.read("handbook/lists.md") == ours + "\nTheirs.\n"


def test_a_link_that_leads_out_of_the_project_is_rejected(
    small: Template, shop: Project, tmp_path: Path
) -> None:
    shutil.move(shop.path / "docs", tmp_path / "elsewhere")
    (shop.path / "docs").symlink_to(tmp_path / "elsewhere")
    commit(shop.path, "Link")
    release(small)
    assert "`docs` is a link to a folder outside the project" in rejection(shop)


# --- Moves and renames -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["deleted", "renamed"])
def test_what_the_owner_deleted_or_renamed_does_not_come_back_moved(
    small: Template, shop: Project, kind: str
) -> None:
    if kind == "deleted":
        git(shop.path, "rm", "--quiet", "docs/lists.md")
    else:
        git(shop.path, "mv", "docs/lists.md", "ours.md")
    commit(shop.path, "Edit")
    small.move("docs/lists.md", "handbook/lists.md")
    replace_text(small.file("handbook/lists.md"), "", "\nTheirs.\n")
    small.release("v2.0.0")
    report = update(shop)
    assert not (shop.path / "docs/lists.md").exists()
    assert not (shop.path / "handbook").exists()
    if kind == "deleted":
        assert "- `handbook/lists.md`\n" in report
    else:
        assert shop.read("ours.md").endswith("\nTheirs.\n")


def test_what_the_template_moved_and_then_dropped_is_named_with_its_old_path(
    small: Template, shop: Project
) -> None:
    replace_text(shop.path / "docs/lists.md", "", "\nOurs.\n")
    commit(shop.path, "Edit")
    small.move("docs/lists.md", "handbook/lists.md")
    small.file("handbook/lists.md").unlink()
    small.release("v2.0.0")
    report = update(shop)
    assert "- `docs/lists.md`" in report.partition("Removed by the update")[2]
    git(shop.path, "checkout", "django-arch/before", "--", "docs/lists.md")
    assert shop.read("docs/lists.md").endswith("\nOurs.\n")


def test_two_moves_are_one(small: Template, shop: Project) -> None:
    replace_text(shop.path / "docs/lists.md", "", "\nOurs.\n")
    commit(shop.path, "Edit")
    small.move("docs/lists.md", "handbook/lists.md")
    small.release("v2.0.0")
    small.move("handbook/lists.md", "guide/lists.md")
    small.release("v3.0.0")
    report = update(shop)
    moved = report.partition("Moved by the update")[2]
    assert "- `docs/lists.md` to `guide/lists.md`" in moved
    assert "handbook" not in report
    assert shop.read("guide/lists.md").endswith("\nOurs.\n")


def test_new_files_follow_a_folder_that_the_owner_renamed(
    small: Template, shop: Project
) -> None:
    git(shop.path, "mv", "apps/users", "apps/accounts")
    git(shop.path, "rm", "--quiet", "-r", "docs")
    commit(shop.path, "Rename")
    replace_text(small.file("apps/users/managers.py"), "", "\nTHEIRS = 1\n")
    small.file("apps/users/querysets.py").write_text("QUERYSETS = 1\n")
    small.file("apps/users/migrations/0009_news.py").write_text("NEWS = 1\n")
    small.file("docs/news.md").write_text("News.\n")
    small.release("v2.0.0")
    report = update(shop)
    assert not (shop.path / "apps/users").exists()
    assert shop.read("apps/accounts/managers.py").endswith("\nTHEIRS = 1\n")
    new = "apps/accounts/migrations/0009_news.py"
    assert (shop.path / new).exists()
    named = report.partition("in a folder that you renamed or deleted")[2]
    for path in (new, "apps/accounts/querysets.py", "docs/news.md"):
        assert f"- `{path}`" in named.partition("\n\n")[2].partition("\n\n")[0]
    assert f"- `{new}`" in report.partition("New migrations")[2]


# --- Contents ----------------------------------------------------------------------------


def test_one_line_with_another_line_end_merges(small: Template, shop: Project) -> None:
    (shop.path / ".gitattributes").write_text("* -text\n")
    lines = (shop.path / "docs/lists.md").read_bytes().splitlines(keepends=True)
    lines[0] = lines[0].replace(b"\n", b"\r\n")
    (shop.path / "docs/lists.md").write_bytes(b"".join(lines))
    commit(shop.path, "Edit")
    release(small)
    update(shop)
    check_release(shop)
    assert (shop.path / "docs/lists.md").read_bytes().count(b"\r\n") == 1


def test_a_renamed_file_with_other_line_ends_takes_the_change(
    small: Template, shop: Project
) -> None:
    (shop.path / ".gitattributes").write_text("* -text\n")
    content = (shop.path / "docs/lists.md").read_bytes().replace(b"\n", b"\r\n")
    (shop.path / "docs/lists.md").write_bytes(content)
    git(shop.path, "mv", "docs/lists.md", "ours.md")
    commit(shop.path, "Edit")
    release(small)
    update(shop)
    assert unmerged(shop) == []
    assert (shop.path / "ours.md").read_bytes() == content + b"\r\nTheirs.\r\n"


def test_an_empty_file_that_the_owner_deleted_stays_deleted(
    small: Template, shop: Project
) -> None:
    small.file("docs/py.typed").touch()
    small.release("v1.1.0")
    update(shop)
    commit(shop.path, "Update")
    (shop.path / "docs/py.typed").unlink()
    (shop.path / "own.typed").touch()
    commit(shop.path, "Edit")
    small.file("docs/py.typed").write_text("partial\n")
    release(small)
    report = update(shop)
    check_release(shop)
    assert not (shop.path / "docs/py.typed").exists()
    assert "- `docs/py.typed`\n" in report


def test_names_that_are_not_ascii(small: Template, shop: Project) -> None:
    (shop.path / 'проект "ж".md').write_text("Ours.\n")
    commit(shop.path, "Edit")
    small.file("документ.md").write_text("Old.\n")
    small.release("v1.1.0")
    update(shop)
    commit(shop.path, "Update")
    replace_text(shop.path / "документ.md", "", "Ours.\n")
    commit(shop.path, "Edit")
    small.file("документ.md").unlink()
    release(small)
    report = update(shop)
    check_release(shop)
    assert "- `документ.md`" in report
    assert (shop.path / 'проект "ж".md').exists()


def test_a_mode_of_the_template_arrives(small: Template, shop: Project) -> None:
    small.file("docs/lists.md").chmod(0o755)
    release(small)
    update(shop)
    assert (shop.path / "docs/lists.md").stat().st_mode & stat.S_IXUSR


# --- After it ----------------------------------------------------------------------------


def test_new_files_show_in_the_difference_and_in_a_commit(
    small: Template, shop: Project
) -> None:
    release(small)
    update(shop)
    assert "+News." in git(shop.path, "diff")
    assert "+News." in git(shop.path, "diff", "django-arch/before")
    git(shop.path, "commit", "--quiet", "-am", "Update")
    assert git(shop.path, "status", "--porcelain") == ""
    assert "docs/news.md" in git(shop.path, "ls-files")


def test_new_files_that_git_ignores_are_named(small: Template, shop: Project) -> None:
    replace_text(shop.path / ".gitignore", "", "news.md\n")
    commit(shop.path, "Ignore")
    release(small)
    report = update(shop)
    named = report.partition("ignored by your git settings")[2].partition("\n\n")[2]
    assert named.startswith("- `docs/news.md`\n\n")


def test_the_named_command_undoes_an_update(small: Template, shop: Project) -> None:
    replace_text(shop.path / ".editorconfig", "root = true", "root = ours")
    commit(shop.path, "Edit")
    (shop.path / ".env").write_text("SECRET_KEY=mine\n")
    before = disk(shop.path)
    release(small)
    replace_text(small.file(".editorconfig"), "root = true", "root = theirs")
    small.move("config/urls.py", "config/routes.py")
    small.release("v3.0.0")
    report = update(shop)
    assert unmerged(shop) == [".editorconfig"]
    undo = "git restore --source=django-arch/before --staged --worktree ."
    assert f"`{undo}` undoes the update." in report
    run("sh", "-c", undo, cwd=shop.path)
    assert disk(shop.path) == before
    assert git(shop.path, "status", "--porcelain") == ""


def test_a_lock_that_the_owner_deleted_stays_deleted(
    source: Path, tmp_path: Path
) -> None:
    template = Template.make(source, tmp_path / "template", (*SMALL, "pyproject.toml"))
    shop = template.copy(tmp_path / "shop", "v1.0.0")
    (shop.path / "uv.lock").unlink(missing_ok=True)
    commit(shop.path, "Start")
    file = template.file("pyproject.toml.jinja")
    replace_text(file, "dependencies = [\n", 'dependencies = [\n    "asgiref>=3.9",\n')
    template.release("v2.0.0")
    update(shop)
    assert not (shop.path / "uv.lock").exists()


def test_a_report_that_cannot_be_written_is_one_line(
    small: Template, shop: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    release(small)
    monkeypatch.setenv("DJANGO_ARCH_REPORT", str(tmp_path / "no/such/folder"))
    said = command(shop)
    assert any("The report was not written to a file" in line for line in said)
    check_release(shop)


def test_the_report_names_settings_and_migrations_of_an_option(
    shop: Project,
) -> None:
    (shop.path / ".env").write_text("TOKEN_LIFETIME_DAYS=3\nSECRET_KEY=x\n")
    report = update(shop, use_celery=True, use_jwt=True)
    required = report.partition("now required outside local:")[2].partition("\n\n")[2]
    assert required.startswith("- `EMAIL_FROM`\n- `EMAIL_URL`\n- `JWT_SIGNING_KEY`\n\n")
    assert "- `CELERY_TIME_LIMIT`" in report.partition("New settings")[2]
    gone = report.partition("No longer read")[2].partition("\n\n")[2]
    assert gone.startswith("- `TOKEN_LIFETIME_DAYS`\n")
    assert "`SECRET_KEY`" not in report


def test_settings_that_were_required_before_are_not_named(
    source: Path, tmp_path: Path
) -> None:
    """The first versions of `.env.example` did not mark them."""
    template = Template.make(source, tmp_path / "template", SMALL)
    example = template.file(".env.example.jinja")
    marked = example.read_text()
    example.write_text(marked.replace("Required outside local", "Note"))
    template.release("v1.1.0")
    shop = template.copy(tmp_path / "shop", "v1.1.0")
    commit(shop.path, "Start")
    example.write_text(marked)
    template.release("v2.0.0")
    report = update(shop, use_jwt=True)
    required = report.partition("now required outside local:")[2].partition("\n\n")[2]
    assert required.startswith("- `JWT_SIGNING_KEY`\n\n")


def test_the_report_names_settings_that_django_rejects_beside_mailers(
    source: Path, tmp_path: Path
) -> None:
    files = (*SMALL, "config/settings.py")
    template = Template.make(source, tmp_path / "template", files)
    shop = template.copy(tmp_path / "shop", "v1.0.0")
    own = 'EMAIL_HOST = "mail"\nEMAIL_PORT: int = 25\n'
    replace_text(shop.path / "config/settings.py", "", own)
    commit(shop.path, "Mail")
    report = update(shop, use_celery=True)
    named = report.partition("Django rejects these settings together with `MAILERS`")[2]
    assert "- `EMAIL_HOST`\n- `EMAIL_PORT`\n" in named
    assert "- those of `django_celery_beat`" in report


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        (b"pyenv: uv: command not found\n\nNote: See help\n", "pyenv: uv: command"),
        (b"hint: x\nerror: filter failed\nfatal: README.md: smudge\n", "fatal: READ"),
        (b"", "no reason given"),
    ],
)
def test_the_reason_of_a_failure_is_its_most_useful_line(
    stderr: bytes, line: str
) -> None:
    assert reason(stderr).startswith(line)


def test_notes_are_in_the_order_of_versions(small: Template, shop: Project) -> None:
    (small.path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [Unreleased]\n\n### On update\n\n- Not yet.\n\n"
        "## [2.0.0] - 2026-02-01\n\n### On update\n\n- A second step.\n\n"
        "## [1.1.0] - 2026-01-01\n\n### On update\n\n- Z first step.\n- B then.\n"
    )
    release(small)
    report = update(shop)
    notes = report.partition("To do by hand:\n\n")[2]
    assert notes.startswith(
        "- 1.1.0: Z first step.\n- 1.1.0: B then.\n- 2.0.0: A second step.\n\n"
    )
    assert "Not yet" not in report
