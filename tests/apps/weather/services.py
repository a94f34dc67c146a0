"""Writes and their business rules."""

import asyncio

from django.db.models import F

from apps.core.exceptions import NotFoundError
from apps.weather import client
from apps.weather.models import Place


async def forecast(*, name: str) -> client.Forecast:
    """Return the forecast for a place and count the request.

    Args:
        name: The place's name.

    Raises:
        NotFoundError: If no service knows anything.
    """
    try:
        found, _ = await asyncio.gather(client.fetch(name), count(name=name))
    except client.UnavailableError:
        raise NotFoundError from None
    return found


async def count(*, name: str) -> None:
    """Count a request.

    Args:
        name: The place's name.
    """
    place, _ = await Place.objects.aget_or_create(name=name)
    place.asked = F("asked") + 1
    await place.asave(update_fields=["asked", "updated_at"])
