"""RabbitMQ, and all that knows it.

`topology` names the exchanges and queues, `line` keeps a connection, `asking` is the bus of whoever
asks, `answering` opens a room with FastStream, `telling` publishes what the courier carries.
"""
