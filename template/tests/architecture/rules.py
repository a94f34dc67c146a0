"""The rules. Each takes a source file and yields its violations.

They resolve import aliases, relative imports and assignments of one name to another.
File names determine the layer, so that the rules cover a new app immediately.
"""

from typing import TYPE_CHECKING, Final

from tests.architecture import code, coroutines, layers, orm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.architecture.source import Source, Violation

    type Rule = Callable[[Source], Iterator[Violation]]

RULES: "Final[tuple[Rule, ...]]" = (
    orm.transport_does_not_use_the_orm,
    orm.selectors_only_read,
    orm.no_raw_sql,
    coroutines.coroutines_do_not_block,
    layers.logic_imports_no_http,
    layers.fields_are_explicit,
    layers.apps_use_services_of_others,
    layers.banned_names_are_not_used,
    code.no_placeholders,
    code.docstrings_have_their_sections,
)
