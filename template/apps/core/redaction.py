"""Masking of secrets and e-mail addresses in log lines.

Every text is masked, because tracebacks quote the values of failed queries. An unquoted
value ends at whitespace, a header at the end of its line, and a quoted value without its
closing quote at the end of the text.
"""

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from structlog.typing import EventDict, WrappedLogger

MASK: Final = "[redacted]"
EMAIL_MASK: Final = "[email]"

_FIELD_NAME: Final = (
    r"passw(?:or)?d|passphrase|pwd|secret|token|credential|api[-_ ]?key"
    r"|(?:private|signing|encryption)[-_]?key|session[-_]?(?:id|key)"
)
_HEADER_NAME: Final = r"authorization|cookie"
# Also words of everyday language: only as a quoted key, or directly before "=".
_COMMON_WORD: Final = r"access|refresh"
_SENSITIVE_KEY: Final = re.compile(
    rf"{_FIELD_NAME}|{_HEADER_NAME}|^(?:{_COMMON_WORD})$", re.IGNORECASE
)

# Escaped in JSON inside a string.
_QUOTE: Final = r"""\\{0,7}["']"""


class _Rule(NamedTuple):
    """What to replace, in texts that contain one of the marks."""

    marks: tuple[str, ...]
    pattern: re.Pattern[str]
    replacement: "str | Callable[[re.Match[str]], str]"


def _quoted(group: str) -> str:
    """Make the pattern of a quoted text, which may lack its closing quote."""
    return rf"(?P<{group}>{_QUOTE}).*?(?:(?<!\\)(?P={group})|\Z)"


def _bracketed(depth: int) -> str:
    """Make the pattern of a list or dictionary with that many levels below it."""
    nested = rf"|{_bracketed(depth - 1)}" if depth else ""
    item = rf"""{_quoted(f"quote_{depth}")}{nested}|[^\])}}"']"""
    return rf"[\[({{](?:{item})*[\])}}]?"


def _pair(key: str, unquoted: str) -> re.Pattern[str]:
    """Compile the pattern of a key and its value."""
    value = rf"[bru]{{0,2}}{_quoted('quote')}|{_bracketed(2)}|{unquoted}"
    return re.compile(rf"(?P<key>{key})(?:{value})", re.IGNORECASE | re.DOTALL)


def _mask_value(match: re.Match[str]) -> str:
    """Replace the value of a pair, and keep its quotes."""
    quote = match["quote"] or ""
    return f"{match['key']}{quote}{MASK}{quote}"


_ASSIGN: Final = rf"(?:{_QUOTE})?\s*+[:=]{{1,2}}>?\s*+"
_RULES: Final = (
    # A URL's password ends at the last "@". Digits before a slash are a port.
    _Rule(
        ("@",),
        re.compile(r'(://[^\s:/?#"<>]*:)(?!\d{1,5}[/?#])(?:(?!://)[^\s"<>])+@'),
        rf"\1{MASK}@",
    ),
    _Rule(
        ("authorization", "cookie"),
        _pair(rf"(?:{_HEADER_NAME})s?(?:{_ASSIGN}|{_QUOTE}\s*+,\s*+)", r"[^\r\n]+"),
        _mask_value,
    ),
    _Rule(
        ("pass", "pwd", "secret", "token", "credential", "key", "session"),
        _pair(rf"(?:{_FIELD_NAME})[\w-]{{0,40}}+{_ASSIGN}", r"[^\s&]+"),
        _mask_value,
    ),
    _Rule(
        ("access", "refresh"),
        _pair(rf"\b(?:{_COMMON_WORD})(?:{_QUOTE}\s*+:\s*+|=)", r"[^\s&]+"),
        _mask_value,
    ),
    # A word of lower-case letters is prose: "Token authentication failed."
    _Rule(
        ("bearer", "token", "basic", "digest"),
        re.compile(
            r"""\b((?i:bearer|token|basic|digest)\s+["']?)
            (?![A-Z]?[a-z]{1,23}(?:[-/][a-z]{1,23}){0,3}[.,:;!?]?(?:[\s)\]"']|\Z))
            [\w.~+/=-]{8,}""",
            re.VERBOSE,
        ),
        rf"\1{MASK}",
    ),
    # A JSON Web Token starts with '{"' in Base64.
    _Rule(("eyj",), re.compile(r"eyJ[\w-]{16,}(?:\.[\w-]*){0,4}"), MASK),
    _Rule(
        ("@", "%40"),
        re.compile(
            r"(?<![\w.+%-])[\w.+%-]{1,200}(?:@|%40)"
            r"(?:[\w-]{1,63}\.){1,8}(?!\d)[\w-]{2,63}"
        ),
        EMAIL_MASK,
    ),
)
_MARKS: Final = tuple(dict.fromkeys(mark for rule in _RULES for mark in rule.marks))


def redact(_logger: "WrappedLogger", _method: str, event: "EventDict") -> "EventDict":
    """Return a log line with masked secrets and e-mail addresses (a structlog processor).

    Args:
        event: The line; its values are replaced in place.
    """
    # Its representation quotes the query string; the path has its own field.
    event.pop("request", None)
    texts = [value for value in event.values() if isinstance(value, str)]
    # Most lines have no mark, and one search costs less than one for each text.
    has_marks = _has_mark("\n".join((*event, *texts)).lower(), _MARKS)
    for key, value in event.items():
        if has_marks:
            event[key] = _mask_item(key, value)
        elif not isinstance(value, str):
            event[key] = mask(value)
    return event


def mask(value: object) -> object:
    """Return a value with masked texts, at any depth of lists and dictionaries.

    Args:
        value: An object other than a number or a container becomes its masked `repr`,
            which is what the log would show.
    """
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return _mask_text(value)
        case dict():
            return {
                _mask_text(key) if isinstance(key, str) else key: _mask_item(key, item)
                for key, item in value.items()
            }
        case (str() | bytes() as key, item) if isinstance(value, tuple):
            # An item of a list of headers.
            return [mask(key), _mask_item(key, item)]
        case list() | tuple():
            return [mask(item) for item in value]
        case _:
            return _mask_text(repr(value))


def _mask_item(key: object, value: object) -> object:
    """Mask the whole value of a key that names a secret, else the texts in it."""
    if value is None or isinstance(value, bool):
        return value
    name = str(key)
    if _has_mark(name.lower(), _MARKS) and _SENSITIVE_KEY.search(name):
        return MASK
    return mask(value)


def _mask_text(text: str) -> str:
    """Mask secrets and e-mail addresses in a text."""
    lowered = text.lower()
    if not _has_mark(lowered, _MARKS):
        return text
    for marks, pattern, replacement in _RULES:
        if _has_mark(lowered, marks):
            text = pattern.sub(replacement, text)
    return text


def _has_mark(lowered: str, marks: tuple[str, ...]) -> bool:
    """Check whether a text in lower case contains one of the marks."""
    return any(map(lowered.__contains__, marks))
