"""Violations of the generated project's architecture.

Each plant is a file in an app of its own. `#! rule` at the end of a line names the rules
that must report the line; the mark is not part of the planted file. `APP` is the app's
name. No other line may be reported, so a file without marks tests for false alarms.
"""

import re
from textwrap import dedent
from typing import NamedTuple


class Plant(NamedTuple):
    """A file of an app that breaks rules in its marked lines."""

    app: str
    file: str
    code: str

    def text(self) -> str:
        """Return the text of the planted file."""
        return re.sub(r" *#! .*", "", self.code).replace("APP", self.app)

    def violations(self) -> set[tuple[str, int, str]]:
        """Return the path, the line and the rule of each violation."""
        return {
            (f"apps/{self.app}/{self.file}", number, rule)
            for number, line in enumerate(self.code.splitlines(), 1)
            for rule in line.partition("#! ")[2].split()
        }


SURROUNDINGS = {
    "models.py": dedent('''\
        """Models."""

        from django.conf import settings
        from django.db import models

        from apps.core.models import BaseModel


        class Tag(BaseModel):
            """A tag."""

            name = models.CharField(max_length=20)


        class Order(BaseModel):
            """An order."""

            user = models.ForeignKey(
                settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
            )
            name = models.CharField(max_length=20)
            tags = models.ManyToManyField(Tag)
        '''),
    "selectors.py": '"""Reads."""\n',
    "services.py": '"""Writes."""\n\n\ndef send() -> None:\n    """Send."""\n',
    "serializers.py": dedent('''\
        """Serializers."""

        from typing import ClassVar

        from rest_framework import serializers

        from apps.APP.models import Order


        class OrderSerializer(serializers.ModelSerializer[Order]):
            """An order."""

            class Meta:
                """Options."""

                model = Order
                fields: ClassVar[list[str]] = ["id", "name"]
        '''),
}


def view(body: str) -> str:
    """Return a complete view with the given body."""
    head = """\
        from asgiref.sync import sync_to_async
        from django.db import transaction
        from rest_framework.authentication import SessionAuthentication
        from rest_framework.generics import ListAPIView
        from rest_framework.permissions import IsAuthenticated
        from rest_framework.response import Response

        from apps.APP import models as m
        from apps.APP.models import Order
        from apps.APP.serializers import OrderSerializer


        class OrderView(ListAPIView):
            authentication_classes = (SessionAuthentication,)
            permission_classes = (IsAuthenticated,)
        """
    return dedent(head) + indented(body)


def indented(body: str) -> str:
    lines = dedent(body).strip().splitlines()
    return "\n" + "\n".join(f"    {line}" if line else "" for line in lines) + "\n"


VIEWS = {
    "manager": """
        def get(self, request, pk):
            order = Order.objects.get(pk=pk)  #! transport-orm
            return Response(OrderSerializer(order).data)
        """,
    "manager_of_a_module": """
        queryset = m.Order.objects.all()  #! transport-orm
        """,
    "default_manager": """
        def get(self, request):
            rows = Order._default_manager.values("id")  #! transport-orm
            return Response(list(rows))
        """,
    "getattr_manager": """
        def get(self, request):
            return Response(getattr(Order, "objects").count())  #! transport-orm
        """,
    "getattr_manager_by_variable": """
        def get(self, request):
            name = "objects"
            return Response(getattr(Order, name).count())  #! transport-orm
        """,
    "own_manager": """
        def get(self, request, pk):
            order = Order.drafts.get(pk=pk)  #! transport-orm
            return Response(OrderSerializer(order).data)
        """,
    "filter_update": """
        def post(self, request):
            Order.objects.filter(user=request.user).update(name="x")  #! transport-orm
            return Response()
        """,
    "get_queryset_create": """
        def post(self, request):
            order = self.get_queryset().create(name="x")  #! transport-orm
            return Response({"id": order.pk})
        """,
    "queryset_in_a_variable": """
        def put(self, request):
            qs = self.get_queryset()
            qs.update(name=request.data["name"])  #! transport-orm
            qs.delete()  #! transport-orm
            return Response()
        """,
    "get_queryset_filter": """
        def get_queryset(self):
            return super().get_queryset().filter(user=self.request.user)  #! transport-orm
        """,
    "serializer_save": """
        def post(self, request):
            serializer = OrderSerializer(data=request.data)
            serializer.is_valid(raise_exception=True)
            serializer.save(user=request.user)  #! transport-orm
            return Response(serializer.data)
        """,
    "perform_create": """
        def perform_create(self, serializer):
            serializer.save()  #! transport-orm
        """,
    "instance_delete": """
        def delete(self, request, pk):
            instance = self.get_object()
            instance.delete()  #! transport-orm
            return Response(status=204)
        """,
    "instance_save": """
        def patch(self, request, pk):
            order = self.get_object()
            order.name = request.data["name"]
            order.save(update_fields=["name"])  #! transport-orm
            return Response()
        """,
    "asynchronous_save": """
        async def patch(self, request, pk):
            order = await Order.objects.aget(pk=pk)  #! transport-orm
            await order.asave()  #! transport-orm
            return Response()
        """,
    "related_manager_read": """
        def get(self, request):
            return Response([s.pk for s in request.user.auth_sessions.all()])  #! transport-orm
        """,
    "related_manager_set": """
        def put(self, request, pk):
            order = self.get_object()
            order.tags.set(request.data["tags"])  #! transport-orm
            self.get_object().tags.add(request.data["tag"])  #! transport-orm
            request.user.groups.clear()  #! transport-orm
            return Response()
        """,
    "related_manager_create": """
        def post(self, request, pk):
            self.get_object().tags.create(name="x")  #! transport-orm
            return Response()
        """,
    "serializer_update": """
        def put(self, request, pk):
            order = OrderSerializer().update(self.get_object(), request.data)  #! transport-orm
            return Response({"id": order.pk})
        """,
    "save_by_another": """
        async def put(self, request, pk):
            order = self.get_object()
            await sync_to_async(order.save)()  #! transport-orm
            return Response()

        def delete(self, request, pk):
            transaction.on_commit(self.get_object().delete)  #! transport-orm
            return Response(status=204)
        """,
    "bulk_create": """
        def post(self, request):
            rows = [Order(name=name) for name in request.data]
            create = Order.objects.bulk_create  #! transport-orm
            create(rows)  #! transport-orm
            return Response()
        """,
}

FILES = {
    "views.py": {
        "get_object_or_404": """
            from django.shortcuts import get_object_or_404 as find

            from apps.APP.models import Order


            def order_of(pk):
                return find(Order, pk=pk)  #! transport-orm
            """,
        "get_object_or_404_by_module": """
            from rest_framework import generics

            from apps.APP.models import Order


            def order_of(pk):
                return generics.get_object_or_404(Order, pk=pk)  #! transport-orm
            """,
        "model_view_set": """
            from rest_framework import viewsets
            from rest_framework.authentication import SessionAuthentication
            from rest_framework.permissions import IsAuthenticated

            from apps.APP.serializers import OrderSerializer


            class OrderViewSet(viewsets.ModelViewSet):  #! transport-orm
                authentication_classes = (SessionAuthentication,)
                permission_classes = (IsAuthenticated,)
                serializer_class = OrderSerializer
            """,
        "create_view": """
            from rest_framework.authentication import SessionAuthentication
            from rest_framework.generics import CreateAPIView as Create
            from rest_framework.permissions import IsAuthenticated


            class OrderView(Create):  #! transport-orm
                authentication_classes = (SessionAuthentication,)
                permission_classes = (IsAuthenticated,)
            """,
        "update_mixin": """
            import rest_framework.mixins as mixins
            from rest_framework.authentication import SessionAuthentication
            from rest_framework.permissions import IsAuthenticated
            from rest_framework.viewsets import GenericViewSet


            class OrderViewSet(mixins.UpdateModelMixin, GenericViewSet):  #! transport-orm
                authentication_classes = (SessionAuthentication,)
                permission_classes = (IsAuthenticated,)
            """,
        "policies_of_the_settings": """
            from rest_framework.views import APIView


            class OrderView(APIView):  #! view-policy
                pass  #! placeholder
            """,
        "policies_of_a_base_class": """
            from rest_framework.authentication import SessionAuthentication
            from rest_framework.permissions import IsAuthenticated
            from rest_framework.response import Response
            from rest_framework.views import APIView


            class PrivateView(APIView):
                authentication_classes = (SessionAuthentication,)
                permission_classes = (IsAuthenticated,)


            class OrderView(PrivateView):  #! view-policy
                permission_classes = (IsAuthenticated,)

                def get(self, request):
                    return Response()
            """,
        "function_view": """
            from rest_framework.decorators import api_view as view  #! banned
            from rest_framework.response import Response


            @view(["GET"])  #! banned
            def orders(request):
                return Response()
            """,
        "function_view_by_module": """
            from rest_framework import decorators
            from rest_framework.response import Response


            @decorators.api_view()  #! banned
            def orders(request):
                return Response()
            """,
    },
    "urls.py": {
        "plain_view": """
            from django.http import JsonResponse
            from django.urls import path


            def export(request):  #! view-policy
                return JsonResponse({})


            urlpatterns = [path("plain_view/", export)]
            """,
        "plain_asynchronous_class": """
            from django.http import JsonResponse
            from django.urls import path
            from django.views import View


            class Export(View):  #! view-policy
                async def get(self, request):
                    return JsonResponse({})


            urlpatterns = [path("plain_asynchronous_class/", Export.as_view())]
            """,
    },
    "serializers.py": {
        "all_fields": """
            from rest_framework import serializers as s

            from apps.APP.models import Order


            class OrderSerializer(s.ModelSerializer):
                class Meta:
                    model = Order
                    fields = "__all__"  #! explicit-fields
            """,
        "all_fields_by_constant": """
            from rest_framework import serializers

            from apps.APP.models import Order

            EVERYTHING = "__all__"  #! explicit-fields


            class OrderSerializer(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    fields = EVERYTHING
            """,
        "all_fields_of_the_framework": """
            from rest_framework import serializers

            from apps.APP.models import Order


            class OrderSerializer(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    fields = serializers.ALL_FIELDS  #! explicit-fields
            """,
        "excluded_fields": """
            from rest_framework import serializers

            from apps.APP.models import Order


            class OrderSerializer(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    exclude = ["user"]  #! explicit-fields
            """,
        "serializer_create": """
            from rest_framework import serializers

            from apps.APP.models import Order


            class OrderSerializer(serializers.ModelSerializer):
                class Meta:
                    model = Order
                    fields = ("name",)

                def create(self, validated_data):
                    tags = validated_data.pop("tags")
                    order = super().create(validated_data)  #! transport-orm
                    order.tags.set(tags)  #! transport-orm
                    return order

                def validate_name(self, name):
                    if Order.objects.filter(name=name).exists():  #! transport-orm
                        raise serializers.ValidationError("taken")
                    return name
            """,
    },
    "permissions.py": {
        "staff_permission": """
            from rest_framework.permissions import IsAdminUser as Admin  #! banned


            class IsSupport(Admin):  #! banned
                def has_object_permission(self, request, view, obj):
                    return obj.pk == request.user.pk
            """,
        "staff_permission_by_module": """
            from rest_framework import permissions

            POLICIES = (permissions.IsAdminUser,)  #! banned
            """,
        "permission_query": """
            from rest_framework.permissions import BasePermission


            class IsTagged(BasePermission):
                def has_object_permission(self, request, view, obj):
                    return obj.tags.filter(name=request.user.name).exists()  #! transport-orm
            """,
    },
    "api.py": {
        "view_elsewhere": """
            from rest_framework import views
            from rest_framework.authentication import SessionAuthentication
            from rest_framework.permissions import IsAuthenticated
            from rest_framework.response import Response


            class OrderView(views.APIView):
                authentication_classes = (SessionAuthentication,)
                permission_classes = (IsAuthenticated,)

                def delete(self, request):
                    request.auth.delete()  #! transport-orm
                    return Response()
            """,
    },
    "utils.py": {
        "writes_in_utils": """
            from apps.APP.models import Order


            def cancel(user) -> None:
                orders = Order.objects.filter(user=user)  #! transport-orm
                orders.update(name="cancelled")
            """,
    },
    "signals.py": {
        "query_in_a_signal": """
            from django.db.models.signals import post_save
            from django.dispatch import receiver

            from apps.APP.models import Order, Tag


            @receiver(post_save, sender=Order)
            def tag(instance: Order, **_kwargs: object) -> None:
                instance.tags.set(Tag.objects.order_by("name"))  #! transport-orm
            """,
    },
    "services.py": {
        "serializer_in_service": """
            from rest_framework import serializers as s  #! logic-http contract


            def parse(data: dict[str, object]) -> object:
                return s.CharField().to_internal_value(data["name"])
            """,
        "own_serializer_in_service": """
            from .serializers import OrderSerializer  #! contract


            def to_json(order: object) -> object:
                return OrderSerializer(order).data
            """,
        "request_in_service": """
            from typing import Any


            def create(*, request: Any) -> None:  #! logic-http
                request.user.touch()
            """,
        "not_found_in_service": """
            import django.shortcuts as d  #! logic-http

            from apps.APP.models import Order


            def find(pk: int) -> Order:
                return d.get_object_or_404(Order, pk=pk)
            """,
        "relative_import_of_another_app": """
            from ..users.models import User  #! app-boundary


            def count() -> int:
                return User.objects.count()
            """,
        "import_module_of_another_app": """
            from importlib import import_module as load


            def count() -> int:
                return load("apps.users.models").User.objects.count()  #! app-boundary
            """,
        "registry_of_another_app": """
            from django.apps import apps as registry


            def count() -> int:
                return registry.get_model("users", "User").objects.count()  #! app-boundary
            """,
        "user_model_of_another_app": """
            from django.contrib.auth import get_user_model

            User = get_user_model()  #! app-boundary


            def rename(pk: int) -> None:
                User.objects.filter(pk=pk).update(name="x")
            """,
        "settings_by_import": """
            from config import settings as conf  #! app-boundary


            def name() -> str:
                return conf.PROJECT_NAME
            """,
        "cursor": """
            from django.db import connection as c


            def wipe() -> None:
                with c.cursor() as cur:  #! raw-sql
                    cur.execute("DELETE FROM users_user")  #! raw-sql
            """,
        "raw_sql_expression": """
            from django.db.models.expressions import RawSQL as R  #! raw-sql

            from apps.APP.models import Order


            def ranked() -> object:
                return Order.objects.annotate(rank=R("1", []))  #! raw-sql
            """,
        "raw_query": """
            from apps.APP.models import Order


            def ranked() -> object:
                by_sql = Order.objects.raw  #! raw-sql
                return by_sql("SELECT 1")


            def ordered() -> object:
                return Order.objects.all().extra(where=["1=1"])  #! raw-sql
            """,
        "driver": """
            import psycopg as db  #! raw-sql


            def connect() -> object:
                return db.connect()  #! raw-sql
            """,
        "ellipsis_body": """
            def refund(order: object) -> None: ...  #! placeholder
            """,
        "todo_in_docstring": '''
            def refund() -> None:
                """TODO: describe."""  #! placeholder
            ''',
        "not_implemented": """
            Later = NotImplementedError


            def refund(order: object) -> None:
                raise Later("soon")  #! placeholder
            """,
        "docstrings": '''
            from collections.abc import Iterator
            from typing import override


            def refund(*, order: object) -> bool:  #! docstring docstring docstring
                """Pay an order back."""
                if not order:
                    raise ValueError
                return True


            def pay(*orders: object, **options: object) -> None:  #! docstring
                """Pay orders."""
                del orders, options


            def total() -> int:  #! docstring
                """Sum up.

                Raises:
                    ValueError: Never.
                """
                return 1


            class Refund:
                """A refund."""

                def find(self, key: str) -> str | None:  #! docstring docstring
                    """Returning is what this summary does not begin with."""
                    return key or None

                def get(self, key: str) -> None:  #! docstring
                    """Read."""
                    del key


            def send() -> None:
                """Send."""


            def paid() -> bool:
                """Return whether orders are paid."""
                return True


            def rows() -> Iterator[int]:
                """Yields numbers."""
                yield 1


            def change(order: object) -> object:
                """Change an order.

                Args:
                    order: The order.

                Returns:
                    The order.

                Raises:
                    ValueError: If there is none.
                """
                if not order:
                    raise ValueError
                return order


            def again(_request: object, *args: object, **_kwargs: object) -> None:
                """Raise the current exception again."""
                try:
                    del _request, args
                except ValueError:
                    raise


            def _private(order: object) -> object:
                """Check an order."""
                if not order:
                    raise ValueError
                return order


            class Special(Refund):
                """A refund with sections that are not required.

                Attributes:
                    order: The order.
                """

                def __init__(self, order: object) -> None:
                    """Keep the order."""
                    self.order = order

                @override
                def find(self, key: str) -> str | None:
                    """Find nothing.

                    Args:
                        key: The key.

                    Returns:
                        The result.
                    """

                    def inner(key: str) -> str:
                        """Do it."""
                        raise ValueError(key)

                    return inner(key)

                @property
                def name(self) -> str:
                    """The name."""
                    return "x"

                def post(self, _request: object, **kwargs: object) -> object:
                    """Pay an order back."""
                    raise ValueError(kwargs)
            ''',
        "django_user": """
            from django.contrib.auth import models as auth


            def count() -> int:
                return auth.User.objects.count()  #! banned
            """,
        "synchronous_orm": """
            from apps.APP.models import Order


            async def touch(pk: int) -> list[Order]:
                order = Order.objects.get(pk=pk)  #! async-orm
                order.save()  #! async-orm
                rows = Order.objects.filter(name="x")
                if rows.exists():  #! async-orm
                    for row in rows:  #! async-orm
                        await row.adelete()
                return [order for order in Order.objects.all()]  #! async-orm


            async def names() -> list[str]:
                return list(Order.objects.values_list("name", flat=True))  #! async-orm
            """,
        "unsafe": """
            import os

            os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  #! async-orm
            """,
    },
    "selectors.py": {
        "selector_calls_service": """
            from apps.APP import services  #! selector-write contract


            def orders() -> None:
                services.send()
            """,
        "selector_calls_foreign_service": """
            from apps.users.services import invalidate_user as done  #! selector-write


            def orders(user: object) -> None:
                done(user=user)
            """,
        "selector_writes": """
            from apps.APP import models


            def order(name: str) -> object:
                found, _ = models.Order.objects.get_or_create(name=name)  #! selector-write
                found.tags.clear()  #! selector-write
                return found
            """,
        "request_in_selector": """
            from typing import TYPE_CHECKING

            if TYPE_CHECKING:
                from django.http import HttpRequest  #! logic-http


            def orders(req: "HttpRequest") -> object:
                return req.user
            """,
    },
    "managers.py": {
        "manager_knows_serializers": """
            def as_json(order: object) -> object:
                from apps.APP.serializers import OrderSerializer  #! contract

                return OrderSerializer(order).data
            """,
    },
}

# Code that looks like a violation and is allowed.
INNOCENT = {
    "views.py": """
        import hashlib
        import logging
        from http import HTTPStatus

        from django.core.cache import cache
        from django.db import transaction
        from rest_framework.authentication import SessionAuthentication
        from rest_framework.generics import ListAPIView, get_object_or_404
        from rest_framework.permissions import IsAuthenticated
        from rest_framework.response import Response

        from apps.APP import selectors, services as writes
        from apps.APP.models import Order

        logger = logging.getLogger(__name__)
        LIMITS = {"a": 1}


        class OrderView(ListAPIView):
            authentication_classes = (SessionAuthentication,)
            permission_classes = (IsAuthenticated,)

            def get(self, request):
                seen, names = set(), ["all"]
                seen.add("x")
                names.remove("all")
                context = self.get_serializer_context()
                context.update(page=1)
                LIMITS.update(b=2)
                request.session.clear()
                cache.set("key", names.count("x"))
                cache.delete("key")
                hashlib.sha256().update(b"x")
                response = Response(context.get("page"))
                response.headers.update(etag="x")
                logger.info("all", extra={"first": names[0]})
                return response

            def put(self, request, pk):
                order = get_object_or_404(selectors.orders(), pk=pk)
                writes.update(order=order, **request.data)
                transaction.on_commit(writes.send)
                return Response(Order._meta.get_field("name").max_length)

            def delete(self, request, pk):
                writes.delete(order=self.get_object())
                return Response(status=HTTPStatus.NO_CONTENT)
        """,
    "filters.py": """
        import django_filters

        from apps.APP import selectors
        from apps.APP.models import Order


        class OrderFilter(django_filters.FilterSet):
            tag = django_filters.ModelChoiceFilter(queryset=selectors.orders())
            late = django_filters.BooleanFilter(method="filter_late")

            class Meta:
                model = Order
                fields = ("tag", "late")

            def filter_late(self, queryset, _name, late):
                return queryset.filter(name="late") if late else queryset
        """,
    "services.py": """
        import asyncio
        from typing import Protocol, overload

        from asgiref.sync import sync_to_async
        from django.apps import apps

        from apps.APP.models import Order
        from apps.users import selectors as users


        class Sender(Protocol):
            def send(self) -> None:
                "Send."


        class Money:
            def __eq__(self, other: object) -> bool:
                return NotImplemented

            def pay(self, sender: Sender) -> None:
                try:
                    sender.send()
                except NotImplementedError:
                    self.raw = self.cursor = None


        @overload
        def twice(value: int) -> int: ...
        @overload
        def twice(value: str) -> str: ...
        def twice(value):
            return value * 2


        def tidy() -> None:
            rows = Order.objects.filter(name="")
            for row in rows:
                row.delete()


        async def touch(pk: int) -> None:
            order = await Order.objects.aget(pk=pk)
            await order.asave()
            rows = await sync_to_async(load)()
            for row in rows:
                await row.adelete()
            async for row in Order.objects.filter(name="x"):
                row.name = "y"
            count = await sync_to_async(lambda: Order.objects.count())()
            await asyncio.gather(order.adelete(), Order.objects.acount())
            settings = {"count": count}
            settings.get("count")


        def load() -> list[Order]:
            model = apps.get_model("APP", "Order")
            return list(model.objects.all())


        def send() -> None:
            "Send."


        def known(user_id: object) -> bool:
            return users.by_id(user_id=user_id) is not None
        """,
    "selectors.py": """
        from collections import defaultdict

        from apps.APP.models import Order


        def orders() -> object:
            return Order.objects.prefetch_related("tags").order_by("name")


        def summary() -> dict[str, int]:
            names: dict[str, int] = defaultdict(int)
            for order in Order.objects.all():
                names[order.name] += 1
            names.update(total=sum(names.values()))
            return names
        """,
}

IN_CORE = {
    "protocols.py": """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from apps.users.models import User  #! contract


        def is_known(user: "User") -> bool:
            return user.is_active
        """,
    "reports.py": """
        from ..users import selectors  #! app-boundary contract


        def total() -> int:
            return selectors.list_active().count()
        """,
    "viewsets.py": """
        from rest_framework import viewsets


        class CrudViewSet(viewsets.ModelViewSet):  #! transport-orm view-policy
            page_size = 10
        """,
}

PLANTS = [
    *(Plant(f"view_{name}", "views.py", view(code)) for name, code in VIEWS.items()),
    *(
        Plant(name, file, dedent(code).lstrip("\n"))
        for file, plants in FILES.items()
        for name, code in plants.items()
    ),
    *(
        Plant("innocent", file, dedent(code).lstrip("\n"))
        for file, code in INNOCENT.items()
    ),
    *(Plant("core", file, dedent(code).lstrip("\n")) for file, code in IN_CORE.items()),
]
