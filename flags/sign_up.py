"""New players get their bits."""

import logging
from typing import Any

from django.db import transaction

from accounts.models import Player
from flags import flags
from store.client import StoreUnavailable, run_sync

logger = logging.getLogger(__name__)


def include_new(instance: Player, created: bool, raw: bool = False, **_: Any) -> None:
    """Receiver of `post_save`. While Redis is away the bit is missing until the flag is written again."""
    if created and not raw and not instance.is_gone:
        # Afterwards: until then nobody else sees that there is such an id.
        transaction.on_commit(lambda: _include(instance))


def _include(player: Player) -> None:
    try:
        run_sync(flags.include(player))
    except StoreUnavailable as error:
        logger.warning("player %s has no flags yet: %s", player.pk, error)
