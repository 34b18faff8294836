"""New players get their bits."""

import logging
from typing import Any

from django.db import transaction

from accounts.models import Player
from flags import flags
from flags.models import Experiment, Flag
from store.client import StoreUnavailable, run_sync

logger = logging.getLogger(__name__)


def include_new(instance: Player, created: bool, raw: bool = False, **_: Any) -> None:
    """Receiver of `post_save`. While Redis is away the bits are missing until the flags are written again."""
    if created and not raw and not instance.is_gone:
        # Afterwards: until then nobody else sees that there is such an id.
        transaction.on_commit(lambda: _include(instance))


def _include(player: Player) -> None:
    # SQL is read here: an async read from the other loop could wait for the very thread that we are in.
    definitions = [*Flag.objects.exclude(state=Flag.State.CHOSEN), *Experiment.objects.filter(is_running=True)]
    try:
        run_sync(flags.include(player.pk, definitions))
    except StoreUnavailable as error:
        logger.warning("player %s has no flags yet: %s", player.pk, error)
