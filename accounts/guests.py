"""Guests: a player and a session made in one click."""

import re

from asgiref.sync import sync_to_async
from django.contrib.auth import alogin
from django.http import HttpRequest

from accounts.models import Player
from live.rate_limits import client_address, enter

_REGION = re.compile(r"^[a-z]{2,3}(?:-[A-Za-z]{4})?-([A-Z]{2})$")


async def sign_in_as_guest(request: HttpRequest) -> Player:
    """Make a guest with a readable name and sign this browser in as them.

    Raises:
        TooMany: this address made too many guests of late.
    """
    address = client_address(request)
    await enter("guest_address", address)
    await enter("guest_address_day", address)
    country = country_of(request.headers.get("Accept-Language", ""))
    guest = await sync_to_async(Player.objects.create_guest)(country)
    await alogin(request, guest)
    return guest


def country_of(accept_language: str) -> str:
    """The country that the first preferred language names (`de-AT` → `AT`), or empty. A guess, free to be changed."""
    first = accept_language.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0].strip()
    found = _REGION.match(first)
    return found.group(1) if found else ""
