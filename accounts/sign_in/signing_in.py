"""Records a player's sessions as they sign in."""

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from accounts.models import Player
from accounts.sessions.devices import words
from accounts.sessions.engine import DEVICE, end_sessions, note_session, session_name
from live.layer import tell_session
from store.sync_loop import run_sync


def note_sign_in(request: HttpRequest, user: Player, **_: Any) -> None:
    """Receiver of `user_logged_in`; sync, like the signal."""
    session = request.session
    session[DEVICE] = words(request.headers.get("User-Agent", ""))
    if session.session_key is None:
        session.save()  # Signing in as somebody else starts an empty session, which has no key until it is saved.
    run_sync(note_session(user.pk, session.session_key, session.get_expiry_age()))


def stay_signed_in(request: HttpRequest, player: Player) -> None:
    """Keep this browser signed in after a password change, with a new session key."""
    update_session_auth_hash(request, player)
    note_sign_in(request, player)


def stay_signed_in_alone(request: HttpRequest, player: Player) -> int:
    """Keep this browser signed in after a password change and end all other sessions. Returns how many."""
    old = session_name(request.session.session_key)
    stay_signed_in(request, player)
    run_sync(tell_session(old, "session.ended"))  # Other tabs of this browser then open new sockets.
    return run_sync(end_sessions(player.pk, but=session_name(request.session.session_key)))
