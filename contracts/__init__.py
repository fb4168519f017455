"""The language of Ritmo: what rooms, doors and the courier say to each other.

Pure data and small pure rules: pydantic, the standard library and UUIDv7 ids, nothing of ours.
"""
