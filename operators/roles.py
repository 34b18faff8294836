"""The roles that the site ships: what each may see and do. Staff without a role see the dashboard only."""

from typing import Any

MODERATOR, OPERATOR, OWNER = "Moderator", "Operator", "Owner"

_MODERATES = """
    accounts.view_player accounts.revoke_sessions
    leaderboard.view_run moderation.view_moderation moderation.add_moderation moderation.view_suspicion
    audit.view_entry
""".split()
_OPERATES = """
    accounts.grant_coins wallet.view_ledgerentry accounts.view_follow
    leaderboard.view_board leaderboard.change_board leaderboard.operate_board leaderboard.view_season
    leaderboard.view_placement leaderboard.view_merge
    achievements.view_award audit.export_lists
    flags.view_flag flags.add_flag flags.change_flag flags.delete_flag
    flags.view_experiment flags.add_experiment flags.change_experiment flags.delete_experiment
""".split()
#: Each role holds what the one before it holds; an owner may do everything.
PERMISSIONS = {MODERATOR: _MODERATES, OPERATOR: [*_MODERATES, *_OPERATES], OWNER: None}


def ensure(**_: Any) -> None:
    """Make the groups and give them their permissions, after every migration."""
    from django.contrib.auth.models import Group, Permission

    every = {f"{each.content_type.app_label}.{each.codename}": each for each in Permission.objects.select_related()}
    for name, wanted in PERMISSIONS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(every.values() if wanted is None else [every[each] for each in wanted])
