"""What the analytics room says: reports, pictures, and the facts that they were made from."""
