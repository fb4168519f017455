"""What the analytics room decides."""
