"""How pages write dates and numbers. Times are in UTC, and say so; numbers are as browsers write them."""

DATE_FORMAT = r"j M Y"
DATETIME_FORMAT = r"j M Y, H:i \U\T\C"
YEAR_MONTH_FORMAT = r"F Y"
THOUSAND_SEPARATOR = ","
DECIMAL_SEPARATOR = "."
NUMBER_GROUPING = 3
