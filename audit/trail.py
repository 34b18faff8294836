"""Writes to the audit trail. Sync, so that it can be part of the action's own transaction."""

from typing import Any

from audit.models import Entry


def record(
    action: str,
    target_kind: str,
    target_id: object,
    *,
    by: Any,
    reason: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> Entry:
    """Record an action. `by` is the player who did it, or None for a command. Values must fit into JSON."""
    return Entry.objects.create(
        action=action,
        target_kind=target_kind,
        target_id=str(target_id)[:40],
        by=by if by is not None and by.pk else None,
        reason=reason.strip()[:300],
        before=before,
        after=after,
    )


def forget_player(player: int) -> None:
    """Remove a deleted player's identity from the entries about them."""
    Entry.objects.filter(target_kind="player", target_id=str(player)).update(target_id="gone", before=None, after=None)
