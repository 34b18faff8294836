"""What other floors may react to."""

from django.dispatch import Signal

#: Sent with `player` after a name, country or guest state changed. Receivers are sync.
card_changed = Signal()
