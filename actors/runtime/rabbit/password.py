"""Passwords as RabbitMQ keeps them."""

import base64
import hashlib


def hashed(password: str, salt: bytes) -> str:
    """Hash a password as rabbit_password_hashing_sha256 does, with a salt of four bytes."""
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
