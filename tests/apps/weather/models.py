"""Models."""

from typing import override

from django.db import models

from apps.core.models import BaseModel


class Place(BaseModel):
    """A place, with its number of requests."""

    name = models.CharField(max_length=100, unique=True)
    asked = models.PositiveIntegerField(default=0)

    @override
    def __str__(self) -> str:
        """Return the name."""
        return self.name
