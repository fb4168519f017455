"""Drills: compose.yaml started for real, one thing after another broken, and a ledger kept."""
