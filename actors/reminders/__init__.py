"""The reminders room: what a person is told, when, and through which door.

It owns rules and when each comes next, how people want to be reminded, what became of every fire,
the ledger of deliveries, and the key that signs links in mails. Of people, habits, days, breaks and
diaries it keeps small copies, from facts alone.

It answers what `contracts/reminders.py` and `contracts/deliveries.py` ask. It asks the habits room,
on behalf of whoever pressed a link, to log a day or take that back; and analytics for digests that
are due. It hears the facts of people, habits, days, breaks and diaries, and that a user is gone; it
sends mails and digests.

Deciding: `firing.py` (when), `domain.py` (whether), `smart.py` (the usual time); `claiming.py`
and `striking.py` are struck by the clock. Delivering: a row of the ledger is `pending`; a sender
(`sending.py`) claims it for a minute, sends it through a door (`outside.py`, `smtp.py`,
`webhooks.py`) and writes down what became of it (`delivering.py`, pure): `sent`, `retry`, `failed`,
`suppressed` (the address takes no mail) or `expired` (too late to be of use). Letters are worded in
`occasions.py` and `digests.py`, written by `letters.py` and put into envelopes by `envelope.py`.
`links.py` signs what `acting.py` obeys.
"""
