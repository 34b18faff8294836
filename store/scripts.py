"""Loads Lua files and calls them by digest, sending the text only when the server does not know it."""

import asyncio
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings

from store.client import NoScriptError, StoreUnavailable, client, sync

#: How much of the time limit of a call is spent on waiting for replicas.
WAIT_SHARE = 0.5

Argument = str | int | float | bytes


class Script:
    """A Lua script. The header of its file describes KEYS, ARGV, the return value and the cost.

    `lasts`: its writes are acknowledged to players for good, so a call ends only when REDIS_WAIT_REPLICAS have them,
    or all replicas if there are fewer.
    """

    def __init__(self, text: str, *, lasts: bool = False) -> None:
        self.text, self.lasts = text, lasts
        self.sha = hashlib.sha1(self.text.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, keys: Sequence[str], args: Sequence[Argument] = ()) -> Any:
        """Run it in one round trip (two when a restarted Redis has forgotten it).

        Raises:
            StoreUnavailable: no answer from Redis within REDIS_TIMEOUT_S, or too few replicas have the write.
        """
        if self.lasts and settings.REDIS_WAIT_REPLICAS:
            return (await self._pipelined([(keys, args)]))[0]
        try:
            return await client().evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:
            return await client().eval(self.text, len(keys), *keys, *args)

    async def among(
        self,
        keys: Sequence[str],
        args: Sequence[Argument],
        *,
        before: Sequence[Sequence[Argument]] = (),
        after: Sequence[Sequence[Argument]] = (),
    ) -> list[Any]:
        """Run the script between plain commands, in one round trip. Returns its reply, then the commands' in order.

        The commands run even when the script fails, and run twice when a restarted Redis has forgotten the script.
        """
        for _ in range(2):
            pipe = client().pipeline()
            for command in before:
                pipe.execute_command(*command)
            pipe.evalsha(self.sha, len(keys), *keys, *args)
            for command in after:
                pipe.execute_command(*command)
            replies = await pipe.execute(raise_on_error=False)
            reply = replies.pop(len(before))
            if not isinstance(reply, NoScriptError):
                break
            await client().script_load(self.text)
        for each in (reply, *replies):
            if isinstance(each, Exception):
                raise each
        return [reply, *replies]

    async def many(self, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]], *, pipelines: int = 1) -> list[Any]:
        """Run it once per call, in one round trip (more when a restarted Redis has forgotten it).

        With several pipelines, Redis works on one while the next is packed, and calls of different
        pipelines run in any order. A failed call does not stop the later ones; the first error is raised
        at the end.
        """
        if len(calls) == 1:
            return [await self(*calls[0])]
        share = -(-len(calls) // pipelines)
        parts = [calls[start : start + share] for start in range(0, len(calls), share)]
        replies = await asyncio.gather(*map(self._pipelined, parts))
        return [reply for part in replies for reply in part]

    async def _pipelined(self, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]) -> list[Any]:
        replies = await self._sent(calls)
        if unknown := [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]:
            await client().script_load(self.text)
            # In a cluster only some nodes may have forgotten it.
            for at, reply in zip(unknown, await self._sent([calls[at] for at in unknown]), strict=True):
                replies[at] = reply
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return replies

    async def _sent(self, calls: Sequence[tuple[Sequence[str], Sequence[Argument]]]) -> list[Any]:
        pipe = client().pipeline()
        # One WAIT after the last call for a key: it waits for all writes before it on the same connection.
        waits = (
            {keys[0]: at for at, (keys, _) in enumerate(calls)} if self.lasts and settings.REDIS_WAIT_REPLICAS else {}
        )
        for at, (keys, args) in enumerate(calls):
            pipe.evalsha(self.sha, len(keys), *keys, *args)
            if waits.get(keys[0]) == at:
                pipe.execute_command(
                    "WAIT", settings.REDIS_WAIT_REPLICAS, int(WAIT_SHARE * 1000 * settings.REDIS_TIMEOUT_S)
                )
        replies = iter(await pipe.execute(raise_on_error=False))
        found = []
        for at, (keys, _) in enumerate(calls):
            found.append(next(replies))
            if waits.get(keys[0]) == at:
                await _copied(keys[0], next(replies))
        return found

    def sync(self, keys: Sequence[str], args: Sequence[Argument] = ()) -> Any:
        """The same from sync code; only the session backend needs it."""
        with sync() as connection:
            try:
                return connection.evalsha(self.sha, len(keys), *keys, *args)
            except NoScriptError:
                return connection.eval(self.text, len(keys), *keys, *args)


async def _copied(key: str, copies: int | Exception) -> None:
    """Raise StoreUnavailable unless enough replicas have a write: REDIS_WAIT_REPLICAS, or all that its server has."""
    if isinstance(copies, Exception):
        raise copies
    if copies < settings.REDIS_WAIT_REPLICAS:
        # A replica that has just taken over has none itself. To wait for one would keep the site away until it comes.
        info = await (await client().holder(key)).info("replication")
        if copies < min(settings.REDIS_WAIT_REPLICAS, info["connected_slaves"]):
            raise StoreUnavailable("too few replicas have the write, which may be lost with its server")


def script(module_file: str, name: str, prelude: Sequence[str] = (), *, lasts: bool = False) -> Script:
    """Load `lua/<name>.lua` from the app of a module. The scripts named in `prelude` run first.

    Scripts that publish get lua/publish.lua before them.
    """
    folder = next(each / "lua" for each in Path(module_file).parents if (each / "lua").is_dir())
    text = "\n".join(_text(folder, each) for each in (*prelude, name))
    if "publish(" in text:
        text = _text(Path(__file__).parent / "lua", "publish") + "\n" + text
    return Script(text, lasts=lasts)


def _text(folder: Path, name: str) -> str:
    return (folder / f"{name}.lua").read_text()
