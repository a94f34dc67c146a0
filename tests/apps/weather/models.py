"""Models."""

from typing import override

from django.db import models

from apps.core.models import BaseModel


class Place(BaseModel):
    """Where somebody asked for the weather."""

    name = models.CharField(max_length=100, unique=True)
    asked = models.PositiveIntegerField(default=0)

    @override
    def __str__(self) -> str:
        """Name the place.

        Returns:
            The name.
        """
        return self.name
