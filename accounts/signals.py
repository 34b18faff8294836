"""Signals that higher layers may react to."""

from django.dispatch import Signal

#: Sent with `player` after a name, country, guest state or visibility changed. Receivers are sync.
card_changed = Signal()
#: Sent with `player` after their list of followed players changed. Receivers are sync.
follows_changed = Signal()
#: Sent with `player` when operators delete an account; a higher layer removes all that is kept. Receivers are sync.
deletion_asked = Signal()
