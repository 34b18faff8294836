"""Who is here: leases of open sockets, and the day's unique visitors."""
