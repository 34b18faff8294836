"""A player as a whole: the profile, a guest who becomes a member, export and deletion."""
