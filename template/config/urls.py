"""URL configuration."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from apps.core import docs, exceptions, healthcheck

admin.site.site_header = settings.SPECTACULAR_SETTINGS["TITLE"]
admin.site.site_title = settings.SPECTACULAR_SETTINGS["TITLE"]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/health/", healthcheck.health, name="health"),
    path("api/health/live/", healthcheck.live, name="live"),
    path("api/v1/", include("apps.users.urls")),
    # `manage.py startapp` adds apps below this line.
]
if settings.API_DOCS != "off":
    urlpatterns += [
        path("", RedirectView.as_view(pattern_name="docs")),
        path("api/schema/", docs.SchemaView.as_view(), name="schema"),
        path("api/docs/", docs.SwaggerView.as_view(), name="docs"),
        path("api/redoc/", docs.RedocView.as_view(), name="redoc"),
    ]
# Last: unknown paths below /api/ get the error envelope, also with DEBUG on.
urlpatterns += [re_path(r"^api/", exceptions.unknown_endpoint)]

handler400 = exceptions.bad_request
handler403 = exceptions.permission_denied
handler404 = exceptions.page_not_found
handler500 = exceptions.server_error
