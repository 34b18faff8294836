"""What of a run is passed on: a few lines of text that give nothing away, and a picture of the result."""

import base64
import io
import math
from collections.abc import Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import translation
from django.utils.translation import gettext
from PIL import Image, ImageDraw, ImageFont

from games.daily.puzzles import day_of
from games.game import Game, find
from games.kept_runs import record, replay
from leaderboard.models import Run
from leaderboard.words import with_unit
from store import shared

SIZE = (1200, 630)
POINTS_SHOWN = 10
BLOCKS = "▁▂▃▄▅▆▇█"
FRESH_S = 10 * 60
GROUND, SURFACE, INK, SOFT, ACCENT = "#090d1a", "#111830", "#eef2ff", "#a6b2d8", "#3ddcff"


def title(run: Run, game: Game) -> str:
    """The game, or `Daily <game> 2026-11-28`."""
    day = day_of(run)
    return f"{gettext(game.daily.title)} {day.isoformat()}" if day and game.daily else game.title


async def text(run: Run, url: str) -> str:
    """Three lines: what was played, what was reached and how, and where it is. The heights are told by shape alone."""
    game = find(replay.record_of(run).game)
    shape = "".join(BLOCKS[level] for level in await _levels(run, game))
    return f"Gameapp · {title(run, game)}\n{with_unit(run.points, run.board)} {shape}\n{url}"


async def picture(run: Run) -> bytes:
    """The result as a PNG of 1,200 × 630 pixels, drawn once in ten minutes at most."""

    async def drawn() -> str:
        # One picture for all languages: its fonts do not have every script.
        with translation.override("en"):
            game = find(replay.record_of(run).game)
            levels = await _levels(run, game)
            return base64.b64encode(await sync_to_async(_drawn, thread_sensitive=False)(run, game, levels)).decode()

    return base64.b64decode(await shared.text(f"picture {run.pk} {run.player.shown_name}", FRESH_S, drawn))


async def _levels(run: Run, game: Game) -> list[int]:
    """How far the run had come at ten moments, each from 0 to 7."""
    return await sync_to_async(_levels_of, thread_sensitive=False)(run, game)


def _levels_of(run: Run, game: Game) -> list[int]:
    kept = replay.record_of(run)
    progress: Any = getattr(game.rules, "progress", game.rules.points)
    values = [progress(state) for state in record.states(game, kept.seed, kept.inputs)]
    chosen = [values[round(at * (len(values) - 1) / (POINTS_SHOWN - 1))] for at in range(POINTS_SHOWN)]
    most = max(chosen)
    return [math.ceil((len(BLOCKS) - 1) * value / most) if most else 0 for value in chosen]


def _drawn(run: Run, game: Game, levels: Sequence[int]) -> bytes:
    image = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((40, 40, SIZE[0] - 40, SIZE[1] - 40), 36, SURFACE)
    pen.text((90, 86), title(run, game), SOFT, ImageFont.load_default(46))
    result, size = with_unit(run.points, run.board), 128
    while pen.textlength(result, ImageFont.load_default(size)) > SIZE[0] - 180:
        size -= 8
    pen.text((90, 160), result, INK, ImageFont.load_default(size))
    pen.text((90, 320), f"by {run.player.shown_name}", SOFT, ImageFont.load_default(46))
    width, base = 56, SIZE[1] - 90
    for number, level in enumerate(levels):
        left = 90 + number * (width + 14)
        pen.rounded_rectangle((left, base - 12 - 16 * level, left + width, base), 8, ACCENT)
    pen.text((SIZE[0] - 90, base), "Gameapp", INK, ImageFont.load_default(56), anchor="rs")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
