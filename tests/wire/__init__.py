"""What holds on either bus. A package, so that all of it shares one RabbitMQ."""
