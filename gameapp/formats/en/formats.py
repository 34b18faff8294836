"""Date formats of the admin: times are in UTC, and say so."""

DATETIME_FORMAT = r"Y-m-d H:i \U\T\C"
DATE_FORMAT = "Y-m-d"
