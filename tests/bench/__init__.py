"""Benches: Ritmo beside a plain monolith that does the same work, in one run on one machine.

`python -m tests.bench` runs every scenario, `python -m tests.bench ONLY=embedded` one of them. Each
figure is printed on a line of its own, and what it was taken from in tables above.
"""
