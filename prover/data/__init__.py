"""Benchmarks on disk: where they are (`locate`), and how they get there (`get`)."""

from prover.data.fetch import SOURCES, cache_folder, get
from prover.data.places import locate

__all__ = ["SOURCES", "cache_folder", "get", "locate"]
