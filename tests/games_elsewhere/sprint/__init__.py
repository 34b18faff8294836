"""Sprint: press six numbers in order, the least time wins. A game of another kind than Fuse, for tests."""

from games.sprint import rules

from games.game import Achievement, Game, Theme

GAME = Game(
    slug="sprint",
    title="Sprint",
    tagline="Six numbers. In order. Quick.",
    how_to_play="Press the numbers from 1 to 6 in their order. A wrong one costs two seconds.",
    rules=rules,
    points_max=600_000,
    lower_is_better=True,
    unit="time",
    format="time",
    points_per_coin=None,
    achievements=(Achievement("sprint-clean", "Sure hands", "Finish a Sprint without a mistake.", "clean", 1, 40),),
    themes_title="Sprint colours",
    themes=(Theme("sprint-night", "Night", 20),),
)
