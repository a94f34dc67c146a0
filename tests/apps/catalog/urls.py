"""URL configuration of the catalog app."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from apps.catalog import views

router = SimpleRouter()
router.register("products", views.ProductViewSet, basename="product")

urlpatterns = [
    path("", include(router.urls)),
    path("reports/revenue/", views.RevenueView.as_view(), name="revenue"),
]
