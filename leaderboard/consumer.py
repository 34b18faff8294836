"""A socket that also answers where its player stands on a board."""

from leaderboard import standings
from leaderboard.topics import BoardTopic
from live import protocol
from live.errors import UnknownTopic
from live.topics import find
from presence.consumer import SiteConsumer


class BoardConsumer(SiteConsumer):
    """The site's socket as every page opens it."""

    async def on_standing(self, message: protocol.AskStanding) -> None:
        topic = find(message.topic)
        if not isinstance(topic, BoardTopic):
            raise UnknownTopic("That is no board.")
        if self.player is None:
            return await self.reply(protocol.Standing(message.topic))
        found = await standings.standing(topic.slug, topic.period_kind, self.player.pk)
        await self.reply(protocol.Standing(message.topic, found.rank, found.points, found.size, found.to_next))
