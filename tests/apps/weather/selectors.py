"""Reads."""

from asgiref.sync import sync_to_async

from apps.weather.models import Place


async def is_known(*, name: str) -> bool:
    """Tell whether somebody asked for a place before.

    Args:
        name: The place's name.

    Returns:
        Whether it is stored.
    """
    return await Place.objects.filter(name=name).aexists()


async def favourites() -> list[str]:
    """Name the places that are asked for most.

    Returns:
        At most ten names.
    """
    places = Place.objects.order_by("-asked", "name")[:10]
    return [place.name async for place in places]


async def total() -> int:
    """Count how often anybody asked.

    Returns:
        The number.
    """

    def add_up() -> int:
        """Add in a thread."""
        return sum(Place.objects.values_list("asked", flat=True))

    return await sync_to_async(add_up)()
