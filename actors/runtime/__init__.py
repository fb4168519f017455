"""How rooms run: declared once (`room`), guarded at one edge (`edge`), carried in the same
process (`local`) or over RabbitMQ (`rabbit`). Facts are taken from the outbox by the `courier`.
"""
