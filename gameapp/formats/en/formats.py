"""How the admin writes times: UTC, and saying so."""

DATETIME_FORMAT = r"Y-m-d H:i \U\T\C"
DATE_FORMAT = "Y-m-d"
