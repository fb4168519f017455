"""Golden schemas of all contracts, one file a room; `python -m tests.golden` renews them.

Messages outlive the version that wrote them: they lie in queues while Ritmo is updated, and parts
of two versions talk to each other meanwhile. So contracts change by optional fields alone.
"""
