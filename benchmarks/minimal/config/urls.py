"""URL configuration."""

from django.urls import path
from users import views

urlpatterns = [
    path("api/health/", views.health),
    path("api/health/live/", views.live),
    path("api/v1/auth/register/", views.RegisterView.as_view()),
    path("api/v1/auth/me/", views.MeView.as_view()),
    path("api/v1/users/", views.UserListView.as_view()),
]
