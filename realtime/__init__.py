"""Sockets: a thin skin over app. Parse, call one function, acknowledge. No SQL, no rules."""
