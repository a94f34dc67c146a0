"""Jinja filters, answer checks and pinned versions for copier.yml and the template.

This file imports no other module of the template: an update loads the copies of the old
and the new version side by side, and Copier cannot load a module next to it.
"""

from __future__ import annotations

import functools
import json
import keyword
import re
import sys
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml
from copier.errors import UserMessageError
from jinja2 import pass_context
from jinja2.ext import Extension
from pathspec import GitIgnoreSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jinja2 import Environment
    from jinja2.runtime import Context

PINS: Final = {
    # renovate: datasource=python-version depName=python extractVersion=^(?<version>\d+\.\d+)
    "python": "3.12",
    # renovate: datasource=python-version depName=python
    "python_image": "3.12.12",
    # renovate: datasource=pypi depName=django extractVersion=^(?<version>\d+\.\d+)
    "django": "6.1",
    # renovate: datasource=docker depName=nginx
    "nginx": "stable-alpine",
    # renovate: datasource=pypi depName=ruff
    "ruff": "0.17.5",
    # renovate: datasource=github-releases depName=astral-sh/uv
    "uv": "0.13.8",
}
"""Versions that several rendered files name. Renovate reads the comments."""

LINE_STATEMENT: Final = re.compile(r"^[ \t]*# % (.+)$", re.MULTILINE)

MAX_TEXT: Final = 200
MAX_SLUG: Final = 50

RESERVED: Final = re.compile(
    """
    apps | config | conftest | manage | nginx | tests? | amqp | annotated_types
    | argon2(_cffi(_bindings)?)? | asgiref | ast_serialize | attrs? | bcrypt | billiard
    | boto3 | botocore | celery(_types)? | cffi | cfgv | channels(_redis)?
    | click(_didyoumean|_plugins|_repl)? | colorama | corsheaders | coverage
    | cron(_descriptor|log|tabs?) | cryptography | dateutil | distlib | dj_database_url
    | django(_celery_beat|_cors_headers|_timezone_field|_filters?|_redis|_storages|_stubs(_ext)?)?
    | djangorestframework(_simplejwt|_stubs)? | drf_spectacular(_sidecar)?
    | factory(_boy)? | faker | filelock | freezegun | grimp | gunicorn | h11 | httptools
    | httpx | identify | import_?linter | inflection | iniconfig
    | jwt | jsonschema(_specifications)? | kombu | librt | markdown_it(_py)? | mdurl | msgpack
    | mypy(c|_extensions|_django_plugin|_drf_plugin)? | nodeenv | packaging | pathspec | platformdirs | pluggy
    | pre_commit(_hooks)? | prompt_toolkit | psycopg(_binary|_pool)? | py | pycparser
    | pydantic(_core|_settings)? | pygments | pyjwt | pytest(_cov|_django)?
    | python_(crontab|dateutil|discovery|dotenv) | dotenv | types_.+ | pyyaml | yaml
    | redis | referencing | requests | rest_framework(_simplejwt)? | rich | rpds(_py)?
    | ruamel(_yaml)? | ruff | six | sqlparse | structlog | time_machine | timezone_field
    | typing_(extensions|inspection) | tzdata | tzlocal | uritemplate
    | uvicorn(_worker)? | uvloop | vine | virtualenv | wcwidth | websockets
    """,
    re.VERBOSE,
)
"""Modules of the generated project and of everything it installs, with "_" for "-"."""

CONTROL: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)
BIDI_OVERRIDE: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
SLUG: Final = re.compile(r"[a-z][a-z0-9-]*")
EMAIL: Final = re.compile(
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+"
)
BOOLEAN: Final = re.compile(r"true|false|yes|no|on|off|[ytnf10]", re.IGNORECASE)
VERSION: Final = re.compile(r"[0-9]+(\.[0-9]+){0,2}")
YEAR: Final = re.compile(r"[0-9]{4}")


def text_problem(value: str) -> str:
    """Return what is wrong with a line of free text, or an empty text."""
    if not value.strip():
        return "must not be empty"
    if len(value) > MAX_TEXT:
        return f"must be at most {MAX_TEXT} characters long"
    if CONTROL.search(value):
        return "must be one line without control characters"
    if BIDI_OVERRIDE.search(value):
        return "must not contain characters that override the text direction"
    if value != value.strip():
        return "must not start or end with a space"
    return ""


def slug_problem(value: str) -> str:
    """Return why a slug cannot name the package, or an empty text."""
    if not SLUG.fullmatch(value):
        return (
            "must start with a lower-case letter and hold only "
            "lower-case letters, digits and hyphens"
        )
    if len(value) > MAX_SLUG:
        return f"must be at most {MAX_SLUG} characters long"
    if value.endswith("-"):
        return "must not end with a hyphen"
    module = re.sub("-+", "_", value)
    if keyword.iskeyword(module):
        return f"must not be the Python keyword '{module}'"
    if RESERVED.fullmatch(module) or module in sys.stdlib_module_names:
        return f"must not shadow '{module}', which the project imports or installs"
    return ""


def email_problem(value: str) -> str:
    """Return what is wrong with an e-mail address, or an empty text."""
    if len(value) <= MAX_TEXT and EMAIL.fullmatch(value) and ".." not in value:
        return ""
    return "must be an e-mail address such as name@example.com"


def version_problem(value: str) -> str:
    """Return what is wrong with the version of a container image, or an empty text."""
    return "" if VERSION.fullmatch(value) else "must be a version such as 16.11"


def year_problem(value: str) -> str:
    """Return what is wrong with a year, or an empty text."""
    return "" if YEAR.fullmatch(value) else "must be a year of four digits"


RULES: Final[Mapping[str, Callable[[str], str]]] = {
    "project_name": text_problem,
    "project_slug": slug_problem,
    "description": text_problem,
    "author_name": text_problem,
    "author_email": email_problem,
    "postgres_version": version_problem,
    "redis_version": version_problem,
    "copyright_year": year_problem,
}
"""The rule of each question; the validators in copier.yml pass the question's name."""


def problem(value: object, question: str) -> str:
    """Return one line that says what is wrong with an answer, or an empty text."""
    return RULES[question](str(value))


def refuse_bad_data(conf: Mapping[str, Any]) -> bool:
    """Return False, so that the question is skipped, if all given answers are valid.

    This checks answers from `-d` and `--data-file`. Copier's own check of these ends in a
    traceback, and Copier reads any unknown text as true.

    Args:
        conf: Copier's `_copier_conf`.

    Raises:
        UserMessageError: With one line that names every question and its rule.
    """
    questions = yaml.safe_load(Path(conf["src_path"], "copier.yml").read_bytes())
    problems = []
    for name, value in {**conf["user_defaults"], **conf["data"]}.items():
        details = questions.get(name, {})
        choices = details.get("choices")
        if name in questions and not isinstance(value, str | int):
            problems.append(f"{name} must be text; quote it in a data file")
        elif choices and value not in choices:
            problems.append(f"{name} must be one of {', '.join(choices)}")
        elif details.get("type") == "bool" and not BOOLEAN.fullmatch(str(value)):
            problems.append(f"{name} must be true or false")
        elif name in RULES and (message := problem(value, name)):
            problems.append(f"{name} {message}")
    if problems:
        raise UserMessageError(f"Nothing was written: {'; '.join(problems)}.")
    return False


@pass_context
def refuse_collisions(context: Context) -> bool:
    """Return False, so that the question is skipped, if a copy overwrites no file.

    In an unattended copy, Copier would write some files, ask about the first existing
    one, and fail there.

    Args:
        context: The render context after all questions.

    Raises:
        UserMessageError: With one line that names the files and what to do.
    """
    conf = context["_copier_conf"]
    destination = Path(conf["dst_path"])
    if conf["overwrite"] or not conf["defaults"] or not destination.is_dir():
        return False
    source = Path(conf["src_path"])
    settings = yaml.safe_load((source / "copier.yml").read_bytes())
    patterns = [*settings["_exclude"], *conf["exclude"], *conf["skip_if_exists"]]
    skipped = GitIgnoreSpec.from_lines(
        line
        for pattern in patterns
        for line in context.environment.from_string(pattern)
        .render(context.get_all())
        .splitlines()
    )
    template = source / settings["_subdirectory"]
    rendered = (
        path.relative_to(template)
        .as_posix()
        .removesuffix(settings["_templates_suffix"])
        for path in sorted(template.rglob("*"))
        if path.is_file() and "{{" not in path.name
    )
    found = [
        path
        for path in rendered
        if not skipped.match_file(path) and (destination / path).exists()
    ]
    if found:
        raise UserMessageError(
            f"Nothing was written: {destination} already has {', '.join(found)}. "
            "Move them away, choose another folder, or add --overwrite to replace them."
        )
    return False


def python_string(value: str) -> str:
    r"""Return a Python literal, with quotes, as `ruff format` writes it.

    Non-ASCII text is escaped, because Ruff's RUF001 rejects letters that look like Latin
    ones.
    """
    body = value.encode("unicode_escape").decode("ascii")
    quote = "'" if body.count('"') > body.count("'") else '"'
    return quote + body.replace(quote, f"\\{quote}") + quote


def quoted(value: str) -> str:
    """Return a quoted string that is valid in TOML, YAML and JSON."""
    return json.dumps(value, ensure_ascii=False)


def slugify(value: str) -> str:
    """Return a valid slug for any project name."""
    ascii_text = unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
    slug = re.sub("[^a-z0-9]+", "-", ascii_text.lower()).strip("-")
    if not slug[:1].isalpha():
        slug = f"project-{slug}".strip("-")
    slug = slug[:MAX_SLUG].rstrip("-")
    return f"{slug[:42]}-project" if slug_problem(slug) else slug


@pass_context
def write_conf(context: Context) -> str:
    """Write Copier's data for `extensions/update` to a JSON file; return its path.

    The file is in Copier's temporary clone of the template. It is not an argument of the
    command, because Copier prints the command.
    """
    conf = context["_copier_conf"]
    source = Path(conf["src_path"])
    to_yaml = context.environment.filters["to_nice_yaml"]
    values = {
        "source": str(source),
        "answers": to_yaml(context["_copier_answers"]),
        "answers_file": Path(conf["answers_file"]).as_posix(),
        "conflict": conf["conflict"],
        "exclude": [*conf["exclude"]],
        "skip_if_exists": [*conf["skip_if_exists"]],
    }
    path = source / "update.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    return str(path)


class DjangoArch(Extension):
    """The Jinja extension that copier.yml loads."""

    def __init__(self, environment: Environment) -> None:
        """Register the filters and globals, and cache compiled texts.

        Copier would compile each part of each path again for each file.
        """
        super().__init__(environment)
        vars(environment)["from_string"] = functools.cache(environment.from_string)
        environment.filters.update(
            problem=problem,
            python_string=python_string,
            quoted=quoted,
            slugify=slugify,
        )
        environment.globals.update(
            pins=PINS,
            refuse_bad_data=refuse_bad_data,
            refuse_collisions=refuse_collisions,
            write_conf=write_conf,
        )

    def preprocess(
        self, source: str, _name: str | None, _filename: str | None = None
    ) -> str:
        """Turn line statements into blocks, which keep the blank lines after them.

        Jinja's line statements remove these blank lines, so an option could not add a
        function between two others.
        """
        return LINE_STATEMENT.sub(r"{% \1 %}", source)
