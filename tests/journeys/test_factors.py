"""A second factor and a passkey, over HTTP."""

import subprocess
import sys

import httpx
from pyotp import TOTP

from tests.authenticator import Authenticator
from tests.journeys.running import PASSWORD, Up, register

EMAIL = "factors@example.org"


def login(client: httpx.Client, **more: object) -> httpx.Response:
    return client.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD, **more})


def test_a_login_asks_for_the_second_factor(embedded: Up) -> None:
    client = embedded.client
    header = register(client, EMAIL)
    begun = client.post("/v1/auth/totp", headers=header).json()
    assert begun["uri"].startswith("otpauth://totp/Ritmo:factors%40example.org?")
    app = TOTP(begun["secret"])
    code = {"code": app.now()}
    confirmed = client.post("/v1/auth/totp/confirm", headers=header, json=code)
    assert confirmed.status_code == 200, confirmed.text
    refused = login(client)
    assert (refused.status_code, refused.json()["code"]) == (401, "otp_required")
    russian = client.post(
        "/v1/auth/login",
        json={"email": EMAIL, "password": PASSWORD},
        headers={"Accept-Language": "ru"},
    )
    assert russian.json()["detail"] == "Введите ещё и код из приложения-аутентификатора."
    assert login(client, otp="000000").json()["code"] == "wrong_otp"
    recovery = confirmed.json()["codes"][0]
    assert login(client, otp=recovery).status_code == 200
    assert login(client, otp=recovery).status_code == 401
    assert client.get("/v1/auth/totp", headers=header).json()["recovery_codes"] == 9

    device = Authenticator(origin=f"http://localhost:{embedded.port}")
    options = client.post("/v1/auth/passkeys/options", headers=header).json()["public_key"]
    made = {"name": "Phone", "credential": device.create(options)}
    added = client.post("/v1/auth/passkeys", headers=header, json=made)
    assert added.status_code == 201, added.text
    asked = client.post("/v1/auth/passkeys/sign-in/options").json()["public_key"]
    signed = {"credential": device.get(asked)}
    opened = client.post("/v1/auth/passkeys/sign-in", json=signed)
    assert opened.status_code == 200, opened.text
    assert opened.json()["user"]["email"] == EMAIL
    again = client.post("/v1/auth/passkeys/sign-in", json=signed)
    assert (again.status_code, again.json()["code"]) == (401, "wrong_passkey")
    asked = client.post("/v1/auth/passkeys/sign-in/options").json()["public_key"]
    assert login(client, passkey=device.get(asked)).status_code == 200
    path = f"/v1/auth/passkeys/{added.json()['passkey_id']}"
    assert client.patch(path, headers=header, json={"name": "Tablet"}).json()["name"] == "Tablet"
    assert client.delete(path, headers=header).status_code == 204
    assert client.get("/v1/auth/passkeys", headers=header).json() == {"passkeys": []}
    assert client.delete("/v1/auth/totp", headers=header).status_code == 204
    assert login(client).status_code == 200
    shown = client.get("/v1/auth/totp", headers=header).json()
    assert (shown["on"], shown["since"]) == (False, None)
    assert embedded.said.count(begun["secret"]) == 0


def test_a_start_loads_no_library_of_factors() -> None:
    code = (
        "import sys; import ops.embedded, ops.door; from ops.platform import rooms; rooms();"
        "print([one for one in ('webauthn', 'pyotp', 'OpenSSL') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
