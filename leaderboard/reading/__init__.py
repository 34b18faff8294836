"""Reading standings: pages, windows, who stands near whom."""
