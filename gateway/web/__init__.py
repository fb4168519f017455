"""Pages for people: the web app, the documentation at `/docs`, and how Ritmo is at `/status`.

Each module here that has a `router` is found. Pages are templates and forms that work without a
script; scripts are modules in `files/` that make them quicker. Nothing comes from another host.
"""
