"""The forecast service's API."""

from typing import Final, TypedDict

import httpx

BASE_URL: Final = "https://forecasts.example.com"
SECONDS: Final = 3


class Forecast(TypedDict):
    """What the service tells of a place."""

    place: str
    degrees: float


class UnavailableError(Exception):
    """The service did not answer, or not as it should."""


def make_client() -> httpx.AsyncClient:
    """Make what talks to the service.

    Returns:
        The client.
    """
    return httpx.AsyncClient(base_url=BASE_URL, timeout=SECONDS)


async def fetch(place: str) -> Forecast:
    """Ask for a forecast.

    Args:
        place: The place's name.

    Raises:
        UnavailableError: If there is no answer of use.

    Returns:
        The forecast.
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
