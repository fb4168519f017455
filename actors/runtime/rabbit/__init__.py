"""RabbitMQ, and all that knows it.

`topology` names the exchanges and queues, `line` keeps a connection, `bus` is the bus of whoever
asks, `broker` opens a room with FastStream, `publisher` publishes what the courier carries.
"""
