"""Threads that requests have one after the other, never two at a time."""

import asyncio
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from live.servers import threads
from live.servers.threads import KeptThreads


class Site:
    """`KeptThreads` before an application that does what a request is told to."""

    def __init__(self) -> None:
        self.served = KeptThreads(self.application)

    async def application(self, scope, receive, send):
        scope["answer"] = await sync_to_async(scope["work"])()

    async def ask(self, work=threading.get_ident):
        scope = {"work": work}
        await self.served(scope, None, None)
        return scope["answer"]


async def test_one_after_the_other_has_the_same_thread():
    site = Site()
    found = {await site.ask() for _ in range(5)}
    assert len(found) == 1
    assert threading.get_ident() not in found


@pytest.mark.django_db(transaction=True)
async def test_its_connection_stays_open():
    site = Site()

    def connected():
        connection.ensure_connection()
        return connection.connection

    def closed():
        connection.close()

    first = await site.ask(connected)
    assert await site.ask(connected) is first
    await site.ask(closed)


async def test_those_at_the_same_time_have_threads_of_their_own():
    site, all_here = Site(), threading.Barrier(8)

    def meet():
        all_here.wait(20)
        return threading.get_ident()

    found = await asyncio.gather(*(site.ask(meet) for _ in range(8)))
    assert len(set(found)) == 8
    assert await site.ask() in found


async def test_nobody_waits_behind_the_view_of_somebody_who_left():
    site, begun, going_on = Site(), threading.Event(), threading.Event()

    def hang():
        begun.set()
        going_on.wait()

    leaving = asyncio.create_task(site.ask(hang))
    while not begun.is_set():
        await asyncio.sleep(0.01)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    try:
        assert await site.ask()  # While that view still hangs.
    finally:
        going_on.set()


async def test_nobody_waits_behind_what_was_still_queued_when_somebody_left():
    """What is cancelled before it began is done, but not what runs before it."""
    begun, going_on = threading.Event(), threading.Event()

    def hang():
        begun.set()
        going_on.wait()

    class Leaves(Site):
        async def application(self, scope, receive, send):
            if scope["work"] is not hang:
                return await super().application(scope, receive, send)
            both = [asyncio.ensure_future(sync_to_async(work)()) for work in (hang, threading.get_ident)]
            while not begun.is_set():
                await asyncio.sleep(0.01)
            for each in both:
                each.cancel()
            scope["answer"] = await asyncio.gather(*both, return_exceptions=True)

    site = Leaves()
    assert all(isinstance(each, asyncio.CancelledError) for each in await site.ask(hang))
    try:
        assert await site.ask()
        assert len(await kept(site)) == 1
    finally:
        going_on.set()


async def test_what_is_asked_of_a_thread_after_an_error_is_answered():
    site = Site()

    def broken():
        raise ValueError("a fault of ours")

    with pytest.raises(ValueError, match="of ours"):
        await site.ask(broken)
    assert await kept(site) == []  # Nobody knows in what state its connection is.
    assert await site.ask() == await site.ask()


async def test_a_crowd_leaves_few_threads_behind(monkeypatch):
    monkeypatch.setattr(threads, "KEPT_MAX", 3)
    site, all_here, closed = Site(), threading.Barrier(10), []
    monkeypatch.setattr(threads.connections, "close_all", lambda: closed.append(threading.get_ident()))

    def meet():
        all_here.wait(20)
        return threading.current_thread()

    found = await asyncio.gather(*(site.ask(meet) for _ in range(10)))
    gone = [thread for thread in found if thread.ident not in {each.ident for each in await kept(site)}]
    for thread in gone:
        await asyncio.to_thread(thread.join, 20)
    assert sum(thread.is_alive() for thread in found) == 3
    assert sorted(closed) == sorted(thread.ident for thread in gone)


async def kept(site: Site) -> list[threading.Thread]:
    return [await asyncio.wrap_future(each.submit(threading.current_thread)) for each in site.served._free]
