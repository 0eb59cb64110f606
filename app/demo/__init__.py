"""The demo: a workspace to look around in, built by the same commands the pages use."""

from app.demo.building import build_demo
from app.demo.simulation import simulate_visits

__all__ = ["build_demo", "simulate_visits"]
