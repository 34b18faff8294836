"""The contenders of `benchmarks.socket`: the arcade's own application, and a bare ASGI socket that does as much."""

import os
import time
from typing import Any

import msgspec

from accounts.cards import Card
from gameapp.asgi import application as arcade  # Sets Django up; what follows needs it.
from games import keys, messages, ranking, runs
from games.game import find
from leaderboard import reports
from live import protocol

_decoder = msgspec.json.Decoder(messages.PlayMessage)


async def bare(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """The same moves by the same rules and Lua call, with no consumer, rate limits, mailbox or presence around them."""
    await receive()
    await send({"type": "websocket.accept"})
    player, run = id(send) % 1_000_000_007, None
    while (event := await receive())["type"] == "websocket.receive":
        message, answers = _decoder.decode(event["text"]), list[protocol.Message]()
        if isinstance(message, messages.Start):
            run = await runs.begin(find("fuse"), player)
            answers = [messages.RunState(run.id, run.seq, run.points, run.over, run.view, 0)]
        elif isinstance(message, messages.Move) and run is not None:
            run = await runs.move(run, message.input)
            assert run is not None
            answers = [messages.Moved(run.id, run.seq, run.points, run.over, run.view)]
            if run.over:
                report = await ranking.rank(run, Card("Bare"))
                answers.append(messages.Finished(run.id, run.points, reports.to_state(report)))
        elif isinstance(message, protocol.Beat) and message.seen is None:
            answers = [protocol.Beaten(time.time_ns() // 1_000_000)]
        for answer in answers:
            await send({"type": "websocket.send", "text": protocol.encode(answer)})


async def lua(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """One Lua call of the same size for each message and nothing else: no game at all. For comparison."""
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] == "websocket.receive":
        await runs._commit(
            [keys.run("none"), keys.inputs("none"), keys.moments("none")], [1, 2, "x" * 60, 100, 0, "left", runs.TTL_MS]
        )
        text = '{"type":"moved","run":"none","seq":1,"points":100,"over":false,"view":{"cells":[0,0,0,0,0,0,0,0]}}'
        await send({"type": "websocket.send", "text": text})


application = {"bare": bare, "lua": lua}.get(os.environ.get("CONTENDER", ""), arcade)
