"""How pages write dates and numbers. Times are in UTC, and say so; numbers are as browsers write them."""

DATE_FORMAT = r"Y年n月j日"
DATETIME_FORMAT = r"Y年n月j日 H:i \U\T\C"
YEAR_MONTH_FORMAT = r"Y年n月"
THOUSAND_SEPARATOR = ","
DECIMAL_SEPARATOR = "."
NUMBER_GROUPING = 3
