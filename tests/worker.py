"""The worker's readers in the test's own event loop."""

from accounts import ledger
from leaderboard import consumers
from store.client import blocking
from store.stream import GroupReader


async def drain(name: str = "w1") -> None:
    """Have every group read everything that is there: history, feed, awards, ledger."""
    readers = [*consumers.readers(name), GroupReader(ledger.GROUP, name, ledger.streams)]
    for reader in readers:
        connection = blocking(1)
        while await reader.step(connection, block_ms=None):
            pass
        await connection.aclose()
