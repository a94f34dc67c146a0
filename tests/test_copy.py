"""A copy works as written in the README, or says in one line what is missing."""

import os
import re
import shlex
import stat
from pathlib import Path

import pytest
import yaml

from tests.project import REPOSITORY, Project, copier, git, run
from tests.terminal import press_enter
from tests.updates import copy_files

COPY = ("copy", "--trust", "--defaults")
FILES = (
    "{{ _copier_conf.answers_file }}",
    ".env.example",
    ".gitignore",
    "README.md",
    "config/urls.py",
    "manage.py",
    "pyproject.toml",
)
NO_NETWORK = {
    **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"),
    "UV_HTTP_RETRIES": "0",
}


@pytest.fixture(scope="module")
def small(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template with the files that the hooks and these tests use."""
    target = tmp_path_factory.mktemp("small")
    copy_files(source, target, FILES)
    return target


def listing(folder: Path) -> dict[str, bytes]:
    return Project(folder).files()


def path_without(program: str, folder: Path) -> dict[str, str]:
    """Return a PATH on which everything is found except one program."""
    folder.mkdir()
    for directory in os.environ["PATH"].split(os.pathsep):
        for file in Path(directory).glob("*"):
            if file.name != program and not (folder / file.name).is_symlink():
                (folder / file.name).symlink_to(file)
    return {"PATH": str(folder)}


def test_a_copy_prepares_the_project(built: Project) -> None:
    assert (built.path / "uv.lock").exists()
    assert git(built.path, "status", "--porcelain", "--", "uv.lock") == "?? uv.lock\n"
    environment = built.path / ".env"
    assert stat.S_IMODE(environment.stat().st_mode) == 0o600
    assert git(built.path, "check-ignore", ".env") == ".env\n"
    values = dict(re.findall(r"^(\w+)=(.+)$", environment.read_text(), re.MULTILINE))
    for name in (
        *("SECRET_KEY", "FIELD_ENCRYPTION_KEYS"),
        *("POSTGRES_PASSWORD", "REDIS_PASSWORD"),
    ):
        assert len(values[name]) >= 40
        assert f"\n{name}=\n" in built.read(".env.example")


def test_each_project_gets_secrets_of_its_own(
    built: Project, small: Path, tmp_path: Path
) -> None:
    copier(*COPY, "--quiet", small, tmp_path / "shop")
    assert (tmp_path / "shop" / ".env").read_text() != built.read(".env")


def test_a_copy_keeps_an_env_file_that_exists(small: Path, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=mine\n")
    copier(*COPY, small, tmp_path)
    assert (tmp_path / ".env").read_text() == "SECRET_KEY=mine\n"


def test_a_copy_inside_a_repository_makes_no_second_one(
    small: Path, tmp_path: Path
) -> None:
    git(tmp_path, "init", "--quiet")
    copier(*COPY, small, tmp_path / "services" / "shop")
    assert not (tmp_path / "services" / "shop" / ".git").exists()


def test_a_copy_into_a_folder_with_other_files_works(
    small: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine\n")
    copier(*COPY, "--skip-tasks", small, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine\n"
    assert (tmp_path / "manage.py").exists()


def test_a_copy_onto_files_of_the_same_name_is_rejected(
    small: Path, tmp_path: Path
) -> None:
    target = tmp_path / "shop"
    (target / "config").mkdir(parents=True)
    (target / "config" / "urls.py").write_text("mine\n")
    (target / "README.md").write_text("mine\n")
    (target / "notes.txt").write_text("mine\n")
    before = listing(target)
    result = copier(*COPY, small, target, check=False)
    assert result.returncode == 1
    assert result.stderr.strip() == (
        f"Nothing was written: {target} already has README.md, config/urls.py. "
        "Move them away, choose another folder, or add --overwrite to replace them."
    )
    assert listing(target) == before


@pytest.mark.parametrize(
    ("options", "content"),
    [
        (("--overwrite",), "# My Project"),
        (("--skip", "README.md"), "mine"),
        (("--exclude", "README.md"), "mine"),
    ],
)
def test_an_option_says_what_becomes_of_a_file_of_the_same_name(
    small: Path, tmp_path: Path, options: tuple[str, ...], content: str
) -> None:
    (tmp_path / "README.md").write_text("mine\n")
    copier(*COPY, "--skip-tasks", *options, small, tmp_path)
    assert (tmp_path / "README.md").read_text().splitlines()[0] == content
    assert (tmp_path / "manage.py").exists()


def test_a_copy_without_git_says_so_in_one_line(small: Path, tmp_path: Path) -> None:
    env = path_without("git", tmp_path / "bin")
    result = copier(*COPY, small, tmp_path / "shop", env=env)
    assert [line for line in result.stderr.splitlines() if "git is" in line] == [
        "   git is not installed, and updates need it: install it, then run `git init`."
    ]
    assert (tmp_path / "shop" / "uv.lock").exists()
    assert not (tmp_path / "shop" / ".git").exists()


def test_a_copy_without_uv_says_so_in_one_line(small: Path, tmp_path: Path) -> None:
    env = path_without("uv", tmp_path / "bin")
    result = copier(*COPY, small, tmp_path / "shop", env=env)
    assert [line for line in result.stderr.splitlines() if "uv is" in line] == [
        "   uv is not installed (https://docs.astral.sh/uv/): "
        "install it, then run `uv lock`."
    ]
    assert (tmp_path / "shop" / ".git").exists()
    assert (tmp_path / "shop" / ".env").exists()


@pytest.mark.exhaustive
def test_a_copy_without_network_works_after_a_first_one(
    built: Project, source: Path, tmp_path: Path
) -> None:
    copier(*COPY, source, tmp_path / "shop", env=NO_NETWORK)
    shop = Project(tmp_path / "shop")
    assert shop.read("uv.lock") == built.read("uv.lock")
    shop.manage("migrate", "--verbosity", "0", env=NO_NETWORK)


def test_a_copy_whose_lock_fails_says_what_to_do(small: Path, tmp_path: Path) -> None:
    env = NO_NETWORK | {"UV_CACHE_DIR": str(tmp_path / "cache")}
    result = copier(*COPY, small, tmp_path / "shop", env=env)
    lines = [line for line in result.stderr.splitlines() if "uv.lock" in line]
    assert len(lines) == 1
    assert lines[0].startswith("   uv.lock was not written (")
    assert lines[0].endswith("): run `uv lock`.")
    assert (tmp_path / "shop" / ".env").exists()


def test_without_trust_nothing_is_written(small: Path, tmp_path: Path) -> None:
    result = copier("copy", "--defaults", small, tmp_path / "shop", check=False)
    assert result.returncode == 4
    assert not (tmp_path / "shop").exists()


def test_the_one_off_line_works(small: Path, tmp_path: Path) -> None:
    line = next(
        line
        for line in (REPOSITORY / "README.md").read_text().splitlines()
        if line.startswith("uvx ") and " --defaults " not in line
    )
    words = [
        str(small) if word.startswith("gh:") else word for word in shlex.split(line)
    ]
    assert str(small) in words
    code, screen = press_enter(*words, cwd=tmp_path, env={})
    assert code == 0, screen
    assert (tmp_path / "myproj" / "manage.py").exists()


@pytest.mark.exhaustive
@pytest.mark.parametrize("given", ["gh:org/django-arch", "an absolute path"])
def test_the_bare_commands_work_after_the_one_time_set_up(
    source: Path, tmp_path: Path, given: str
) -> None:
    """The set-up is the README's; GitHub is a repository in a local folder."""
    readme = (REPOSITORY / "README.md").read_text()
    libraries = "--with copier-template-extensions --with jinja2-time"
    set_up = f'uv tool install "copier<10" {libraries}'
    assert f"\n{set_up}\n" in readme
    assert "\n  - gh:org/django-arch\n" in readme

    template = tmp_path / "template"
    run("cp", "-r", source, template)
    git(template, "init", "--quiet")
    git(template, "add", "-A")
    git(template, "commit", "--quiet", "-m", "Template")
    git(template, "tag", "v1.0.0")
    origin = given if given.startswith("gh:") else str(template)

    settings = tmp_path / "settings.yml"
    settings.write_text(yaml.safe_dump({"trust": [origin]}))
    config = tmp_path / "gitconfig"
    config.write_text(
        Path(os.environ["GIT_CONFIG_GLOBAL"]).read_text()
        + f'[url "{template}"]\ninsteadOf = https://github.com/org/django-arch.git\n'
    )
    env = {
        "COPIER_SETTINGS_PATH": str(settings),
        "GIT_CONFIG_GLOBAL": str(config),
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
    }
    run(*shlex.split(set_up), env=env)
    env["PATH"] = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"

    code, screen = press_enter(
        "copier", "copy", origin, "myproj", cwd=tmp_path, env=env
    )
    assert code == 0, screen
    project = tmp_path / "myproj"
    git(project, "add", "-A")
    git(project, "commit", "--quiet", "-m", "Start")

    (template / "template" / "NEWS.md").write_text("New.\n")
    git(template, "add", "-A")
    git(template, "commit", "--quiet", "-m", "Add news")
    git(template, "tag", "v1.1.0")
    code, screen = press_enter("copier", "update", cwd=project, env=env)
    assert code == 0, screen
    assert (project / "NEWS.md").read_text() == "New.\n"
    assert "_commit: v1.1.0" in (project / ".copier-answers.yml").read_text()

    # The project's own README counts on no set-up.
    git(project, "add", "-A")
    git(project, "commit", "--quiet", "-m", "Update")
    git(template, "commit", "--quiet", "--allow-empty", "-m", "Change nothing")
    git(template, "tag", "v1.2.0")
    line = next(
        shlex.split(line)
        for line in (project / "README.md").read_text().splitlines()
        if line.startswith("    uvx ")
    )
    del env["COPIER_SETTINGS_PATH"]
    code, screen = press_enter(*line, cwd=project, env=env)
    assert code == 0, screen
    assert "_commit: v1.2.0" in (project / ".copier-answers.yml").read_text()
