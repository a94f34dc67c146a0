"""Other clients than the flood's: `others.py SECONDS TOKEN…` prints JSON.

They start requests at a steady rate, each on a connection of its own, however long the
others take. Two WebSockets in one room exchange a message each second.
"""

import asyncio
import json
import sys
import time
from typing import Final

import raw

RATE: Final = 20
PATHS: Final = ("/api/v1/auth/me/", "/api/v1/users/", "/api/health/live/")
LIMIT_SECONDS: Final = 10
MESSAGE_SECONDS: Final = 1


async def ask(number: int, token: str, started: float) -> tuple[str, float]:
    """Return the status of a response, or an error, and the time since it was due."""
    await asyncio.sleep(started + number / RATE - time.monotonic())
    due = started + number / RATE
    headers = (f"Authorization: Bearer {token}", "Connection: close")
    try:
        async with asyncio.timeout(LIMIT_SECONDS):
            streams = await raw.connect()
            try:
                line = f"GET {PATHS[number % len(PATHS)]}"
                status = await raw.answer(streams, raw.request(line, *headers))
            finally:
                streams[1].close()
    except (OSError, EOFError) as error:
        status = type(error).__name__
    return status, time.monotonic() - due


async def talk(seconds: float, tokens: list[str]) -> list[float | None]:
    """Return the time until each message arrives, None if it does not."""
    sent: list[float] = []
    times: dict[int, float] = {}
    opened = [await raw.open_websocket("others", token) for token in tokens]
    (_, (_, writer)), (_, listener) = opened

    async def listen() -> None:
        while True:
            opcode, payload = await raw.receive(listener)
            if opcode != raw.TEXT:
                return
            number = int(json.loads(payload)["text"])
            times[number] = time.monotonic() - sent[number]

    listening = asyncio.create_task(listen())
    for number in range(int(seconds / MESSAGE_SECONDS)):
        sent.append(time.monotonic())
        writer.write(raw.frame(json.dumps({"text": str(number)}).encode()))
        await asyncio.sleep(MESSAGE_SECONDS)
    await asyncio.sleep(1)
    listening.cancel()
    return [times.get(number) for number in range(len(sent))]


async def main(seconds: float, *tokens: str) -> None:
    """Send requests and messages for a while, then print what became of them."""
    started = time.monotonic()
    talking = asyncio.create_task(talk(seconds, list(tokens[:2])))
    responses = await asyncio.gather(
        *(
            ask(number, tokens[number % len(tokens)], started)
            for number in range(int(seconds * RATE))
        )
    )
    try:
        messages = await talking
    except (OSError, EOFError, ValueError):
        messages = [None]
    print(json.dumps({"responses": responses, "messages": messages}))


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), *sys.argv[2:]))
