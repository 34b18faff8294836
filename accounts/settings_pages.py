"""What players decide about themselves: looks, name, password, email address, and which devices stay signed in."""

import contextlib
import contextvars
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import send_mail
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.http import urlsafe_base64_decode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.models import Player
from accounts.sessions import engine
from accounts.sign_in import mail_address
from accounts.sign_in.forms import ChangePasswordForm, ForgotForm, MailForm, NewPasswordForm, RenameForm, SettingsForm
from accounts.sign_in.signing_in import stay_signed_in_alone
from accounts.sign_in.views import count_try
from accounts.signals import card_changed
from live.rate_limits import client_address, enter
from store.client import StoreUnavailable
from store.sync_loop import run_sync
from store.trouble import SQL_TROUBLE

logger = logging.getLogger(__name__)

# Mail is sent in the background, so that the response time does not reveal whether an account exists.
_mail = ThreadPoolExecutor(1, thread_name_prefix="mail")


def _own(request: HttpRequest) -> Player:
    # Read again: an invalid form leaves the typed values in its instance, and the page also shows the player.
    return Player.objects.get(pk=request.player.pk)


def _page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    return render(request, f"accounts/{template}.html", context, status=422 if request.method == "POST" else 200)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Looks, sound and who may see the player; a guest may choose, too."""
    form = SettingsForm(request.POST or None, instance=_own(request))
    if request.method == "POST" and form.is_valid() and (player := form.save_or_refuse()):
        card_changed.send(Player, player=player)
        with translation.override(player.language or translation.get_language()):
            messages.success(request, _("Saved."))
        return redirect("accounts:settings")
    return _page(request, "settings", form=form)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def rename(request: HttpRequest) -> HttpResponse:
    """A new name, once in 30 days. A guest chooses one by signing up."""
    if request.player.is_guest:
        return redirect("accounts:sign_up")
    form = RenameForm(request.POST or None, instance=_own(request))
    if request.method == "POST" and form.is_valid() and (player := form.save_or_refuse()):
        card_changed.send(Player, player=player)
        messages.success(request, _("You are {name} now.").format(name=player.name))
        return redirect("accounts:rename")
    return _page(request, "rename", form=form)


@never_cache
@sensitive_post_parameters()
@login_required
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """A new password, or an email address; both ask for the password. A new one ends every other session."""
    if request.player.is_guest:
        return redirect("accounts:sign_up")
    player = _own(request)
    which = request.POST.get("form", "")
    change = ChangePasswordForm(player, request.POST if which == "password" else None)
    mail = MailForm(
        player, request.POST if which == "mail" else None, initial={"email": player.email}, auto_id="mail_%s"
    )
    if request.method == "POST":
        run_sync(count_try(client_address(request), player.name.lower()))
    if change.is_bound and change.is_valid():
        # Redis first: if it failed after SQL, the password would be changed but every device still signed in.
        stay_signed_in_alone(request, change.prepare())
        if change.save():
            messages.success(request, _("Your password is changed. Every other device is signed out."))
        else:
            messages.error(request, _("Your password was changed elsewhere this very moment. Sign in with that one."))
        return redirect("accounts:password")
    if mail.is_bound and mail.is_valid():
        messages.success(request, _ask_to_confirm(request, mail))
        return redirect("accounts:password")
    return _page(request, "password", change=change, mail=mail)


def _ask_to_confirm(request: HttpRequest, form: MailForm) -> str:
    """Store a requested address, mail a link to it, and return a message. Opening the link confirms the address."""
    address = form.save()
    if not address:
        return _("No email address is kept any more.")
    if address == form.player.email:
        return _("{address} is confirmed already.").format(address=address)
    # Not limited by email address: otherwise anyone could use up the limit of somebody else's address.
    run_sync(enter("confirm_player", str(form.player.pk)))
    run_sync(enter("confirm_address", client_address(request)))
    link = mail_address.link(form.player, address)
    _mail.submit(
        contextvars.copy_context().run, _send_confirmation, address, f"{_site_url(request)}{link}", form.player.name
    )
    return _("A mail with a link is on its way to {address}. The address counts once you open the link.").format(
        address=address
    )


def _send_confirmation(address: str, link: str, name: str) -> None:
    try:
        send_mail(
            _("Confirm your email address"),
            render_to_string("accounts/mail/confirm.txt", {"link": link, "name": name}),
            None,
            [address],
        )
    except OSError as error:
        logger.error("a mail was not sent: %s", error)


def _site_url(request: HttpRequest) -> str:
    """The base URL of mailed links. With SITE_URLS set, never the Host of a request."""
    if django_settings.SITE_URLS:
        return django_settings.SITE_URLS[0]
    return f"{request.scheme}://{request.get_host()}"  # In development; the Host is one of ALLOWED_HOSTS.


@never_cache
@require_http_methods(["GET", "POST"])
def confirm_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an email address with its mailed link. It takes a click on the page, since programs also open links."""
    found = mail_address.find(token)
    if found is None:
        return render(request, "accounts/expired.html", {"about": "address"}, status=404)
    player, address = found
    if request.method == "POST":
        if not mail_address.confirm(player, address):
            return render(request, "accounts/expired.html", {"about": "address"}, status=404)
        messages.success(request, _("{address} is confirmed.").format(address=address))
        return redirect("accounts:password" if request.player else "games:lobby")
    return _page(request, "confirm_mail", address=address, name=player.name)


@never_cache
@login_required
@require_http_methods(["GET"])
def devices(request: HttpRequest) -> HttpResponse:
    """Where the player is signed in."""
    own = engine.session_name(request.session.session_key)
    found = run_sync(engine.devices(request.player.pk))
    return _page(request, "devices", devices=found, own=own)


@login_required
def end_devices(request: HttpRequest) -> HttpResponse:
    """Sign one other device out (`device`), or all others. A GET, as after signing in, redirects to the list."""
    if request.method != "POST":
        return redirect("accounts:devices")
    own, name = engine.session_name(request.session.session_key), request.POST.get("device", "")
    if name == own:
        messages.info(request, _("That is this device. Sign out to end it."))
    elif name:
        ended = run_sync(engine.end_session(request.player.pk, name))
        messages.success(request, _("That device is signed out.") if ended else _("That device was signed out before."))
    else:
        count = run_sync(engine.end_sessions(request.player.pk, but=own))
        messages.success(
            request,
            ngettext("{count} other device is signed out.", "{count} other devices are signed out.", count).format(
                count=count
            ),
        )
    return redirect("accounts:devices")


@never_cache
@require_http_methods(["GET", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Send a link for a new password; the answer is the same whether somebody has that email address or not."""
    form = ForgotForm(request.POST or None)
    if request.method == "POST":
        run_sync(enter("reset_address", client_address(request)))
    if request.method == "POST" and form.is_valid():
        run_sync(enter("reset_mail", form.cleaned_data["email"].lower()))
        _mail.submit(contextvars.copy_context().run, _send_link, form, _site_url(request))
        return render(request, "accounts/forgot_sent.html", {"email": form.cleaned_data["email"]})
    return _page(request, "forgot", form=form, can_mail=bool(django_settings.EMAIL_HOST))


def _send_link(form: ForgotForm, site_url: str) -> None:
    scheme, _, host = site_url.partition("://")
    try:
        form.save(
            domain_override=host,
            use_https=scheme == "https",
            subject_template_name="accounts/mail/reset_subject.txt",
            email_template_name="accounts/mail/reset.txt",
        )
    except (OSError, *SQL_TROUBLE) as error:
        logger.error("a mail was not sent: %s", error)
    finally:
        connections.close_all()


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def reset(request: HttpRequest, player: str, token: str) -> HttpResponse:
    """Choose a new password with a link from a mail; it works once, for an hour. Every session ends."""
    found = _player_of(player)
    if found is None or not default_token_generator.check_token(found, token):
        return render(request, "accounts/expired.html", status=404)
    form = NewPasswordForm(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        form.prepare()
        run_sync(engine.end_sessions(found.pk))  # Before SQL: if Redis is away, nothing has changed yet.
        if not form.save():
            return render(request, "accounts/expired.html", status=404)  # Another tab has just used it.
        logout(request)  # This browser's session may have just ended, and the next steps need one.
        with contextlib.suppress(StoreUnavailable):  # Sessions opened in between are invalid anyway.
            run_sync(engine.end_sessions(found.pk))
        messages.success(request, _("Your password is changed. Sign in with it."))
        return redirect("accounts:sign_in")
    return _page(request, "reset", form=form)


def _player_of(encoded: str) -> Player | None:
    try:
        return Player.objects.filter(pk=int(urlsafe_base64_decode(encoded)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
