"""Players: who they are, how they sign in, and their sessions."""
