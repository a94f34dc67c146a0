"""Whatever users and the template do, an update loses nothing of either.

Each case is drawn from its number: a failing one comes again with
`uv run pytest "tests/test_update_properties.py::test_...[NUMBER]" -m ''`, and prints a
shell script that repeats it without the tests.
"""

import os
import random
import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.options import options
from tests.project import REPOSITORY, Project, copier, copy_tree, git
from tests.updates import (
    SMALL,
    Template,
    commit,
    replace_text,
    state,
    unmerged,
    update,
)

if TYPE_CHECKING:
    from pathlib import Path

QUICK = 3
ALL = int(os.environ.get("DJANGO_ARCH_TEST_UPDATES", "40"))
OPTIONS = options()
ANSWERS_FILE = ".copier-answers.yml"
FIXED = {ANSWERS_FILE, ".gitignore", ".env.example", ".env.example.jinja"}
"""Not edited: git would not see another file of their names, or see others."""
ANCHOR = b"`manage.py startapp` adds apps below this line"
MARKS = (b"<<<<<<< yours\n", b">>>>>>> template\n")


def is_text(content: bytes) -> bool:
    return b"\0" not in content


@dataclass
class Editor:
    """Makes random edits of the files in a folder, and records them.

    Attributes:
        chance: Where the randomness comes from.
        name: Goes into every line it writes, with a number, so that each is unique.
        root: The folder.
        edits: Path to the edits of a file: line to what comes there instead.
        moves: Old path to new path.
    """

    chance: random.Random
    name: str
    root: "Path"
    edits: dict[str, dict[int, list[bytes]]] = field(default_factory=dict)
    moves: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def line(self) -> bytes:
        self.count += 1
        return f"# {self.name} {self.count}\n".encode()

    def write(self, path: str, content: bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def delete(self, path: str) -> None:
        (self.root / path).unlink()

    def move(self, path: str, target: str) -> None:
        self.write(target, (self.root / path).read_bytes())
        self.delete(path)
        self.moves[path] = target

    def rename_folder(self, old: str, new: str, files: list[str]) -> None:
        """Record where the files of a folder are."""
        self.moves = {
            path: place.replace(f"{old}/", f"{new}/", 1)
            if place.startswith(f"{old}/")
            else place
            for path, place in self.moves.items()
        } | {
            path: path.replace(old, new, 1)
            for path in files
            if path.startswith(f"{old}/")
            and (self.root / path.replace(old, new)).exists()
        }

    def edit(self, path: str) -> None:
        """Insert, change or delete one to three lines."""
        lines = (self.root / path).read_bytes().splitlines(keepends=True)
        plain = [
            number
            for number, line in enumerate(lines)
            if lines.count(line) == 1 and not {b"{{", b"{%", b"# %"} & marks_in(line)
        ]
        edits: dict[int, list[bytes]] = {}
        for number in self.chance.sample(
            plain, min(len(plain), self.chance.randint(1, 3))
        ):
            edits[number] = self.chance.choice(
                [[lines[number], self.line()], [self.line()], []]
            )
        self.edits[path] = edits
        self.write(path, b"".join(apply(lines, edits)))

    def add_app(self, name: str) -> None:
        """Do what `manage.py startapp` does."""
        path = "config/urls.py"
        lines = (self.root / path).read_bytes().splitlines(keepends=True)
        [mark] = [place for place, line in enumerate(lines) if ANCHOR in line]
        self.edits[path] = {mark: [lines[mark], self.line()]}
        self.write(path, b"".join(apply(lines, self.edits[path])))
        self.write(f"apps/{name}/models.py", self.line() * 3)

    def reformat(self, path: str) -> None:
        lines = (self.root / path).read_bytes().splitlines(keepends=True)
        self.write(path, b"".join(b" " + line for line in lines))


def marks_in(line: bytes) -> set[bytes]:
    return {mark for mark in (b"{{", b"{%", b"# %") if mark in line}


def apply(lines: list[bytes], edits: dict[int, list[bytes]]) -> list[bytes]:
    return [
        line for number, old in enumerate(lines) for line in edits.get(number, [old])
    ]


def edit_project(editor: Editor, files: list[str]) -> None:
    """Do what people do to a project in the years between two updates."""
    chance = editor.chance
    if chance.random() < 0.3:
        editor.add_app("orders")
    others = [path for path in files if path not in editor.edits]
    for path in chance.sample(others, chance.randint(1, 6)):
        action = chance.choices(
            ["edit", "delete", "move", "package", "mode", "reformat", "binary"],
            [8, 1, 1, 1, 1, 1, 1],
        )[0]
        match action:
            case "edit":
                editor.edit(path)
            case "delete":
                editor.delete(path)
            case "move":
                editor.move(path, f"ours/{path.replace('/', '-')}")
            case "package":
                editor.move(path, f"{path.removesuffix('.py')}.d/__init__.py")
            case "mode":
                (editor.root / path).chmod(0o755)
            case "reformat":
                editor.reformat(path)
            case "binary":
                editor.write(path, b"\0" + editor.line())
    for number in range(chance.randint(0, 2)):
        editor.write(f"shop/своё {number}.py", editor.line() * 3)
    if chance.random() < 0.3:
        (editor.root / "own-link").symlink_to("shop/missing.py")
    if chance.random() < 0.2 and (editor.root / "apps/users").exists():
        (editor.root / "apps/users").rename(editor.root / "apps/accounts")
        editor.rename_folder("apps/users", "apps/accounts", files)


def edit_template(editor: Editor, template: Template) -> None:
    """Do what a release of the template does."""
    chance = editor.chance
    folder = template.path / "template"
    files = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in FIXED and "{" not in path.name
    )
    for path in chance.sample(files, chance.randint(1, 8)):
        action = chance.choices(["edit", "delete", "move"], [8, 1, 1])[0]
        match action:
            case "edit":
                editor.edit(path)
            case "delete":
                editor.delete(path)
            case "move":
                target = f"moved/{path.replace('/', '-')}"
                editor.move(path, target)
                old, new = path.removesuffix(".jinja"), target.removesuffix(".jinja")
                template.tell_of_move(old, new)
    for number in range(chance.randint(0, 2)):
        editor.write(f"docs/news_{number}.md", editor.line() * 3)


@dataclass
class Case:
    """What there was before an update, and what the versions render alone."""

    ours: dict[str, bytes]
    base: dict[str, bytes]
    theirs: dict[str, bytes]
    moves: dict[str, str]
    user: Editor
    maker: Editor

    def check(self, project: "Project", report: str) -> None:
        result = state(project)
        conflicts = set(unmerged(project))
        places = {path: self.place(path) for path in self.base}
        base = {places[path]: content for path, content in self.base.items()}
        ours = {places.get(path, path): text for path, text in self.ours.items()}
        new_places = {self.moves.get(path, path): places[path] for path in self.base}
        theirs = {new_places.get(path, path): t for path, t in self.theirs.items()}
        for path in sorted({*base, *ours, *theirs, *result} - {ANSWERS_FILE}):
            old, mine, new = base.get(path), ours.get(path), theirs.get(path)
            got = result.get(path)
            shown = f"- `{path}`"
            if mine in (old, new):
                assert got == new, path
            elif new == old:
                assert got == mine, path
            elif mine is None:
                assert got is None, path
                assert shown in report, path
            elif new is None:
                assert got is None, path
                assert shown in report.partition("Removed by")[2], path
                [place] = [place for place in self.ours if places.get(place) == path]
                kept = git(project.path, "rev-parse", f"django-arch/before:{place}")
                assert kept == git(project.path, "rev-parse", f"HEAD:{place}")
            else:
                assert got is not None
                is_clean = path not in conflicts
                self.check_both(path, (old, mine, new, got), is_clean=is_clean)
                marked = all(mark in got for mark in MARKS)
                assert marked or not is_text(got) or path not in conflicts
            if path in conflicts:
                assert shown in report.partition("In conflict")[2], path
            elif got is not None:
                assert MARKS[0] not in got, path

    def place(self, path: str) -> str:
        """Return where a file of the old version is after the update."""
        target = self.moves.get(path, path)
        own = self.user.moves.get(path)
        return own if own and target in self.theirs else target

    def check_both(
        self,
        path: str,
        contents: "tuple[bytes | None, bytes, bytes, bytes]",
        *,
        is_clean: bool,
    ) -> None:
        """Check a file that both sides changed."""
        old, mine, new, got = contents
        if not is_text(mine):
            assert not is_clean
            assert got == mine
            return
        kept = set(got.splitlines())
        for side in (mine, new):
            added = set(side.splitlines()) - set((old or b"").splitlines())
            assert added <= kept, path
        exact = self.composed(path)
        if exact is not None:
            assert is_clean, path
            assert got == exact, path

    def composed(self, path: str) -> bytes | None:
        """Return both sides' edits in one file, if none lies next to another."""
        mine, new = self.user.edits.get(path), self.maker.edits.get(path)
        places = {*self.moves.values(), *self.user.moves.values()}
        if mine is None or new is None or path in places:
            return None
        if any(abs(one - other) < 2 for one in mine for other in new):
            return None
        lines = self.base[path].splitlines(keepends=True)
        return b"".join(apply(lines, mine | new))


def update_by_command(project: Project, **answers: str | bool) -> str:
    report = project.path.parent / "report.md"
    options = [f"--data={name}={str(value).lower()}" for name, value in answers.items()]
    copier(
        *("update", "--trust", "--defaults", "--quiet", *options),
        cwd=project.path,
        env={"DJANGO_ARCH_REPORT": str(report)},
    )
    return report.read_text()


def flip(chance: random.Random) -> dict[str, str | bool]:
    return {name: chance.random() < 0.5 for name in OPTIONS}


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=[] if number < QUICK else pytest.mark.exhaustive)
        for number in range(ALL)
    ],
)
def test_an_update_loses_nothing(
    source: "Path",
    tmp_path: "Path",
    tmp_path_factory: pytest.TempPathFactory,
    number: int,
) -> None:
    chance = random.Random(number)
    template = Template.make(source, tmp_path / "template", SMALL)
    answers = flip(chance)
    target = flip(chance) if chance.random() < 0.5 else answers
    kept = (
        tmp_path_factory.getbasetemp() / f"kept-{'-'.join(map(str, answers.values()))}"
    )
    if not kept.exists():
        template.copy(kept, "v1.0.0", **answers)
        replace_text(kept / ANSWERS_FILE, str(template.path), "TEMPLATE")
    copy_tree(kept, tmp_path / "shop")
    project = Project(tmp_path / "shop")
    replace_text(project.path / ANSWERS_FILE, "TEMPLATE", str(template.path))
    base = state(project)
    commit(project.path, "Start")
    user = Editor(chance, "ours", project.path)
    edit_project(user, sorted(set(base) - FIXED))
    commit(project.path, "Edit")
    ours = state(project)
    maker = Editor(chance, "theirs", template.path / "template")
    edit_template(maker, template)
    template.release("v2.0.0")
    moves = {
        old.removesuffix(".jinja"): new.removesuffix(".jinja")
        for old, new in maker.moves.items()
    }
    theirs = state(template.copy(tmp_path / "fresh", "v2.0.0", **target))
    script = repeat(template, project, answers, target)
    is_thorough = number % 10 == 0
    report = (update_by_command if is_thorough else update)(project, **target)
    try:
        Case(ours, base, theirs, moves, user, maker).check(project, report)
        commit(project.path, "Update")
        if is_thorough:
            assert update(project, **target).strip() == "Already up to date."
            assert git(project.path, "status", "--porcelain") == ""
    except AssertionError as error:
        error.add_note(f"{report}\nThis does the same:\n\n{script}")
        raise
    shutil.rmtree(tmp_path)


def repeat(
    template: Template,
    project: "Project",
    answers: dict[str, str | bool],
    target: dict[str, str | bool],
) -> str:
    """Return a script that does in an empty folder what a case did."""

    def data(values: dict[str, str | bool]) -> str:
        return " ".join(f"-d {name}={value}" for name, value in values.items())

    def patch(repository: "Path") -> str:
        change = git(repository, "diff", "--binary", "HEAD~1", "HEAD")
        return f"git -C {repository.name} apply <<'END'\n{change}END"

    def add(repository: str, message: str) -> str:
        return f"git -C {repository} add -A && git -C {repository} commit -qm {message}"

    make = (
        "import sys, tests.project as p, tests.updates as u, pathlib as l; "
        "w = l.Path(sys.argv[1]); "
        "u.Template.make(p.export_source(w / 'source'), w / 'template', u.SMALL)"
    )
    return "\n".join(
        [
            f'(cd {REPOSITORY} && uv run python -c "{make}" "$OLDPWD")',
            f"copier copy --trust --defaults {data(answers)} $PWD/template shop",
            add("shop", "Start"),
            patch(project.path),
            add("shop", "Edit"),
            patch(template.path),
            f"{add('template', 'New')} && git -C template tag v2.0.0",
            f"copier update --trust --defaults {data(target)} shop",
        ]
    )
