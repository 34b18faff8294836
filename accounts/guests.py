"""Guests: a player and a session made in one click."""

from asgiref.sync import sync_to_async
from django.contrib.auth import alogin
from django.http import HttpRequest

from accounts.models import Player
from live.rate_limits import client_address, enter


async def sign_in_as_guest(request: HttpRequest) -> Player:
    """Make a guest with a readable name and sign this browser in as them.

    Raises:
        TooMany: this address made too many guests of late.
    """
    address = client_address(request)
    await enter("guest_address", address)
    await enter("guest_address_day", address)
    guest = await sync_to_async(Player.objects.create_guest)()
    await alogin(request, guest)
    return guest
