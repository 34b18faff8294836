"""Fuse Duel: two boards, the same tiles, stones for the other."""

from games.fuse.duel import room_rules
from games.rooms.game import RoomGame

ROOM_GAME = RoomGame(
    slug="fuse-duel",
    title="Fuse Duel",
    tagline="Same tiles. Two boards. Two minutes.",
    how_to_play="Slide your tiles with the arrow keys, WASD or a swipe. Fuse to 128 or more, and a stone falls on the "
    "other board. Who is stuck loses; at the bell more points win.",
    rules=room_rules,
)
