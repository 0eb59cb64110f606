"""Prospects: people, companies and what happened with them. The built-in CRM."""
