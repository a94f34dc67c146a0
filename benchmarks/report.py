"""Results as JSON, as tables and as a picture."""

import json
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from benchmarks import picture, tables
from benchmarks.services import version

if TYPE_CHECKING:
    from benchmarks.plan import Plan

SUBJECTS: Final = {
    "requests": tables.requests,
    "price": tables.price,
    "start": tables.start,
    "copy": tables.copy,
    "growth": tables.growth,
}


def machine() -> dict[str, str | int]:
    """Describe the machine and the versions."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(": ")[2]
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "wrk": version("wrk", "--version").removesuffix(
            " Copyright (C) 2012 Will Glozer"
        ),
    }


def write(folder: Path, subject: str, found: dict[str, Any], plan: "Plan") -> None:
    """Write a subject's results, and keep those of the others.

    Args:
        folder: The folder of the results.
        subject: The name of the subject.
        found: The results.
        plan: The extent of the measurement.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "results.json"
    results = json.loads(file.read_text()) if file.exists() else {}
    how = {"rounds": plan.rounds, "seconds": plan.seconds, "quick": plan.quick}
    results[subject] = {"machine": machine(), "plan": how, **found}
    file.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    parts = ["# Results", INTRODUCTION]
    for name, table in SUBJECTS.items():
        if name in results:
            parts.append(f"## {name.capitalize()}")
            parts.append(described(results[name]))
            parts.extend(table(results[name]))
    (folder / "results.md").write_text("\n\n".join(parts) + "\n")
    if "requests" in results:
        (folder / "ratios.svg").write_text(picture.draw(results["requests"]["rows"]))


INTRODUCTION: Final = (
    "Written by `benchmarks/run.py`; [README.md](../README.md) says how to read it. "
    "A number is the median over the rounds, with the least and the greatest behind it."
)


def described(result: dict[str, Any]) -> str:
    """Say where and how often it was measured."""
    of, plan = result["machine"], result["plan"]
    quick = " **A trial run: the numbers mean nothing.**" if plan["quick"] else ""
    return (
        f"{of['cores']} cores of {of['cpu']}, Python {of['python']}; "
        f"rounds: {plan['rounds']}, of {plan['seconds']} s each.{quick}"
    )
