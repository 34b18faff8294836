"""What plays without people: demo players and bots; and the page of the protocol."""
