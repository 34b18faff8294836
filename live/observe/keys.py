"""The Redis keys of the processes' reports."""

from store.keys import Key

processes = Key(
    "observe:{processes}:numbers",
    "hash",
    "name of a web process · JSON of its `processes.Numbers`",
    stays="silent ones are dropped",
)
