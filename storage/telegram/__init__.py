"""What the telegram room remembers: updates, chats, links, and calls of the Bot API to be made."""
