"""Standings worked out anew from SQL and the stream."""
