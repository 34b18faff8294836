"""After a match: its end as an event, what SQL keeps of it, ratings, replays."""
