"""Tug: pull the rope ten steps to your side. The example of docs/adding-a-game.md."""

from games.tug import room_rules

from games.rooms.game import RoomGame

ROOM_GAME = RoomGame(
    slug="tug",
    title="Tug",
    tagline="Pull. Harder.",
    how_to_play="Press pull. Ten steps ahead win; after 30 seconds whoever is ahead.",
    rules=room_rules,
)
