"""The roles that the site ships: what each may see and do. Staff without a role see the dashboard only."""

from typing import Any

from accounts.ranks import MODERATOR, OWNER, ROLES
from audit import actions

_MODERATES = """
    accounts.view_player leaderboard.view_run moderation.view_moderation moderation.view_suspicion
    audit.view_entry
""".split()
_OPERATES = """
    wallet.view_ledgerentry accounts.view_follow
    leaderboard.view_board leaderboard.change_board leaderboard.view_season
    leaderboard.view_placement leaderboard.view_merge
    achievements.view_award audit.export_lists
    flags.view_flag flags.add_flag flags.change_flag flags.delete_flag
    flags.view_experiment flags.add_experiment flags.change_experiment flags.delete_experiment
""".split()


def permissions(role: str) -> list[str] | None:
    """A role's permissions: the lists above, and the actions of this role and lower ones. None means everything."""
    if role == OWNER:
        return None
    lists = _MODERATES if role == MODERATOR else [*_MODERATES, *_OPERATES]
    lower = ROLES[: ROLES.index(role) + 1]
    return [*lists, *{each.permission for each in actions.REGISTRY.values() if each.role in lower}]


def ensure(**_: Any) -> None:
    """Make the groups and give them their permissions, after every migration."""
    from django.contrib.auth.models import Group, Permission

    every = {f"{each.content_type.app_label}.{each.codename}": each for each in Permission.objects.select_related()}
    for name in ROLES:
        wanted = permissions(name)
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(every.values() if wanted is None else [every[each] for each in wanted])
