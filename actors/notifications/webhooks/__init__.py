"""Notices over Apprise (ntfy, Matrix, Telegram, webhooks …), at an address that a person gave.

The address is a stranger's choice, and so is the server behind it. What talks to it therefore
stands outside of Ritmo: a helper process (`process`) loads Apprise and forks a child for each
notice. The child knows no settings, secrets or proxies, may open no file but those of Python,
starts no program, connects to public addresses alone (`guard`: checked when it connects, whatever
a name server, a redirect or a discovery said), and is ended by the kernel when its time is over.
`plugins` lists the services that are allowed, with their parameters. `client` is Ritmo's side.
"""
