"""How English pages write days and moments: in the one order that nobody reads in another."""

SHORT_DATE_FORMAT = "Y-m-d"
SHORT_DATETIME_FORMAT = "Y-m-d H:i"
