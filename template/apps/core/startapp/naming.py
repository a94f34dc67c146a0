"""Names of the parts of a new app, and the names that it cannot have."""

import builtins
import keyword
import re
from typing import Final

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandError
from django.urls import get_resolver

APP: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
# Two letters at least, and pytest collects classes called Test...
MODEL: Final = re.compile(r"(?!Test(?![a-z]))[A-Z][A-Za-z0-9]+")
MAX_LENGTH: Final = 40
UNCOUNTABLE: Final = ("ss", "us", "is", "news", "series", "species")
PYTHON: Final = {*keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
LAYERS: Final = {
    *("admin", "apps", "filters", "migrations", "models", "permissions", "selectors"),
    *("serializers", "services", "tasks", "tests", "urls", "views"),
}
# Names that the templates use for something else; a test checks that none is missing.
RESERVED: Final = LAYERS | {
    *("AdminFactory", "AnonymousUser", "APITestClient", "AppConfig", "BaseModel"),
    *("ClassVar", "DateTimeRangeFilter", "DjangoAssertNumQueries"),
    *("DjangoFilterBackend", "HTTPStatus"),
    *("IsAuthenticated", "IsOwnerOrAdmin", "LIST_URL", "ListAPIView", "Meta"),
    *("Migration", "OrderingFilter", "QuerySet", "Request", "Response"),
    *("RetrieveAPIView", "SessionAuthentication", "TokenAuthentication"),
    *("TYPE_CHECKING", "User", "UserFactory"),
    *("admin_client", "anonymous_client", "authenticated_user"),
    *("authentication_classes", "autocomplete_fields", "changed", "count", "create"),
    *("created", "delete", "dependencies", "detail_url", "django"),
    *("django_assert_max_num_queries", "django_filters", "error_codes"),
    *("extend_schema", "factory", "fields", "filter_backends", "filtered"),
    *("filterset_class", "first", "found"),
    *("initial", "later", "list_display", "list_select_related", "method"),
    *("migrations", "model", "models", "name", "operations", "ordered"),
    *("ordering_fields", "override", "partial", "path", "permission_classes", "pytest"),
    *("pytestmark", "read", "read_only_fields", "replaced", "request", "response"),
    *("rejected", "reverse", "row", "rows", "search", "search_fields", "second"),
    *("seen", "self", "serializer", "serializer_class", "settings"),
    *("update", "url", "urlpatterns", "user", "user_client", "uuid", "visible_to"),
}
# Their filters, views or factories would have the name of an imported class.
PREFIXES: Final = {
    *("Admin", "DateTimeRange", "ListAPI", "Ordering", "RetrieveAPI", "User"),
}
# Components of the OpenAPI document.
COMPONENTS: Final = {
    *("AuthTokens", "ChangePassword", "ChangePasswordRequest", "Error"),
    *("ErrorResponse", "Login", "LoginRequest", "Logout", "Me", "MeUpdate", "Refresh"),
    *("RefreshRequest", "Register", "RegisterRequest", "RoleEnum", "TokenPair"),
    *("UserUpdate", "UserUpdateRequest"),
}


def singular(name: str) -> str:
    """Return the name of the model that an app is probably about.

    Args:
        name: The app's name, usually a plural. Irregular plurals give a wrong name.
    """
    if not name.endswith(UNCOUNTABLE):
        name = re.sub(r"ies$", "y", name)
        name = re.sub(r"(?<=x|z)es$|(?<=ch|sh|ss)es$|s$", "", name)
    return name.title().replace("_", "")


def context(app: str, model: str) -> dict[str, str]:
    """Return the variables of the templates.

    Args:
        app: The app's name, in snake_case.
        model: The model's name, in CamelCase.
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", model).lower()
    return {
        "app": app,
        "config": app.title().replace("_", ""),
        "url": app.replace("_", "-"),
        "model": model,
        "instance": words.replace(" ", "_"),
        "words": words,
        "article": "an" if words[0] in "aeiou" else "a",
    }


def check_app(name: str) -> None:
    """Reject a name that cannot be an app's.

    Args:
        name: The app's name. Django's command rejects the names of Python modules.

    Raises:
        CommandError: If the name is malformed, reserved or taken.
    """
    if not APP.fullmatch(name) or len(name) > MAX_LENGTH:
        message = (
            f"'{name}' is not a valid app name: use at most {MAX_LENGTH} lowercase "
            "letters, digits and single underscores, beginning with a letter."
        )
        raise CommandError(message)
    if name in PYTHON | LAYERS:
        message = f"'{name}' is a reserved word: choose another app name."
        raise CommandError(message)
    if name in apps.app_configs or (settings.BASE_DIR / "apps" / name).exists():
        message = f"The app '{name}' exists already: choose another name."
        raise CommandError(message)
    routes = get_resolver().reverse_dict
    for route in (f"{name}-list", f"{name}-detail"):
        if route in routes:
            message = f"The URL name '{route}' is taken: choose another app name."
            raise CommandError(message)


def check_model(name: str) -> None:
    """Reject a name that cannot be a model's.

    Args:
        name: The model's name.

    Raises:
        CommandError: If the name is malformed, reserved or taken.
    """
    if not MODEL.fullmatch(name) or len(name) > MAX_LENGTH:
        message = (
            f"'{name}' is not a valid model name: use 2 to {MAX_LENGTH} letters and "
            "digits in CamelCase, not beginning with Test. Choose one with --model."
        )
        raise CommandError(message)
    instance = context("app", name)["instance"]
    if {name, instance} & (PYTHON | RESERVED | PREFIXES | COMPONENTS):
        message = f"'{name}' is a reserved word: choose another name with --model."
        raise CommandError(message)
    if name in {model.__name__ for model in apps.get_models()}:
        message = f"A model '{name}' exists already: choose another name with --model."
        raise CommandError(message)
