"""The telegram room: the whole tracker in a chat.

It owns chats, who is linked to them, the updates that come from Telegram, and the calls of the Bot
API that go there. What it shows and changes belongs to other rooms: it asks them on behalf of whom
the chat is linked to.

An update is written down (`intake.py`) before Telegram is told that it came. A worker
(`workers.py`) takes the oldest open one of a chat and hands it to a screen (`screens/`, a router
each), which asks rooms and says what is to be sent: what it says, the state of the dialog and the
end of the update are one transaction. The sender (`sender.py`, one for each token) makes the calls,
no faster than Telegram allows. Facts of other rooms spoil the list of today, and it is drawn again.

It answers and does what `contracts/telegram.py` says; notices come as jobs from notifications, and
how they ended goes back as jobs. Without a token none of this runs, and aiogram is not loaded.
"""
