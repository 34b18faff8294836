"""After each test the database is as `migrate` leaves it. What its signal adds is copied, not computed again."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.commands import flush
from django.db import connection, transaction

#: Rows by table, and the names of its columns.
Copy = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


def copied() -> Copy:
    """The rows of every table that has some."""
    found: Copy = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            if rows := cursor.fetchall():
                found[table] = [column[0] for column in cursor.description], rows
    return found


def put_back(copy: Copy) -> None:
    """Insert the copied rows into empty tables. Constraints are checked at the end."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table, (columns, rows) in copy.items():
            names = ", ".join(map(connection.ops.quote_name, columns))
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {connection.ops.quote_name(table)} ({names}) VALUES ({places})", rows)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Migrated tables. Django empties them after a test that commits, and then asks every app to fill them again.

    Asking takes longer than most tests: content types, permissions, roles, flags and boards are looked up one by one.
    """
    with django_db_blocker.unblock():
        # Tables that are used again, by --reuse-db, may hold more.
        call_command("flush", verbosity=0, interactive=False, reset_sequences=False)
        copy = copied()
    asked = flush.emit_post_migrate_signal
    flush.emit_post_migrate_signal = lambda *_, **__: put_back(copy)
    yield
    flush.emit_post_migrate_signal = asked
