"""Reads."""

from asgiref.sync import sync_to_async

from apps.weather.models import Place


async def is_known(*, name: str) -> bool:
    """Return whether a place has been requested before.

    Args:
        name: The place's name.
    """
    return await Place.objects.filter(name=name).aexists()


async def favourites() -> list[str]:
    """Return the names of the most requested places."""
    places = Place.objects.order_by("-asked", "name")[:10]
    return [place.name async for place in places]


async def total() -> int:
    """Return the number of all requests."""

    def add_up() -> int:
        """Add up the numbers."""
        return sum(Place.objects.values_list("asked", flat=True))

    return await sync_to_async(add_up)()
