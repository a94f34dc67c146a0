"""URLs and views of a project whose server is tested."""

import hashlib
import json
import threading
import time
from pathlib import Path

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

FOLDER = Path(__file__).parent.parent


def digest(content):
    return hashlib.sha256(content).hexdigest()


@csrf_exempt
def echo(request, rest=""):
    seen = {
        "method": request.method,
        "path": request.path,
        "rest": rest,
        "url": request.build_absolute_uri(),
        "query": request.META["QUERY_STRING"],
        "get": {key: request.GET.getlist(key) for key in request.GET},
        "cookies": request.COOKIES,
        "type": request.META.get("CONTENT_TYPE", ""),
        "length": request.META.get("CONTENT_LENGTH", ""),
        "headers": {
            key: value for key, value in request.META.items() if key.startswith("HTTP_")
        },
        "files": {
            name: [file.name, file.size, digest(file.read())]
            for name, file in request.FILES.items()
        },
        "post": {key: request.POST.getlist(key) for key in request.POST},
    }
    if not seen["files"] and not seen["post"]:
        seen["body"] = digest(request.body)
    response = HttpResponse(json.dumps(seen), content_type="application/json")
    response.headers["X-Text"] = "café"
    response.set_cookie("first", "1", httponly=True)
    response.set_cookie("second", "2", samesite="Lax")
    return response


def failing(_request, kind):
    raise {
        "error": ValueError,
        "missing": Http404,
        "denied": PermissionDenied,
        "suspicious": SuspiciousOperation,
    }[kind]("text that no client may see")


def status(_request, code):
    return HttpResponse(status=code)


def slowly(seconds):
    """Write down whether the client stayed to the end."""
    ended = "left"
    try:
        for number in range(100):
            yield f"{number} {threading.get_ident()}\n"
            time.sleep(seconds)
        ended = "stayed"
    finally:
        (FOLDER / "ended").write_text(ended)


def stream(_request):
    return StreamingHttpResponse(slowly(0.05), content_type="text/plain")


def words(_request):
    return StreamingHttpResponse((f"{number} " for number in range(9)))


def broken(_request):
    def parts():
        yield "first"
        raise ValueError

    return StreamingHttpResponse(parts())


def download(_request):
    return FileResponse((FOLDER / "large").open("rb"), as_attachment=True)


async def on_the_loop(request):
    return HttpResponse(digest(request.body))


urlpatterns = [
    path("", include("config.urls")),
    path("failing/<kind>/", failing),
    path("status/<int:code>/", status),
    path("stream/", stream),
    path("words/", words),
    path("broken/", broken),
    path("download/", download),
    path("async/", csrf_exempt(on_the_loop)),
    re_path(r"^echo/(?P<rest>.*)$", echo),
]
