"""A kill -9 between sending a mail and writing that down: it comes, and at most once more."""

import signal
from pathlib import Path

from tests.journeys.post import changed, post_office
from tests.journeys.running import PASSWORD, Up, until, up

LEASE_IS_OVER = (
    "UPDATE notifications.deliveries SET due_at = now() - interval '1 second'"
    " WHERE state = 'sending'"
)


def test_a_kill_between_sending_and_recording(data: Path) -> None:
    with post_office(withholds=True) as office:
        given = {"smtp_url": f"{office.url}?tls=none", "mail_from": "ritmo@example.org"}
        first = Up(data, port=None, real=False, **given)
        try:
            until(first.ready, "Ritmo is ready")
            words = {"email": "ada@example.org", "password": PASSWORD}
            assert first.client.post("/v1/auth/register", json=words).status_code == 202
            until(lambda: len(office.taken) == 1, "a mail was taken")
            first.process.send_signal(signal.SIGKILL)
            assert first.process.wait(60) == -signal.SIGKILL
        finally:
            first.stop()
        office.let_go()
        with up(data, real=False, **given) as again:
            assert changed(again, LEASE_IS_OVER) == 1
            until(lambda: len(office.taken) == 2, "it is sent once more, to be sure")
            sent = "UPDATE notifications.deliveries SET detail = '' WHERE state = 'sent'"
            until(lambda: changed(again, sent) == 1, "it is written down")
            assert changed(again, LEASE_IS_OVER) == 0
        assert len({one.message_id for one in office.taken}) == 1, "a mail program sees one mail"
        assert len(office.taken) == 2
