"""Request parsers."""

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, override

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO


class SafeJSONParser(JSONParser):
    """Parses JSON, and rejects values that no encoding can express.

    Ignores the request's charset: JSON is UTF-8 (RFC 8259, section 8.1), and some of
    Python's codecs take quadratic time.
    """

    @override
    def parse(
        self,
        stream: "IO[Any]",
        media_type: str | None = None,
        parser_context: "Mapping[str, Any] | None" = None,
    ) -> Any:
        """Parse as UTF-8; reject deep nesting and unpaired surrogates."""
        body = stream.read()
        context = {**(parser_context or {}), "encoding": "utf-8"}
        try:
            parsed = super().parse(BytesIO(body), media_type, context)
            if b"\\ud" in body.lower():
                json.dumps(parsed, ensure_ascii=False).encode()
        except RecursionError:
            message = "JSON parse error - nested too deeply"
            raise ParseError(message) from None
        except UnicodeEncodeError:
            message = "JSON parse error - unpaired surrogate"
            raise ParseError(message) from None
        return parsed
