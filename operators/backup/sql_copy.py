"""Consistent copies of the SQL database: an SQLite file, or what pg_dump writes."""

import contextlib
import os
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

#: The row count of a table in a pg_dump, which lists its tables but not how many rows they have.
UNCOUNTED = -1


class CopyFailed(Exception):
    """Why SQL could not be copied, or a copy is no good, in one line."""


def save(path: Path) -> None:
    """Copy the database in use to a file, while others use it.

    Raises:
        CopyFailed: it is neither SQLite nor PostgreSQL, or pg_dump failed.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with contextlib.closing(sqlite3.connect(path)) as target:
            connection.connection.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
    elif connection.vendor == "postgresql":
        _postgres("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
    else:
        raise CopyFailed(f"only SQLite and PostgreSQL are copied, not {connection.vendor}")


def _postgres(tool: str, *options: str) -> None:
    command, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    _run([tool, *command[1:-1], f"--dbname={command[-1]}", *options], environment or {})


def _run(command: list[str], environment: Mapping[str, str] = MappingProxyType({})) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    except OSError as error:
        raise CopyFailed(f"{command[0]} cannot be run: {error.strerror}; install PostgreSQL's client tools") from error
    if done.returncode:
        raise CopyFailed(f"{command[0]}: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    return done.stdout


def rows() -> dict[str, int]:
    """How many rows each table of the database in use has."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 (our own tables)
            found[table] = cursor.fetchone()[0]
    return found


def rows_in(path: Path) -> dict[str, int]:
    """How many rows each table of a copy has, after an integrity check by SQLite; tables of a pg_dump are not counted.

    Raises:
        CopyFailed: it is damaged.
    """
    if path.suffix == ".pgdump":
        lines = [
            line.split() for line in _run(["pg_restore", "--list", str(path)]).splitlines() if " TABLE DATA " in line
        ]
        return {line[6]: UNCOUNTED for line in lines}
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as copy:
            [said] = copy.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise CopyFailed(f"SQLite finds the copy damaged: {said}")
            tables = copy.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            counts = [(table, copy.execute(f'SELECT count(*) FROM "{table}"')) for (table,) in tables]  # noqa: S608
            return {table: counted.fetchone()[0] for table, counted in counts}
    except sqlite3.DatabaseError as error:
        raise CopyFailed(f"SQLite cannot read the copy: {error}") from error


def migrations() -> list[str]:
    """The migrations that made the tables of the database in use."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def unknown(applied: list[str]) -> list[str]:
    """The migrations among `applied` that this version of Gameapp does not have."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    return sorted(set(applied) - known)


def file_in_use() -> Path:
    """SQLite's file."""
    return Path(connection.settings_dict["NAME"])


#: The schema that holds the current tables while a copy replaces them.
ASIDE = "gameapp_before_restore"


def restore(path: Path) -> None:
    """Replace everything in the PostgreSQL database in use with a copy.

    pg_restore talks to the database directly, while psql would run any shell command in a script. The current tables
    are moved to another schema, and moved back if the copy cannot be read.

    Raises:
        CopyFailed: it failed, and the database is as it was.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = %s", [ASIDE])
        if cursor.fetchone() is None:
            cursor.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}")
        else:  # Left by a restore that was killed: drop what it had written so far.
            cursor.execute("DROP SCHEMA IF EXISTS public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()
    try:
        _postgres_restore(path)
    except CopyFailed:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute(f"ALTER SCHEMA {ASIDE} RENAME TO public")
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {ASIDE} CASCADE")
    connection.close()


def _postgres_restore(path: Path) -> None:
    options = ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", "--schema=public"]
    command, environment = connection.client.settings_to_cmd_args_env(connection.settings_dict, [])
    _run(["pg_restore", *command[1:-1], f"--dbname={command[-1]}", *options, str(path)], environment or {})
