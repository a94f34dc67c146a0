"""The rules. Each takes a source file and yields its violations.

They see through import aliases, assignments of one name to another and relative
imports, and they know the layers by file name, so that a new app is covered at once.
"""

from typing import TYPE_CHECKING, Final

from tests.architecture import code, coroutines, layers, orm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.architecture.source import Source, Violation

    type Rule = Callable[[Source], Iterator[Violation]]

RULES: "Final[tuple[Rule, ...]]" = (
    orm.transport_leaves_the_orm_alone,
    orm.selectors_only_read,
    orm.no_raw_sql,
    coroutines.coroutines_do_not_block,
    layers.logic_knows_no_http,
    layers.views_are_classes,
    layers.fields_are_explicit,
    layers.apps_meet_through_services,
    layers.user_model_is_ours,
    code.no_print,
    code.no_placeholders,
    code.functions_are_typed,
    code.everything_is_documented,
)
