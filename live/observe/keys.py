"""The Redis keys of what processes say of themselves."""

from store.keys import Key

processes = Key(
    "observe:{processes}:numbers",
    "hash",
    "name of a web process · JSON of its `processes.Numbers`",
    stays="silent ones are dropped",
)
