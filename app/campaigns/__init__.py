"""Campaigns: an offer, its public site, the modules it sells with, and the leads it brings."""
