"""How often somebody may do something; see store/limits.py.

Limits are per account first; those per address are a loose outer bound, since a school shares one. A sign-in stays
closed while Redis is away, because nobody could count the tries. A move stays open, since it needs Redis anyway and its
own answer says what is wrong.
"""

from store.limits import Policy

POLICIES = {
    "sign_in_account_address": Policy(limit=10, window_s=300, sliding=True),
    "sign_in_account": Policy(limit=100, window_s=300, sliding=True),
    "sign_in_address": Policy(limit=300, window_s=300),
    # Every form, before it is parsed.
    "post_address": Policy(limit=3_000, window_s=60, opens_when_away=True),
    "reset_address": Policy(limit=20, window_s=3600),
    "reset_mail": Policy(limit=3, window_s=3600),
    "confirm_player": Policy(limit=5, window_s=3600),
    "confirm_address": Policy(limit=40, window_s=3600),
    "sign_up_address": Policy(limit=200, window_s=3600),
    # How much data one address can create: guests are kept for 30 days, runs for ever.
    "guest_address": Policy(limit=300, window_s=600),
    "guest_address_day": Policy(limit=3_000, window_s=24 * 60 * 60),
    "run_start_address": Policy(limit=2_000, window_s=60, opens_when_away=True),
    "shop": Policy(limit=120, window_s=60),
    "delete_address": Policy(limit=60, window_s=3600),
    "export": Policy(limit=10, window_s=3600),
    "replay": Policy(limit=120, window_s=60, opens_when_away=True),
    "nearby": Policy(limit=6, window_s=24 * 60 * 60),
    "nearby_look": Policy(limit=60, window_s=60 * 60),
    "follow": Policy(limit=60, window_s=60),
    "run_start": Policy(limit=200, window_s=60, opens_when_away=True),
    "move": Policy(limit=10_000, window_s=60, opens_when_away=True),
    # At most one input a tick is played: more only wait.
    "room_input": Policy(limit=3_000, window_s=60, opens_when_away=True),
    "emote": Policy(limit=20, window_s=60),
    "watch_address": Policy(limit=6_000, window_s=60, opens_when_away=True),
    "room_make": Policy(limit=60, window_s=60),
    # How often somebody may challenge, and be challenged by all together.
    "challenge": Policy(limit=20, window_s=60),
    "challenged": Policy(limit=10, window_s=60),
    "handshake_session": Policy(limit=600, window_s=60, opens_when_away=True),
    "handshake_address": Policy(limit=20_000, window_s=60, opens_when_away=True),
    "message_player": Policy(limit=12_000, window_s=60, opens_when_away=True),
    "message_address": Policy(limit=120_000, window_s=60, opens_when_away=True),
    "passed": Policy(limit=1, window_s=60),
}
