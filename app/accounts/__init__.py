"""Accounts: workspaces, the people who sell in them, and who may do what."""
