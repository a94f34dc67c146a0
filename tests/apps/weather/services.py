"""Writes and the rules that guard them."""

import asyncio

from django.db.models import F

from apps.core.exceptions import NotFoundError
from apps.weather import client
from apps.weather.models import Place


async def forecast(*, name: str) -> client.Forecast:
    """Ask for a forecast, and count that somebody did.

    Args:
        name: The place's name.

    Raises:
        NotFoundError: If no service knows anything.

    Returns:
        The forecast.
    """
    try:
        found, _ = await asyncio.gather(client.fetch(name), count(name=name))
    except client.UnavailableError:
        raise NotFoundError from None
    return found


async def count(*, name: str) -> None:
    """Count a question.

    Args:
        name: The place's name.
    """
    place, _ = await Place.objects.aget_or_create(name=name)
    place.asked = F("asked") + 1
    await place.asave(update_fields=["asked", "updated_at"])
