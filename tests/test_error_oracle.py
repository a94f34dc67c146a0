"""The error envelope is that of drf-standardized-errors but for one deliberate name."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.project import Project

COMPARISON = """
import django

django.setup()

from django.core.exceptions import PermissionDenied
from django.http import Http404
from drf_standardized_errors.handler import exception_handler
from rest_framework import exceptions, serializers
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView

from apps.core.exceptions import custom_exception_handler


class Row(serializers.Serializer):
    name = serializers.CharField(max_length=3)
    number = serializers.IntegerField(min_value=1)

    def validate(self, attrs):
        if attrs.get("number") == 7:
            raise serializers.ValidationError("Not seven.", code="seven")
        return attrs


class Body(Row):
    row = Row()
    rows = Row(many=True, allow_empty=False)
    tags = serializers.ListField(child=serializers.IntegerField())
    map = serializers.DictField(child=serializers.IntegerField())


good = {"name": "a", "number": 1}
bodies = [
    None, [], "x", {},
    {**good, "row": [], "rows": {}, "tags": 1, "map": []},
    {**good, "row": {"name": "long", "number": 0}, "rows": [], "tags": [], "map": {}},
    {**good, "row": {**good, "number": 7}, "rows": [good, {}, {**good, "number": 7}],
     "tags": [1, "x", 2, "y"], "map": {"a": "x", "b": 1}},
    {"name": "a", "number": 7, "row": good, "rows": [good], "tags": [], "map": {}},
]
raised = [
    exceptions.AuthenticationFailed(), exceptions.NotAuthenticated(),
    exceptions.PermissionDenied(), exceptions.NotFound(), Http404(),
    PermissionDenied(), exceptions.MethodNotAllowed("PUT"),
    exceptions.NotAcceptable(), exceptions.UnsupportedMediaType("text/plain"),
    exceptions.Throttled(wait=7), exceptions.ParseError(), exceptions.APIException(),
    exceptions.ValidationError("no"), exceptions.ValidationError(["a", "b"]),
    exceptions.ValidationError({"a": {"b": ["c", "d"]}}),
]
for body in bodies:
    for partial in (False, True):
        serializer = Body(data=body, partial=partial)
        try:
            serializer.is_valid(raise_exception=True)
        except exceptions.ValidationError as error:
            raised.append(error)



def named_by_ours(error):
    # Where no field is at fault, ours names the object, and nothing at the top.
    path = (error["attr"] or "").removesuffix("non_field_errors").rstrip(".")
    return {**error, "attr": path or None}


view = APIView()
for error in raised:
    context = {"view": view, "args": (), "kwargs": {},
               "request": view.initialize_request(APIRequestFactory().get("/"))}
    ours = custom_exception_handler(error, context)
    theirs = exception_handler(error, context)
    assert ours.status_code == theirs.status_code, error
    theirs.data["errors"] = [named_by_ours(item) for item in theirs.data["errors"]]
    for data in (ours.data, theirs.data):
        data["errors"].sort(key=lambda item: (item["attr"] or "", item["detail"]))
    assert ours.data == theirs.data, (error, ours.data, theirs.data)
print(len(raised))
"""


@pytest.mark.exhaustive
def test_errors_have_the_shape_of_the_library(project: "Project") -> None:
    (project.path / "compare.py").write_text(COMPARISON)
    settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": "."}
    result = project.uv_run(
        *("--with", "drf-standardized-errors", "python", "compare.py"), env=settings
    )
    assert int(result.stdout.split()[-1]) > 25
