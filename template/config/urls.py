"""URL configuration."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from apps.core import error_views, healthcheck
from apps.core.openapi import api_docs

admin.site.site_header = settings.SPECTACULAR_SETTINGS["TITLE"]
admin.site.site_title = settings.SPECTACULAR_SETTINGS["TITLE"]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/health/", healthcheck.readiness, name="health"),
    path("api/health/live/", healthcheck.liveness, name="live"),
    path("api/v1/", include("apps.users.urls")),
    # `manage.py startapp` adds apps below this line.
]
if settings.API_DOCS != "off":
    urlpatterns += [
        path("", RedirectView.as_view(pattern_name="docs")),
        path("api/schema/", api_docs.SchemaView.as_view(), name="schema"),
        path("api/docs/", api_docs.SwaggerView.as_view(), name="docs"),
        path("api/redoc/", api_docs.RedocView.as_view(), name="redoc"),
    ]
# Last: unknown paths below /api/ get a JSON error response, also with DEBUG on.
urlpatterns += [re_path(r"^api/", error_views.unknown_endpoint)]

handler400 = error_views.bad_request
handler403 = error_views.permission_denied
handler404 = error_views.page_not_found
handler500 = error_views.server_error
