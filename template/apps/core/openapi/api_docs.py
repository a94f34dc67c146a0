"""Views of the OpenAPI document, for all or for staff (`API_DOCS`), without a CDN."""

from django.conf import settings
from django.utils.csp import CSP
from django.utils.decorators import method_decorator
from django.views.decorators.csp import csp_override
from drf_spectacular.views import (
    SpectacularAPIView,
    SpectacularRedocView,
    SpectacularSwaggerSplitView,
)
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny, IsAdminUser as IsStaff

# Swagger UI and Redoc add style elements; Redoc searches in a worker from a blob.
DOCS_CSP: dict[str, list[str]] = {
    **settings.SECURE_CSP,
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "worker-src": [CSP.SELF, "blob:"],
}
DOCS_PERMISSIONS = (AllowAny if settings.API_DOCS == "public" else IsStaff,)


class SchemaView(SpectacularAPIView):
    """The OpenAPI document."""

    metadata_class = None
    authentication_classes = (SessionAuthentication,)
    permission_classes = DOCS_PERMISSIONS


@method_decorator(csp_override(DOCS_CSP), name="dispatch")
class SwaggerView(SpectacularSwaggerSplitView):
    """Swagger UI with its script in a separate file, as the CSP requires."""

    metadata_class = None
    authentication_classes = (SessionAuthentication,)
    permission_classes = DOCS_PERMISSIONS


@method_decorator(csp_override(DOCS_CSP), name="dispatch")
class RedocView(SpectacularRedocView):
    """Redoc."""

    template_name = "core/redoc.html"
    metadata_class = None
    authentication_classes = (SessionAuthentication,)
    permission_classes = DOCS_PERMISSIONS
