// Sign-in: the code is asked for without losing the password, and passkeys.
import { call } from "./app.js";

for (const form of document.querySelectorAll("[data-sign-in]")) {
  form.addEventListener("submit", async (event) => {
    const otp = form.querySelector("[data-otp]");
    if (!otp.hidden) return;
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual" })
      .catch(() => null);
    if (answer?.type === "opaqueredirect") {
      location.assign(form.elements.next.value || "/");
    } else if (answer?.headers.get("X-Ritmo-Code") === "otp_required") {
      otp.hidden = false;
      form.elements.otp.required = true;
      form.elements.otp.focus();
    } else {
      form.submit();
    }
  });
}

const able = window.PublicKeyCredential?.parseRequestOptionsFromJSON;

for (const form of document.querySelectorAll("[data-passkey]")) {
  form.hidden = !able;
  form.querySelector("button").addEventListener("click", async () => {
    const wrong = form.querySelector("[role=alert]");
    wrong.hidden = true;
    try {
      const { public_key } = await (await call("POST", "/v1/auth/passkeys/sign-in/options")).json();
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(public_key);
      const found = await navigator.credentials.get({ publicKey });
      form.elements.credential.value = JSON.stringify(found.toJSON());
      form.submit();
    } catch {
      wrong.hidden = false;
    }
  });
}

for (const form of document.querySelectorAll("[data-add-passkey]")) {
  form.hidden = !able;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = form.querySelector("[role=alert]");
    wrong.hidden = true;
    try {
      const options = await call("POST", "/v1/auth/passkeys/options");
      if (options.status === 403) {
        location.assign(`/prove?next=${encodeURIComponent(location.pathname)}`);
        return;
      }
      const { public_key } = await options.json();
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(public_key);
      const made = await navigator.credentials.create({ publicKey });
      const added = await call("POST", "/v1/auth/passkeys", { name: form.elements.name.value, credential: made.toJSON() });
      if (!added.ok) throw new Error();
      location.assign("/settings/sign-in?said=saved");
    } catch {
      wrong.hidden = false;
    } finally {
      delete form.dataset.sent;
    }
  });
}
