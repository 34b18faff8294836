"""What an audit entry says, for people: what was done, and to what kind of thing."""

from django.utils.translation import gettext, gettext_noop

from audit.actions import REGISTRY

#: What was done by entries that no registered action writes.
OTHERS = {
    "add_administrator": gettext_noop("made the first administrator"),
    "add_player": gettext_noop("added"),
    "change_player": gettext_noop("changed"),
    "delete_player": gettext_noop("deleted"),
    "set_password": gettext_noop("given a new password"),
    "give_role": gettext_noop("given a role"),
    "add_role": gettext_noop("added"),
    "change_role": gettext_noop("changed"),
    "delete_role": gettext_noop("deleted"),
    "change_board": gettext_noop("changed"),
    "change_flag": gettext_noop("changed"),
    "delete_flag": gettext_noop("deleted"),
    "change_experiment": gettext_noop("changed"),
    "delete_experiment": gettext_noop("deleted"),
    "replay_letters": gettext_noop("retried"),
    "set_slowlog": gettext_noop("slow log set"),
    "export": gettext_noop("taken as CSV"),
}
KINDS = {
    "player": gettext_noop("player"),
    "run": gettext_noop("run"),
    "board": gettext_noop("board"),
    "flag": gettext_noop("flag"),
    "experiment": gettext_noop("experiment"),
    "role": gettext_noop("role"),
}


def in_words(action: str) -> str:
    """`banned`, `given coins`; an action that nobody describes keeps its name, with blanks."""
    registered = REGISTRY.get(action)
    return gettext(registered.past if registered else OTHERS.get(action, action.replace("_", " ")))
