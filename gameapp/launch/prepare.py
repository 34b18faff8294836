"""The steps of a start that need Django: database, static files, demo players, and the final announcement."""

import argparse
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.db import DatabaseError
from rich.console import Console
from rich.progress import track

from accounts.models import Player
from accounts.sign_in import setup_link
from flags import flags
from gameapp.management.commands.collectstatic import write_bundles
from operators import identity as site_identity
from store.client import StoreUnavailable
from store.server import probe
from store.sync_loop import run_sync
from tools import demo

console = Console(highlight=False, soft_wrap=True)


class NotPrepared(Exception):
    """Why the site cannot start, in one line."""


def redis_able() -> None:
    """Raises NotPrepared when Redis cannot do what the site needs."""
    if found := run_sync(probe.problems()):
        raise NotPrepared(f"{found[0]}. docs/running.md says what Redis and its user need.")


def database() -> None:
    """Bring the tables up to date."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise NotPrepared(f"the database cannot be used: {str(error).strip()}. Look at DATABASE_URL.") from error


def identity() -> None:
    """Refuse stores that do not belong together, and write the site's id to new ones."""
    if found := run_sync(site_identity.problems()):
        raise NotPrepared(f"{found[0]}.")
    run_sync(site_identity.unite())


def static_files() -> None:
    """Collect and compress the static files, unless none has changed since the last time."""
    write_bundles()
    fingerprint = _fingerprint()
    note = Path(settings.STATIC_ROOT) / ".collected"
    if note.exists() and note.read_text() == fingerprint:
        return
    with console.status("Preparing static files…"):
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    note.write_text(fingerprint)


def _fingerprint() -> str:
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in finders.get_finders():
        for path, storage in finder.list([]):
            file = Path(storage.path(path))
            if file.is_relative_to(settings.BUNDLES_DIR):  # Written anew for each data folder, and the same in all.
                digest.update(file.read_bytes())
                continue
            stat = file.stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def flags_written() -> None:
    """Write the bitmaps of feature flags that Redis does not have."""
    run_sync(flags.write_missing())


def demo_players() -> None:
    """Plant demo players on a site that has no players at all."""
    if not Player.objects.exists():
        plan = demo.plan()
        for step in track(plan, "Planting demo players…", console=console, transient=True):
            run_sync(demo.plant(step))


def _setup_link(site: str) -> str:
    try:
        return f"{site}/accounts/setup/{run_sync(setup_link.new_token())}/ (works once, for 30 minutes)"
    except StoreUnavailable as error:  # The site is ready all the same.
        return f"start again for the link that makes one: {error}"


def announce(options: argparse.Namespace, redis: str, took_s: float) -> None:
    """Print the site's addresses, and where Redis and the data are."""
    site = settings.SITE_URLS[0]
    console.print(f"\n[bold]Gameapp is ready[/] after {took_s:.1f} s.\n")
    lines = [("Play", f"{site}/"), ("Admin", f"{site}/admin/"), ("Dashboard", f"{site}/dashboard/")]
    lines += [
        ("Also at", url)
        for url in settings.SITE_URLS[1:]
        if options.host in ("0.0.0.0", "::") and "127.0.0.1" not in url and "::1" not in url
    ]
    lines += [("Redis", redis), ("Data", str(settings.DATA_DIR))]
    if not Player.objects.filter(is_superuser=True).exists():
        lines.append(("First administrator", _setup_link(site)))
    if Player.objects.filter(is_demo=True).exists():
        elsewhere = "" if settings.DATA_DIR == settings.BASE_DIR / "var" else f"DATA_DIR={settings.DATA_DIR} "
        lines.append(("Demo players", f"remove them with: {elsewhere}.venv/bin/python manage.py demo --remove"))
    for title, text in lines:
        console.print(f"  {title:<20} {text}", markup=False)
    console.print("\n  Press Ctrl-C to stop. Nothing is lost.\n")
