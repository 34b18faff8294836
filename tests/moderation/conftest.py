"""Who and what moderators act on, as SQL has them."""

import pytest

from accounts.models import Player
from leaderboard.models import Board


@pytest.fixture
def bob():
    return Player.objects.create(name="Bob")


@pytest.fixture
def board():
    return Board.objects.get(pk="fuse")
