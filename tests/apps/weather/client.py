"""Client of the forecast service."""

from typing import Final, TypedDict

import httpx

BASE_URL: Final = "https://forecasts.example.com"
SECONDS: Final = 3


class Forecast(TypedDict):
    """A forecast of the service."""

    place: str
    degrees: float


class UnavailableError(Exception):
    """The service gave no valid response."""


def make_client() -> httpx.AsyncClient:
    """Return an HTTP client of the service."""
    return httpx.AsyncClient(base_url=BASE_URL, timeout=SECONDS)


async def fetch(place: str) -> Forecast:
    """Return the forecast for a place.

    Args:
        place: The place's name.

    Raises:
        UnavailableError: If the response is missing or invalid.
    """
    try:
        async with make_client() as client:
            response = await client.get("/forecast", params={"place": place})
            response.raise_for_status()
            content = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise UnavailableError from error
    headers = {"source": BASE_URL}
    headers.update(place=place)
    return {"place": place, "degrees": float(content["degrees"])}
