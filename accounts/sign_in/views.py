"""Signing up, in and out. Sync views: hashing a password belongs in a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth import login, logout
from django.db import DatabaseError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import NAME_TAKEN_CODE, Player
from accounts.sessions.engine import session_name
from accounts.sign_in import setup_link
from accounts.sign_in.forms import NewPlayerForm, SignInForm
from accounts.sign_in.signing_in import stay_signed_in
from accounts.signals import card_changed
from audit.trail import record
from live.layer import tell_session
from live.observe import counters
from live.rate_limits import client_address, enter
from store.sync_loop import run_sync

# The session field with the guest that this browser was before it signed in to an account.
GUEST = "guest"


def next_page(request: HttpRequest) -> str:
    """Where to go afterwards: the `next` parameter when it stays on this site, else the lobby."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    # Allow only paths: Django's `redirect` would take anything else for the name of a view.
    return target if safe and target.startswith("/") else "/"


@contextmanager
def _sockets_ended(request: HttpRequest) -> Iterator[None]:
    """After the block, close the sockets of the session that it ended or replaced, so that none opens in between."""
    session_key = request.session.session_key
    yield
    if session_key:
        run_sync(tell_session(session_name(session_key), "session.ended"))


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_up(request: HttpRequest) -> HttpResponse:
    """A new member; a guest becomes one and keeps their player, scores and session."""
    if request.player and not request.player.is_guest:
        return redirect(next_page(request))
    # Read again: an invalid form leaves the typed values in its instance, and the page also shows the player.
    guest = Player.objects.get(pk=request.player.pk) if request.player else None
    if request.method == "POST":
        run_sync(enter("sign_up_address", client_address(request)))
    form = NewPlayerForm(request.POST or None, instance=guest, initial={"name": ""})
    if request.method == "POST" and not form.is_valid() and (known := _signed_up_before(request, form)):
        with _sockets_ended(request):
            login(request, known)
        messages.success(request, _("Welcome, {name}!").format(name=known.name))
        return redirect(next_page(request))
    if request.method == "POST" and form.is_valid() and (player := form.save_or_refuse()):
        card_changed.send(Player, player=player)
        with _sockets_ended(request):
            (stay_signed_in if guest else login)(request, player)
        messages.success(request, _("Welcome, {name}!").format(name=player.name))
        return redirect(next_page(request))
    return _page(request, "accounts/sign_up.html", form)


def _signed_up_before(request: HttpRequest, form: NewPlayerForm) -> Player | None:
    """The member that this form created before, if its answer was lost. It counts as a try to sign in."""
    name, password = request.POST.get("name", "").strip(), request.POST.get("password", "")
    if not form.has_error("name", "unique") and not form.has_error("name", NAME_TAKEN_CODE):
        return None
    member = Player.objects.named(name).filter(is_guest=False, is_active=True, is_staff=False).first()
    if member is None or member.name != name or not password:
        return None
    run_sync(count_try(client_address(request), name.lower()))
    return member if member.check_password(password) else None


async def count_try(address: str, account: str) -> None:
    await enter("sign_in_address", address)
    # A tight limit per address and a loose one overall: guesses from elsewhere must not lock the owner out.
    await enter("sign_in_account_address", f"{account} {address}")
    await enter("sign_in_account", account)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign a member in. A guest is asked afterwards whether to bring their runs along."""
    is_member = request.player is not None and not request.player.is_guest
    if is_member and request.method != "POST" and not next_page(request).startswith("/admin/"):
        return redirect(next_page(request))  # The admin sends members without rights here, to sign in as somebody else.
    if request.method == "POST":
        # Before the password is hashed: guessing must cost the guesser, not us.
        run_sync(count_try(client_address(request), request.POST.get("name", "").strip().lower()))
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        guest = request.player if request.player and request.player.is_guest else None
        with _sockets_ended(request):
            login(request, form.cleaned_data["player"])
        messages.success(request, _("Welcome back, {name}!").format(name=request.user.name))
        if guest:
            # Signing in started a new session: record in it which guest this browser was. Nobody else can say so.
            request.session[GUEST] = guest.pk
            return redirect(f"{reverse('bring')}?{urlencode({'next': next_page(request)})}")
        return redirect(next_page(request))
    if request.method == "POST":
        counters.count("sign_in_failed")
    return _page(request, "accounts/sign_in.html", form)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.player is None:
        return redirect("/")
    with _sockets_ended(request):
        logout(request)
    messages.success(request, _("You are signed out."))
    return redirect("/")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """Make the first administrator, with the link that was printed at the start."""
    if Player.objects.filter(is_superuser=True).exists() or not run_sync(setup_link.is_open(token)):
        raise Http404(_("This link was used or has expired. Starting the site again prints a new one."))
    form = NewPlayerForm(request.POST or None)
    form.instance.is_staff = form.instance.is_superuser = True
    if request.method == "POST" and form.is_valid() and (player := _first_administrator(form, token)):
        with _sockets_ended(request):
            login(request, player)
        messages.success(request, _("You are the administrator now."))
        return redirect("/admin/")
    return _page(request, "accounts/set_up.html", form)


def _first_administrator(form: NewPlayerForm, token: str) -> Player | None:
    """Save the administrator if the link is still valid. A name that was just taken does not use the link up."""
    used = False
    try:
        with transaction.atomic():
            player = form.save_or_refuse()
            used = player is not None and run_sync(setup_link.use(token))
            if player and not used:
                raise Http404(_("This link was used a moment ago."))
            if player:
                record("add_administrator", "player", player.pk, by=player)
    except DatabaseError:
        if used:
            run_sync(setup_link.reopen(token))  # No administrator was created with it.
        raise
    return player


def _page(request: HttpRequest, template: str, form: object) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    return render(request, template, {"form": form, "next": next_page(request)}, status=status)
