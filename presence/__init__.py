"""Who is online: leases held by open sockets."""
