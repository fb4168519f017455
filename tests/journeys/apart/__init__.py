"""Journeys over one Ritmo whose parts are processes of their own, over a RabbitMQ."""
