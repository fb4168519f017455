"""What the journal room decides."""
