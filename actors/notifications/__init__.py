"""The notifications room: how people are reached.

It owns channels, the ledger of deliveries, templates, the key that signs links in mails, and what
a press on a link does. Of people it keeps a replica: their address, name and language.

It does what `contracts/notifications.py` orders, and answers what `contracts/deliveries.py`,
`links.py` and `digests.py` ask. On behalf of whoever is written to it asks reminders how things
stand and analytics for a digest when either is sent; on behalf of whoever pressed a link it asks
habits to log a day, and reminders to move. It tells through which channels a person is reached.

A row of the ledger is `pending`; a sender (`sender.py`) claims it for a while, has it put into
words (`composer.py`, `texts.py`, `digest_text.py`), sends it through a channel (`channels/`, one
file each) and writes down what became of it (`domain.py`): `sent`, `retry`, `failed`, `suppressed`
(the address takes no mail) or `expired` (too late to be of use). `link_token.py` signs what
`links.py` obeys.
"""
