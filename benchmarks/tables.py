"""Results as Markdown."""

from statistics import median
from typing import TYPE_CHECKING, Any, Final

from benchmarks.load import ENDPOINTS
from benchmarks.price import BARE, FULL, MEASURED
from benchmarks.requests import COMPETITORS, MANNERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WSGI: Final = "wsgi"
ASGI: Final = "asgi"
MEASURES: Final = {
    "requests_per_second": "requests/s",
    "p50_ms": "p50, ms",
    "p99_ms": "p99, ms",
    "cpu_us": "CPU µs/request",
}

THREE_DIGITS: Final = 100


def number(value: float) -> str:
    """Return a number with at least three digits."""
    size = abs(value)
    return f"{value:,.0f}" if size >= THREE_DIGITS else f"{value:.3g}"


def spread(values: "Sequence[float]") -> str:
    """Write median, least and greatest."""
    if len(values) == 1:
        return number(values[0])
    least, greatest = number(min(values)), number(max(values))
    return f"{number(median(values))} ({least} to {greatest})"


def ratios(values: "Sequence[float]", to: "Sequence[float]") -> list[float]:
    """Compare round by round, so that a slow round affects both."""
    return [one / other for one, other in zip(values, to, strict=True) if other]


def table(head: "Iterable[str]", rows: "Iterable[Iterable[str]]") -> str:
    """Write a table whose first column is text."""
    titles = list(head)
    lines = [titles, ["---", *["---:"] * (len(titles) - 1)], *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def requests(result: dict[str, Any]) -> list[str]:
    """Write ratios first, then the measured values, by load."""
    rows = result["rows"]
    found = {
        (row["endpoint"], row["competitor"], row["connections"], row["manner"]): row
        for row in rows
    }
    parts = [f"**Wrong answers:** {text}" for text in result["wrong"]]
    loads = {(row["manner"], row["connections"]) for row in rows}
    for manner, connections in sorted(
        loads, key=lambda load: (list(MANNERS).index(load[0]), load[1])
    ):
        parts.append(f"### {connections} connections, {MANNERS[manner]}")
        lines, measured = [], []
        for endpoint in ENDPOINTS:
            for name, competitor in COMPETITORS.items():
                row = found.get((endpoint, name, connections, manner))
                if row is None:
                    continue
                title = (f"`{endpoint}`", competitor.title)
                measured.append([*title, *(spread(row[each]) for each in MEASURES)])
                cells = []
                for base in (WSGI, ASGI):
                    other = found.get((endpoint, base, connections, manner))
                    cells += [
                        spread(ratios(row[each], other[each])) if other else ""
                        for each in ("requests_per_second", "cpu_us", "p99_ms")
                    ]
                lines.append([*title, *cells])
        head = [
            f"{what} to ({letter})"
            for letter in "ab"
            for what in ("requests/s", "CPU", "p99")
        ]
        parts.append(table(["", "ratio of", *head], lines))
        parts.append(table(["", "", *MEASURES.values()], measured))
    return parts


def price(result: dict[str, Any]) -> list[str]:
    """Write the cost of each feature."""
    rows: dict[str, dict[str, list[float]]] = result["cpu_us"]
    lines = []
    for name, row in rows.items():
        cells = []
        for endpoint in MEASURED:
            values, full = row[endpoint], rows[FULL][endpoint]
            saved = [have - without for have, without in zip(full, values, strict=True)]
            to_minimal = ratios(values, rows["(a)"][endpoint])
            cells += [spread(values), spread(saved), spread(to_minimal)]
        lines.append([name, *cells])
    head = [
        f"`{endpoint}`: {what}"
        for endpoint in MEASURED
        for what in ("CPU µs", "saved, µs", "ratio to (a)")
    ]
    return [
        "The rendered default without one thing, or with another entry point, "
        f"{result['connections']} connections. "
        f"“{BARE}” is without everything but the stock middleware, the check of the "
        "connection and the list's filters, which (a) has too.",
        table(["without", *head], lines),
    ]


def start(result: dict[str, Any]) -> list[str]:
    """Write the times of a start."""
    heads = {
        "first_answer_s": "until the first 200, s",
        "worker_mib": "PSS of a worker, MiB",
        "import_ms": "import of config.asgi, ms",
        "modules": "modules imported",
    }
    lines = [
        [COMPETITORS[name].title, *(spread(row[what]) for what in heads)]
        for name, row in result["rows"].items()
    ]
    return [table(["", *heads.values()], lines)]


def copy(result: dict[str, Any]) -> list[str]:
    """Write the times of a copy and an update."""
    parts = []
    for title, steps in result["steps"].items():
        total = median(next(iter(steps.values())))
        lines = [
            [name, spread(values), f"{median(values) / total:.0%}"]
            for name, values in steps.items()
        ]
        parts += [f"### {title}", table(["", "s", "share"], lines)]
    combinations = result["combinations"]
    parts += [
        "### Render of a combination of answers, without hooks",
        f"{len(combinations)} combinations, in s: {spread(combinations)}. "
        f"Copier takes {spread(result['ratio_to_jinja'])} times as long as Jinja alone "
        f"for the same {result['files']} files.",
    ]
    return parts


def growth(result: dict[str, Any]) -> list[str]:
    """Write times by number of rows, workers, WebSockets and tasks."""
    pages = result["pages"]
    counts = list(pages)
    cases = list(dict.fromkeys(case for count in counts for case in pages[count]))
    lines = []
    for case in cases:
        cells = []
        for count in counts:
            found = pages[count].get(case)
            scans = (
                "".join(f", {what} scans" for what in found["scans"]) if found else ""
            )
            cells.append(f"{spread(found['ms'])}{scans}" if found else "")
        lines.append([case, *cells])
    heads = [f"{int(count):,} users" for count in counts]
    parts = ["### Pages of users, ms", table(["", *heads], lines), LEGEND]
    lines = [
        [workers, *(spread(row[endpoint]) for endpoint in MEASURED)]
        for workers, row in result["workers"].items()
    ]
    heads = [f"`{endpoint}`" for endpoint in MEASURED]
    parts += ["### Workers, requests/s", table(["workers", *heads], lines)]
    lines = [
        [count, *(number(row[what]) for what in ("p50_ms", "p99_ms", "kib"))]
        for count, row in result["websockets"].items()
    ]
    heads = ["echo p50, ms", "echo p99, ms", "RSS of each, KiB"]
    parts += ["### WebSockets", table(["open", *heads], lines)]
    tasks = result["tasks"]
    line = f"{tasks['count']:,} tasks: {number(tasks['per_second'])} a second."
    return [*parts, "### Tasks through one Celery worker", line, *plans(pages)]


LEGEND: Final = "“count scans”, “page scans”: to count the rows, to find the page, the whole table is read."


def plans(pages: dict[str, dict[str, Any]]) -> list[str]:
    """Write the plans at the largest number of rows."""
    largest = list(pages)[-1]
    parts = [f"### Plans at {int(largest):,} users"]
    for case, found in pages[largest].items():
        parts.append(f"`{found['path']}` ({case})")
        parts += [f"```\n{query['plan']}\n```" for query in found["plans"]]
    return parts
