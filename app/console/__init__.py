"""The console: read-only pages over everything, live."""
