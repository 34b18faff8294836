"""Who may go where: a table of every route of the site, walked as every role. A route that is not listed fails."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import get_resolver

from accounts.models import Player
from audit import actions
from leaderboard.models import Board
from store import heartbeat
from store.sync_loop import run_sync

GOOD = "correct horse"
ROLES = ["stranger", "guest", "member", "staff", "moderator", "operator", "owner", "superuser"]

EVERYBODY = set(ROLES)
PLAYERS = EVERYBODY - {"stranger"}
STAFF = {"staff", "moderator", "operator", "owner", "superuser"}
MODERATORS = {"moderator", "operator", "owner", "superuser"}
OPERATORS = {"operator", "owner", "superuser"}
OWNERS = {"owner", "superuser"}

# Route as the URLconf has it, an address of it, and who gets an answer other than "sign in", "forbidden" or the like.
ROUTES = {
    "": ("/", EVERYBODY),
    "play/<slug:slug>/": ("/play/fuse/", EVERYBODY),
    "players/<str:name>/challenge/": ("/players/Nobody1/challenge/", EVERYBODY),
    "players/<str:name>/block/": ("/players/Nobody1/block/", EVERYBODY),
    "robots.txt": ("/robots.txt", EVERYBODY),
    "worker.js": ("/worker.js", EVERYBODY),
    "offline/": ("/offline/", EVERYBODY),
    "sitemap.xml": ("/sitemap.xml", EVERYBODY),
    "manifest.webmanifest": ("/manifest.webmanifest", EVERYBODY),
    "daily/": ("/daily/", EVERYBODY),
    "daily/<slug:slug>/": ("/daily/fuse/", EVERYBODY),
    "daily/<slug:slug>/<str:day>/": ("/daily/fuse/1999-01-01/", EVERYBODY),
    "beat/<str:run>/": ("/beat/none/", EVERYBODY),
    "replays/<str:run>/share.json": ("/replays/none/share.json", EVERYBODY),
    "replays/<str:run>/card.png": ("/replays/none/card.png", EVERYBODY),
    "watch/list/": ("/watch/list/", EVERYBODY),
    "watch/": ("/watch/", EVERYBODY),
    "rooms/play/<slug:slug>/": ("/rooms/play/fuse-duel/", EVERYBODY),
    "rooms/new/<slug:slug>/": ("/rooms/new/fuse-duel/", EVERYBODY),
    "rooms/<str:room>/": ("/rooms/none/", EVERYBODY),
    "rooms/<str:room>/sit/": ("/rooms/none/sit/", EVERYBODY),
    "rooms/<str:room>/frames.json": ("/rooms/none/frames.json", EVERYBODY),
    "replays/<str:run>/": ("/replays/none/", EVERYBODY),
    "replays/<str:run>/frames.json": ("/replays/none/frames.json", EVERYBODY),
    "boards/<slug:slug>/record/<int:player>/": ("/boards/fuse/record/1/", EVERYBODY),
    "boards/": ("/boards/", EVERYBODY),
    "boards/champions/": ("/boards/champions/", EVERYBODY),
    "boards/<slug:slug>/": ("/boards/fuse/", EVERYBODY),
    "boards/<slug:slug>/last/<int:days>/": ("/boards/fuse/last/7/", EVERYBODY),
    "boards/<slug:slug>/past/": ("/boards/fuse/past/", EVERYBODY),
    "boards/<slug:slug>/past/<str:period>/": ("/boards/fuse/past/none/", EVERYBODY),
    "boards/<slug:slug>/mine/": ("/boards/fuse/mine/", PLAYERS),
    "boards/<slug:slug>/export.csv": ("/boards/fuse/export.csv", OPERATORS),
    "accounts/sign-up/": ("/accounts/sign-up/", EVERYBODY),
    "accounts/sign-in/": ("/accounts/sign-in/", EVERYBODY),
    "accounts/sign-out/": ("/accounts/sign-out/", EVERYBODY),
    "accounts/setup/<str:token>/": ("/accounts/setup/none/", EVERYBODY),
    "accounts/settings/": ("/accounts/settings/", PLAYERS),
    "accounts/name/": ("/accounts/name/", PLAYERS),
    "accounts/password/": ("/accounts/password/", PLAYERS),
    "accounts/devices/": ("/accounts/devices/", PLAYERS),
    "accounts/devices/end/": ("/accounts/devices/end/", PLAYERS),
    "accounts/mail/<str:token>/": ("/accounts/mail/none/", EVERYBODY),
    "accounts/forgot/": ("/accounts/forgot/", EVERYBODY),
    "accounts/reset/<str:player>/<str:token>/": ("/accounts/reset/MQ/none/", EVERYBODY),
    "accounts/bring/": ("/accounts/bring/", EVERYBODY),
    "accounts/data/": ("/accounts/data/", PLAYERS),
    "accounts/data/export.json": ("/accounts/data/export.json", PLAYERS),
    "accounts/data/delete/": ("/accounts/data/delete/", PLAYERS),
    "players/<str:name>/": ("/players/Nobody1/", EVERYBODY),
    "players/<str:name>/follow/": ("/players/Nobody1/follow/", EVERYBODY),
    "shop/": ("/shop/", EVERYBODY),
    "shop/buy/": ("/shop/buy/", PLAYERS),
    "shop/wear/": ("/shop/wear/", PLAYERS),
    "nearby/": ("/nearby/", PLAYERS),
    "dashboard/": ("/dashboard/", STAFF),
    "dashboard/slowlog/": ("/dashboard/slowlog/", OPERATORS),
    "dashboard/replay/": ("/dashboard/replay/", OPERATORS),
    "language/": ("/language/", EVERYBODY),
    "favicon.ico": ("/favicon.ico", EVERYBODY),
    "livez": ("/livez", EVERYBODY),
    "readyz": ("/readyz", EVERYBODY),
    "metrics": ("/metrics", EVERYBODY),
    "admin/password_change/": ("/admin/password_change/", EVERYBODY),
    "admin/login/": ("/admin/login/", EVERYBODY),
    "admin/": ("/admin/", STAFF),
}

# Each model of the admin: who sees its list, and who may add one.
ADMIN = {
    "accounts/player": (MODERATORS, OWNERS),
    "wallet/ledgerentry": (OPERATORS, set()),
    "accounts/follow": (OPERATORS, set()),
    "audit/entry": (MODERATORS, set()),
    "auth/group": (OWNERS, OWNERS),
    "flags/flag": (OPERATORS, OPERATORS),
    "flags/experiment": (OPERATORS, OPERATORS),
    "leaderboard/board": (OPERATORS, set()),
    "leaderboard/run": (MODERATORS, set()),
    "leaderboard/season": (OPERATORS, set()),
    "leaderboard/placement": (OPERATORS, set()),
    "moderation/moderation": (MODERATORS, set()),
    "moderation/suspicion": (MODERATORS, set()),
    "leaderboard/merge": (OPERATORS, set()),
    "achievements/award": (OPERATORS, set()),
}

# Each action of the admin that the registry does not know, and who is offered it.
OTHER_ACTIONS = {
    ("accounts/player", "delete_selected"): OWNERS,
    ("accounts/player", "export_csv"): OPERATORS,
    ("wallet/ledgerentry", "export_csv"): OPERATORS,
    ("audit/entry", "export_csv"): OPERATORS,
    ("leaderboard/run", "export_csv"): OPERATORS,
    ("leaderboard/placement", "export_csv"): OPERATORS,
    ("moderation/moderation", "export_csv"): OPERATORS,
    ("auth/group", "delete_selected"): OWNERS,
    ("flags/flag", "delete_selected"): OPERATORS,
    ("flags/experiment", "delete_selected"): OPERATORS,
}
#: Written out, so that a declaration that gives a role more than meant is seen.
BY_ROLE = {
    "Moderator": {
        "hide_player", "restore_player", "ban", "unban", "revoke_sessions", "hide_run", "restore_run", "clear_run",
        "confirm_run",
    },
    "Operator": {"grant_coins", "close_board", "reopen_board", "reset_period", "rebuild_board", "replay_letters"},
}  # fmt: skip
WHO = {"Moderator": MODERATORS, "Operator": OPERATORS, "Owner": OWNERS}


def all_actions() -> dict[tuple[str, str], set[str]]:
    """Each action of the admin, and who is offered it."""
    declared = {
        (f"{each.on.model._meta.app_label}/{each.on.model._meta.model_name}", each.name): WHO[each.role]
        for each in actions.REGISTRY.values()
    }
    return declared | OTHER_ACTIONS


pytestmark = pytest.mark.django_db(transaction=True)


def browser(role: str) -> Client:
    """Somebody of this role, signed in."""
    client = Client(raise_request_exception=False)
    if role == "stranger":
        return client
    player = Player.objects.create_user("Role-" + role, GOOD, is_guest=role == "guest")
    if role in STAFF:
        player.is_staff, player.is_superuser = True, role == "superuser"
        player.save()
        player.groups.set(Group.objects.filter(name=role.capitalize()))
    client.force_login(player)
    return client


def is_let_in(client: Client, path: str) -> bool:
    answer = client.get(path)
    assert answer.status_code < 500, path
    to_door = answer.status_code == 302 and ("/accounts/sign-in/" in answer.headers["Location"])
    to_admin_door = answer.status_code == 302 and "/admin/login/" in answer.headers["Location"]
    return not to_door and not to_admin_door and answer.status_code != 403


def routes(patterns, prefix: str = ""):
    for each in patterns:
        route = prefix + str(each.pattern)
        if hasattr(each, "url_patterns") and route != "admin/":
            yield from routes(each.url_patterns, route)
        else:
            yield route


def admin_models() -> dict[str, object]:
    from django.contrib import admin

    return {f"{model._meta.app_label}/{model._meta.model_name}": kept for model, kept in admin.site._registry.items()}


def test_each_role_has_the_actions_that_are_meant_for_it():
    declared = {role: {each.name for each in actions.REGISTRY.values() if each.role == role} for role in BY_ROLE}
    assert declared == BY_ROLE
    assert sum(map(len, declared.values())) == len(actions.REGISTRY)


def test_every_route_is_in_the_table():
    assert set(routes(get_resolver().url_patterns)) == set(ROUTES)


def test_every_model_and_action_of_the_admin_is_in_the_tables(rf):
    request = rf.get("/admin/")
    request.user = Player.objects.create_superuser("Olga", GOOD)
    assert set(admin_models()) == set(ADMIN)
    offered = {(name, action) for name, kept in admin_models().items() for action in kept.get_actions(request)}
    # Read-only models offer nobody anything, but Django lists its own.
    assert {each for each in offered if ADMIN[each[0]][1] or each[1] != "delete_selected"} == set(all_actions())


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_where_it_may_and_nowhere_else(role):
    client = browser(role)
    run_sync(heartbeat.beat("w1"))
    found = {route: is_let_in(client, path) for route, (path, _) in ROUTES.items()}
    expected = {route: role in allowed for route, (_, allowed) in ROUTES.items()}
    expected["admin/login/"] = expected["accounts/sign-in/"] = found["admin/login/"] = found["accounts/sign-in/"] = True
    assert found == expected


@pytest.mark.parametrize("role", ROLES)
def test_each_role_sees_and_adds_what_it_may_in_the_admin(role):
    client = browser(role)
    seen = {name: is_let_in(client, f"/admin/{name}/") for name in ADMIN}
    assert seen == {name: role in who for name, (who, _) in ADMIN.items()}
    added = {name: is_let_in(client, f"/admin/{name}/add/") for name in ADMIN}
    assert added == {name: role in who for name, (_, who) in ADMIN.items()}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_is_offered_its_actions_and_no_other_works(role, rf):
    client = browser(role)
    target = Player.objects.create(name="Target")
    for (name, action), allowed in all_actions().items():
        chosen = Board.objects.get(pk="fuse").pk if name == "leaderboard/board" else target.pk
        page = client.get(f"/admin/{name}/").content.decode()
        if name in ("accounts/player", "leaderboard/board"):
            assert (f'value="{action}"' in page) == (role in allowed), (name, action)
        if role not in allowed:
            fields = {"reason": "x", "coins": 5, "kind": "day", "typed": "Fuse", "post": "yes"}
            client.post(f"/admin/{name}/", {"action": action, "_selected_action": [chosen], **fields})
    target.refresh_from_db()
    assert target.is_active
    assert Board.objects.get(pk="fuse").is_open
    from audit.models import Entry

    assert not Entry.objects.exists()
