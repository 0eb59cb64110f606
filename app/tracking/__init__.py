"""Tracking: visits, acts and consent. Nothing is stored of anybody who has not said yes."""
