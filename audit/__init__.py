"""The append-only audit trail: what operators did, when and why, with the values before and after."""
