"""Keeps the set of a player's sessions as they sign in."""

from typing import Any

from django.http import HttpRequest

from accounts.models import Player
from accounts.sessions import note_session
from store.client import run_sync


def note_sign_in(request: HttpRequest, user: Player, **_: Any) -> None:
    """Receiver of `user_logged_in`; sync, like the signal."""
    session = request.session
    run_sync(note_session(user.pk, session.session_key, session.get_expiry_age()))
