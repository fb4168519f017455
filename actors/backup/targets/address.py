"""The addresses of targets: a path, or `s3://key:secret@host/bucket/prefix?region=…`."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from actors.backup.targets.folder import FolderTarget
from actors.backup.targets.protocol import BackupTarget


class BadTarget(Exception):
    """An address of a target makes no sense; the message holds no secret."""


@dataclass(frozen=True, slots=True)
class BucketPlace:
    """A bucket of a store that speaks S3, and who we are there."""

    endpoint: str
    bucket: str
    prefix: str
    region: str
    key: str
    secret: str

    def __repr__(self) -> str:
        """Show it without its secret."""
        return f"BucketPlace({self.endpoint}/{self.bucket}/{self.prefix})"


def target_of(address: str) -> BackupTarget:
    """Return the target of an address. Raises BadTarget."""
    scheme = address.partition("://")[0]
    if scheme in ("s3", "s3+http"):
        from actors.backup.targets.s3 import S3Bucket  # heavy

        return S3Bucket(place_of(address))
    if "://" in address:
        raise BadTarget(
            "RITMO_BACKUP_TARGETS: write a folder, or s3://key:secret@host/bucket/prefix."
        )
    return FolderTarget(Path(address).expanduser().resolve())


def place_of(address: str) -> BucketPlace:
    """Read the address of a bucket. Raises BadTarget."""
    parts = urlsplit(address)
    bucket, _, prefix = unquote(parts.path).lstrip("/").partition("/")
    try:
        port = parts.port
    except ValueError:
        port = None
    if not (parts.hostname and parts.username and parts.password and bucket):
        raise BadTarget(
            "RITMO_BACKUP_TARGETS: write a bucket as s3://key:secret@host/bucket/prefix, with / in "
            "key and secret as %2F and + as %2B."
        )
    scheme = "http" if parts.scheme == "s3+http" else "https"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return BucketPlace(
        endpoint=f"{scheme}://{host}" + (f":{port}" if port else ""),
        bucket=bucket,
        prefix=prefix.strip("/"),
        region=parse_qs(parts.query).get("region", ["us-east-1"])[0],
        key=unquote(parts.username),
        secret=unquote(parts.password),
    )
