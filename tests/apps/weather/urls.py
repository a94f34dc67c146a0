"""URL configuration of the weather app."""

from django.urls import path

from apps.weather import views

urlpatterns = [
    path("weather/", views.favourites, name="weather-list"),
    path("weather/<slug:place>/", views.forecast, name="weather-detail"),
]
