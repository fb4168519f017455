"""What analytics remembers: a log of facts, the read model folded from it, and how far it is."""
