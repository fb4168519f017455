"""The memory of Ritmo: SQLAlchemy Core tables and queries, one file per owner.

A room's tables live in a schema of its name and only that room imports the file. Every function
takes the transaction first and the user second: nobody can forget whose thing it is.
"""
