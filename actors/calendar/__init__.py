"""The calendar room: what a person plans, and has done, as calendars that other programs read.

It owns feeds: what each shows, the hash of the secret in its address, and the file as it was
written last. Of people, habits, days, breaks and entries it keeps a replica; when something of
them is news, the files that show it are written anew at the next look.

It answers what `contracts/calendar.py` asks. On behalf of whose feed it is it asks reminders for
the times at which a calendar is to ring.

What stands in a calendar is decided in `domain.py`, without I/O; `ics.py` writes it down
(RFC 5545); `contents.py` gathers it, and `feeds.py` gives it to who may see it.
"""
