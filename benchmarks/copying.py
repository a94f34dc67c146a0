"""Times of a copy and an update, step by step."""

import importlib.util
import json
import os
import shutil
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import plumbum
import yaml
from copier import Settings, run_copy, run_update
from jinja2 import Environment, StrictUndefined, select_autoescape

from benchmarks.plan import say
from benchmarks.servers import RENDERED, serving
from benchmarks.sites import Site
from tests.options import combinations
from tests.project import (
    copier,
    copy_tree,
    export_source,
    run as execute,
    without_hooks,
)
from tests.updates import Template, commit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.plan import Plan

ANSWERS: Final = ".copier-answers.yml"
COMMAND: Final = "all, by the command"
RENDERING: Final = "Copier's rendering"
HOOKS: Final = ("make_repository", "make_env", "lock")
STOPWATCH: Final = """
import json, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[2:], check=False).returncode
with open(sys.argv[1], "a") as file:
    print(json.dumps(time.perf_counter() - started), file=file)
sys.exit(code)
"""
HOOK: Final = """
import json, os, sys, time
sys.path.insert(0, sys.argv[1])
import after_copy
seconds = {}
for name in sys.argv[2:]:
    started = time.perf_counter()
    getattr(after_copy, name)()
    seconds[name] = time.perf_counter() - started
print(json.dumps(seconds))
"""

type Steps = dict[str, list[float]]


class Clock:
    """Times of steps, over the rounds."""

    def __init__(self) -> None:
        """Start with no step."""
        self.steps: Steps = {}

    def add(self, step: str, seconds: float) -> None:
        """Add the time of a step in this round."""
        self.steps.setdefault(step, []).append(round(seconds, 4))

    @contextmanager
    def timing(self, step: str) -> "Iterator[None]":
        """Add the time the block takes."""
        started = time.perf_counter()
        yield
        self.add(step, time.perf_counter() - started)


def run(plan: "Plan") -> dict[str, Any]:
    """Copy, start and update projects, each in a new folder.

    Args:
        plan: How much.

    Returns:
        Seconds of each step in each round.
    """
    isolate_copier()
    folder = plan.scratch / "copying"
    folder.mkdir()
    source = export_source(folder / "source")
    template = Template.make(source, folder / "template")
    plain = without_hooks(source, folder / "hookless")
    watched = Template.make(with_stopwatch(source, folder), folder / "watched")
    watched.release("v1.0.1")
    copies, updates, firsts, jinja = Clock(), Clock(), Clock(), Clock()
    files = 0
    for turn in range(plan.rounds + 1):
        say(f"copy: round {turn} of {plan.rounds}" if turn else "copy: warm-up")
        if turn == 1:
            copies, updates, firsts, jinja = Clock(), Clock(), Clock(), Clock()
        work = folder / f"round{turn}"
        work.mkdir()
        time_copy(template, plain, work, copies)
        with jinja.timing("Jinja"):
            files = render_with_jinja(plain, work / "plain", work / "jinja")
        time_first_answer(template, work, firsts)
        time_update(watched, work, updates, folder / "stopwatch.log")
        shutil.rmtree(work)
    alone = jinja.steps["Jinja"]
    return {
        "files": files,
        "steps": {
            "copier copy": {**copies.steps, "the same files by Jinja alone": alone},
            "from nothing to the first answer": firsts.steps,
            "copier update without a change": updates.steps,
        },
        "ratio_to_jinja": [
            round(one / other, 3)
            for one, other in zip(copies.steps[RENDERING], alone, strict=True)
        ],
        "combinations": time_combinations(plain, folder, quick=plan.quick),
    }


def isolate_copier() -> None:
    """Pass our environment to plumbum, which copied it on import."""
    for name in dict(plumbum.local.env).keys() - os.environ.keys():
        plumbum.local.env.pop(name)
    plumbum.local.env.update(os.environ)


def copy(source: "Path", target: "Path", *, hooks: bool, **answers: str | bool) -> None:
    """Copy in this process."""
    run_copy(
        str(source),
        target,
        data=answers,
        defaults=True,
        unsafe=True,
        quiet=True,
        skip_tasks=not hooks,
        settings=Settings(),
    )


def time_copy(template: Template, plain: "Path", work: "Path", clock: Clock) -> None:
    """Copy in four ways; the differences are the times of the steps."""
    seconds: dict[str, float] = {}
    started = time.perf_counter()
    copier("copy", "--trust", "--defaults", "--quiet", template.path, work / "command")
    seconds["command"] = time.perf_counter() - started
    for way, source, hooks in (
        ("hooks", template.path, True),
        ("clone", template.path, False),
        ("plain", plain, False),
    ):
        started = time.perf_counter()
        copy(source, work / way, hooks=hooks)
        seconds[way] = time.perf_counter() - started
    clock.add(COMMAND, seconds["command"])
    clock.add("Python, imports of Copier", seconds["command"] - seconds["hooks"])
    clock.add("clone of the template", seconds["clone"] - seconds["plain"])
    clock.add(RENDERING, seconds["plain"])
    clock.add("our hooks", seconds["hooks"] - seconds["clone"])
    found = execute(
        *(sys.executable, "-c", HOOK, template.path / "extensions", *HOOKS),
        cwd=work / "clone",
    )
    for name, value in json.loads(found.stdout).items():
        clock.add(f"of them {name}", value)


def render_with_jinja(source: "Path", rendered: "Path", target: "Path") -> int:
    """Render the files of a project as Copier has, with Jinja alone.

    Args:
        source: The template.
        rendered: A project that Copier rendered from it.
        target: A new folder.

    Raises:
        RuntimeError: If a file differs from Copier's.

    Returns:
        The number of files.
    """
    settings = yaml.safe_load((source / "copier.yml").read_text())
    options = {**settings["_envops"], "undefined": StrictUndefined}
    extension = importlib.util.spec_from_file_location(
        "template_extension", source / "extensions" / "django_arch.py"
    )
    if extension is None or extension.loader is None:
        message = "The template has no extension"
        raise RuntimeError(message)
    module = importlib.util.module_from_spec(extension)
    extension.loader.exec_module(module)
    environment = Environment(
        autoescape=select_autoescape((), default_for_string=False),
        extensions=[module.DjangoArch, "jinja2_time.TimeExtension"],
        keep_trailing_newline=True,
        **options,
    )
    answers = yaml.safe_load((rendered / ANSWERS).read_text())
    count = 0
    for file in sorted(rendered.rglob("*")):
        name = file.relative_to(rendered)
        if not file.is_file() or str(name) == ANSWERS:
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        origin = source / "template" / name
        if origin.exists():
            content = origin.read_bytes()
        else:
            text = origin.with_name(f"{origin.name}.jinja").read_text()
            content = environment.from_string(text).render(answers).encode()
        (target / name).write_bytes(content)
        count += 1
        if content != file.read_bytes():
            message = f"{name} is not what Copier renders"
            raise RuntimeError(message)
    return count


def time_first_answer(template: Template, work: "Path", clock: Clock) -> None:
    """Copy and start a project, as the README says."""
    project = work / "first"
    started = time.perf_counter()
    parts = Clock()
    with parts.timing("copier copy"):
        copier("copy", "--trust", "--defaults", "--quiet", template.path, project)
    with parts.timing("uv sync, from its cache"):
        execute("uv", "sync", cwd=project)
    with parts.timing("migrate"):
        execute("uv", "run", "manage.py", "migrate", cwd=project)
    site = Site(project, project / ".venv" / "bin", {})
    with serving(site, RENDERED, work / "first.log") as server:
        parts.add("start until the first 200", server.seconds)
        clock.add("all", time.perf_counter() - started)
    for step, (seconds,) in parts.steps.items():
        clock.add(step, seconds)


def with_stopwatch(source: "Path", folder: "Path") -> "Path":
    """Return a template whose update hooks record their times."""
    (folder / "stopwatch.py").write_text(STOPWATCH)
    copy_tree(source, folder / "watched-source")
    questionnaire = folder / "watched-source" / "copier.yml"
    settings = yaml.safe_load(questionnaire.read_text())
    python = "{{ _copier_python }}"
    watch = [python, str(folder / "stopwatch.py"), str(folder / "stopwatch.log")]
    for migration in settings["_migrations"]:
        migration["command"] = [*watch, *migration["command"]]
    questionnaire.write_text(yaml.safe_dump(settings, sort_keys=False))
    return folder / "watched-source"


def time_update(template: Template, work: "Path", clock: Clock, log: "Path") -> None:
    """Update a project from a version to one that changes nothing."""
    project = template.copy(work / "old", "v1.0.0")
    commit(project.path, "Start")
    copy_tree(project.path, work / "by-command")
    log.unlink(missing_ok=True)
    started = time.perf_counter()
    run_update(
        project.path,
        defaults=True,
        overwrite=True,
        unsafe=True,
        quiet=True,
        settings=Settings(),
    )
    inside = time.perf_counter() - started
    before, after = (json.loads(line) for line in log.read_text().splitlines())
    started = time.perf_counter()
    copier(
        *("update", "--trust", "--defaults", "--quiet"),
        cwd=work / "by-command",
    )
    clock.add(COMMAND, time.perf_counter() - started)
    clock.add("Python, imports of Copier", clock.steps[COMMAND][-1] - inside)
    clock.add("Copier's three renders and its merge", inside - before - after)
    clock.add("our hook before", before)
    clock.add("our hook after, with uv lock", after)
    with clock.timing("uv lock alone"):
        execute("uv", "lock", cwd=project.path)


def time_combinations(plain: "Path", folder: "Path", *, quick: bool) -> list[float]:
    """Render each combination of the answers that can be listed."""
    clock = Clock()
    every = list(combinations())
    for number, answers in enumerate(every[:: 24 if quick else 1]):
        with clock.timing("each"):
            copy(plain, folder / f"combination{number}", hooks=False, **answers)
    say(f"copy: {len(clock.steps['each'])} combinations rendered")
    return clock.steps["each"]
