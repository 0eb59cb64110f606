"""Durable jobs: written in the transaction that wants them, done at least once, visibly."""
