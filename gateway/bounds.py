"""What the gateway takes at most. Every limit stands here, and is told in docs/security.md.

They bound what one request can cost anybody else: nothing that is sent may hold the event loop for
longer than 50 ms. How many requests a minute are taken is a setting (`RITMO_RATE_PER_MINUTE`).
"""

# A connection.

MAX_CONNECTIONS = 800
"""Connections that are open at once, beside those that carry a stream of events; for a further one,
the longest idle or slow one is closed.
"""

MAX_CONNECTIONS_PER_ADDRESS = 100
"""Connections of one address (of one /64 in IPv6) that is no trusted proxy."""

MAX_PIPELINED = 16
"""Requests of one connection that wait while an earlier one is answered."""

IDLE_SECONDS = 65
"""Seconds for which a connection without a request is kept."""

READER_SECONDS = 30
"""Seconds for which an answer waits for a client that reads nothing of it."""

LINGER_SECONDS = 5
"""Seconds for which the rest of a request that was answered already is read, and dropped."""

# A request.

MAX_HEAD_BYTES = 32 << 10
"""Bytes of the request line and all headers, trailers included."""

MAX_HEADERS = 100
"""Headers of a request."""

HEAD_SECONDS = 10
"""Seconds within which the request line and the headers must have come."""

MAX_PARAMETERS = 50
"""Parameters of a query string."""

BODY_SECONDS = 10
"""Seconds within which the next piece of a body must come."""

MIN_BODY_RATE = 1 << 10
"""Bytes of body a second, on average after the first `BODY_SECONDS`; a slower one is given up."""

MAX_CHUNKS = 1000
"""Chunks of a body (RFC 9112, section 7.1) that may be small."""

MIN_CHUNK_BYTES = 256
"""Bytes of a chunk, on average, of all chunks beyond that."""

MAX_BODY_BYTES = 1 << 20
"""Bytes of a body."""

MAX_AUTH_BODY_BYTES = 64 << 10
"""Bytes of a body below /v1/auth/, where nobody has logged in yet."""

MAX_UPLOAD_BYTES = 50 << 20
"""Bytes of a body that brings a file."""

# A JSON body.

MAX_KEYS = 200
"""Keys of one JSON object; one that comes twice counts twice."""

MAX_ELEMENTS = 1000
"""Elements of all arrays of a JSON body; an empty array counts as one."""

MAX_TOKENS = 20_000
"""Strings, brackets, colons and commas of a JSON body."""

MAX_DEPTH = 32
"""Objects and arrays of a JSON body inside each other."""

# A form.

MAX_FORM_BYTES = 2000
"""Bytes of a form that a page sends."""

MAX_FORM_FIELDS = 10
"""Fields of a form, that of an upload included."""

MAX_PAGE_BYTES, MAX_PAGE_FIELDS = 350_000, 100
"""Bytes and fields of a form of a page for whoever has signed in, such as an entry
of the diary: its longest text in Cyrillic, whose letters take six bytes each, and more."""

MAX_FORM_FILES = 1
"""Files of an upload."""

# A password.

MAX_HASHES = 4
"""Requests that have a password hashed at once: fewer than a room works on, so that others pass."""

MAX_HASHES_WAITING = 16
"""Requests that wait for that; a further one is told to come again."""

HASH_SECONDS = 2
"""Seconds for which they wait."""

# A hook.

MAX_HOOK_USES = 60
"""Uses of one hook in a minute, from wherever."""

# A stream of events.

MAX_STREAMS = 1500
"""Streams that are open at once, beside the other connections."""

MAX_STREAMS_PER_PERSON = 10
"""Streams of one person at one gateway."""

MAX_EVENT_BYTES = 4 << 10
"""Bytes of what an event tells; a longer one tells only what it is about."""

MAX_EVENTS_WAITING = 200
"""Events that wait for a reader; one who lets more wait is dropped."""

MAX_EVENTS_KEPT = 5000
"""Events of all people that are kept for those who were cut off."""

# An error.

MAX_ERRORS = 20
"""Errors that are listed of one request."""

MAX_QUOTED = 100
"""Characters of a name or value that an error repeats."""
