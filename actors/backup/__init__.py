"""The backup room: what people take away of theirs.

It asks every room for what it holds of a person (`<room>.export_rows`), writes it into a file, and
keeps that for a day. It answers all that `contracts/exports.py` asks.
"""
