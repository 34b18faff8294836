"""Who was here on which day."""

from datetime import date, timedelta

import pytest

from store.client import client
from visitors import active_days, keys
from visitors.side_by_side import beside

DAY = date(2026, 11, 24)


def back(count: int) -> date:
    return DAY - timedelta(days=count)


async def test_days_come_newest_first():
    for count in (0, 2, 5):
        await active_days.mark(7, back(count))
    assert await active_days.days(7, DAY) == [back(0), back(2), back(5)]
    assert await active_days.days(8, DAY) == []


@pytest.mark.parametrize(
    ("marked", "streak"), [([], 0), ([0], 1), ([0, 1, 2], 3), ([1, 2], 0), ([0, 2, 3], 1), (range(60), 60)]
)
async def test_a_streak_ends_at_the_first_gap(marked, streak):
    for count in marked:
        await active_days.mark(7, back(count))
    assert await active_days.streak(7, DAY) == streak


@pytest.mark.parametrize("player", [0, -1, active_days.PLAYER_ID_MAX + 1, 2**32])
async def test_no_bit_is_set_for_what_is_no_player(player):
    with pytest.raises(ValueError):
        await active_days.mark(player, DAY)
    assert not await client().exists(keys.active(str(DAY)))


async def test_a_million_players_take_125_kb_a_day_and_it_ends():
    await active_days.mark(1_000_000, DAY)
    assert await client().strlen(keys.active(str(DAY))) <= 125_001
    assert 0 < await client().ttl(keys.active(str(DAY))) <= active_days.TTL_S


async def test_a_forgotten_player_was_never_here():
    for count in range(3):
        await active_days.mark(7, active_days.today() - timedelta(days=count))
    await active_days.mark(8)
    await active_days.forget(7)
    assert await active_days.days(7) == []
    assert await active_days.days(8) == [active_days.today()]


async def test_streaks_are_days_without_a_gap_up_to_the_last():
    for player, days in {1: range(14), 2: range(7), 3: (0, 2, 3), 4: (1, 2, 3), 5: (0, 1)}.items():
        for count in days:
            await active_days.mark(player, back(count))
    assert await active_days.streaks(DAY) == [3, 2, 2, 1, 0]
    assert 0 < await client().ttl(beside(keys.active("row-7"))) <= 60
