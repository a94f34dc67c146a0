"""Ratios as a picture."""

from html import escape
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.load import ENDPOINTS
from benchmarks.requests import COMPETITORS, CONNECTIONS

if TYPE_CHECKING:
    from benchmarks.plan import Rows

COLOURS: Final = {"default": "#2f81c7", "everything": "#8a63d2", "asgi": "#9a9a9a"}
# The asynchronous views have no equal under WSGI.
BASES: Final = {"live": "asgi", "health": "asgi"}
WIDTH: Final = 760
LEFT: Final = 130
RIGHT: Final = 60
BAR: Final = 14
GAP: Final = 16
TOP: Final = 96
STYLE: Final = (
    "text{font-family:system-ui,sans-serif;font-size:13px;fill:#24292f}"
    ".line{stroke:#24292f;stroke-dasharray:3 3}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.line{stroke:#e6edf3}}"
)


def bars(rows: "Rows") -> dict[str, dict[str, float]]:
    """Compute endpoint to competitor to the ratio of its requests/s."""
    loads = {row["connections"] for row in rows if row["manner"] == "kept"}
    at = CONNECTIONS if CONNECTIONS in loads else max(loads)
    found = {
        (row["endpoint"], row["competitor"]): row["requests_per_second"]
        for row in rows
        if row["manner"] == "kept" and row["connections"] == at
    }
    made: dict[str, dict[str, float]] = {}
    for endpoint in ENDPOINTS:
        base = BASES.get(endpoint, "wsgi")
        for name in COLOURS:
            values = found.get((endpoint, name))
            to = found.get((endpoint, base))
            if values and to and name != base:
                pairs = zip(values, to, strict=True)
                ratio = median(one / other for one, other in pairs)
                made.setdefault(endpoint, {})[name] = ratio
    return made


def draw(rows: "Rows") -> str:
    """Draw a bar for each ratio, and a line where they are 1.

    Args:
        rows: What `requests.run` found.

    Returns:
        An SVG that is legible on light and on dark ground.
    """
    made = bars(rows)
    longest = max([1.2, *(ratio for row in made.values() for ratio in row.values())])
    unit = (WIDTH - LEFT - RIGHT) / longest
    parts = [
        '<text x="0" y="16" font-weight="bold">Requests/s, hand-written Django and REST '
        "framework = 1</text>",
        '<text x="0" y="36">Against WSGI gthread; live and health against an '
        "asynchronous view under Django's ASGI handler.</text>",
    ]
    for index, (name, colour) in enumerate(COLOURS.items()):
        x = 245 * index
        parts.append(f'<rect x="{x}" y="54" width="12" height="12" fill="{colour}"/>')
        title = escape(COMPETITORS[name].title)
        parts.append(f'<text x="{x + 18}" y="65">{title}</text>')
    y = TOP
    for endpoint, row in made.items():
        middle = y + len(row) * BAR / 2 + 4
        parts.append(f'<text x="0" y="{middle}">{endpoint}</text>')
        for name, ratio in row.items():
            length = round(unit * ratio, 1)
            parts.append(
                f'<rect x="{LEFT}" y="{y}" width="{length}" height="{BAR - 2}" '
                f'fill="{COLOURS[name]}"/>'
            )
            parts.append(
                f'<text x="{LEFT + length + 6}" y="{y + BAR - 3}">{ratio:.2f}</text>'
            )
            y += BAR
        y += GAP
    one = round(LEFT + unit, 1)
    line = (
        f'<line class="line" x1="{one}" x2="{one}" y1="{TOP - 8}" y2="{y - GAP + 4}"/>'
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y}" '
            f'width="{WIDTH}" height="{y}" role="img">',
            f"<style>{STYLE}</style>",
            *parts,
            line,
            "</svg>",
            "",
        ]
    )
