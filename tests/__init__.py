"""Tests, benches and shows; none of it is shipped."""
