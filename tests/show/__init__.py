"""A show of Ritmo for people: the same story over HTTP on both carriers, which must agree."""
