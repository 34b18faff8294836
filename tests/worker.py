"""The worker's readers in the test's own event loop."""

from leaderboard.stream import readers
from store.client import blocking
from store.stream import GroupReader
from wallet import ledger


async def drain(name: str = "w1") -> None:
    """Have every group read everything that is there: history, feed, awards, ledger."""
    reading = [*readers.readers(name), GroupReader(ledger.GROUP, name, ledger.streams)]
    for reader in reading:
        connection = blocking(1)
        while await reader.step(connection, block_ms=None):
            pass
        await connection.aclose()
