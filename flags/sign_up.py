"""New players get their bits."""

import logging
from typing import Any

from accounts.models import Player
from flags import flags
from store.client import StoreUnavailable, run_sync

logger = logging.getLogger(__name__)


def include_new(instance: Player, created: bool, raw: bool = False, **_: Any) -> None:
    """Receiver of `post_save`. While Redis is away the bit is missing until the flag is written again."""
    if not created or raw or instance.is_gone:
        return
    try:
        run_sync(flags.include(instance))
    except StoreUnavailable as error:
        logger.warning("player %s has no flags yet: %s", instance.pk, error)
