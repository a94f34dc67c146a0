"""Configuration of the weather app."""

from django.apps import AppConfig


class WeatherConfig(AppConfig):
    """The weather app."""

    name = "apps.weather"
