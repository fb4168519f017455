"""What the test of the generated client runs in an environment of its own."""
