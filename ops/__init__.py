"""How Ritmo is put together and looked after: the command, the platform and checks."""
