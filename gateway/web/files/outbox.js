// What was done without a network waits here, and is sent once: each change has its key
// (Idempotency-Key), one tab sends at a time, and nothing is dropped that was not taken.
import { call } from "./app.js";

const USER = document.body.dataset.user || "";
const changed = new EventTarget();
const channel = "BroadcastChannel" in window ? new BroadcastChannel("ritmo-outbox") : null;
let database;

function open() {
  database ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("ritmo", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return database;
}

async function store(mode, act) {
  const transaction = (await open()).transaction("outbox", mode);
  const asked = act(transaction.objectStore("outbox"));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked?.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}

function key() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}

/** Listen for changes of what waits. */
export const onchange = (listener) => changed.addEventListener("change", listener);

function tell(remote = false) {
  changed.dispatchEvent(new Event("change"));
  if (!remote) channel?.postMessage(1);
}
if (channel) channel.onmessage = () => tell(true);

/** List what waits, or was refused, of whoever is signed in; the oldest first. */
export async function listed() {
  const all = await store("readonly", (box) => box.getAll()).catch(() => []);
  return all.filter((one) => one.user === USER);
}

/** Put a change aside to be sent: {method, path, body, label, at?, slot?}. Returns its number.
 *  Of two that wait for the same slot, such as the order of habits, the later one counts. */
export async function put(change) {
  const item = { ...change, key: key(), user: USER, made: Date.now(), state: "waiting" };
  if (change.slot) {
    for (const one of await listed()) {
      if (one.slot === change.slot && one.state === "waiting" && !one.sent) await drop(one.seq);
    }
  }
  const seq = await store("readwrite", (box) => box.add(item));
  tell();
  return seq;
}

/** Take a change out again; false if it is sent already. */
export async function drop(seq) {
  const one = await store("readonly", (box) => box.get(seq));
  if (!one) return false;
  await store("readwrite", (box) => box.delete(seq));
  tell();
  return !one.sent;
}

/** Have a change that was refused sent once more, as a new one. */
export async function again(seq) {
  const one = await store("readonly", (box) => box.get(seq));
  if (one) await store("readwrite", (box) => box.put({ ...one, key: key(), state: "waiting", sent: false }));
  tell();
  flush();
}

let wait = 0, timer;
const later = (seconds) => {
  clearTimeout(timer);
  wait = Math.min(60, seconds || (wait ? wait * 2 : 2));
  timer = setTimeout(flush, wait * 1000);
};

async function deliver() {
  for (;;) {
    const one = (await listed()).find((item) => item.state === "waiting");
    if (!one) return "empty";
    if (!one.sent) {
      // Said once and for all: sent again, it has to be the same to count once.
      if (one.at && Date.now() - one.made > 60000) one.body = { ...one.body, at: one.at };
      one.sent = true;
      await store("readwrite", (box) => box.put(one));
    }
    let answer;
    try {
      answer = await call(one.method, one.path, one.body, { "Idempotency-Key": one.key });
    } catch {
      return "away";
    }
    const problem = answer.ok ? {} : await answer.json().catch(() => ({}));
    if (answer.ok || (answer.status === 404 && one.method === "DELETE")) {
      await store("readwrite", (box) => box.delete(one.seq));
      wait = 0;
      tell();
      changed.dispatchEvent(new CustomEvent("sent", { detail: one }));
    } else if (answer.status === 401) {
      changed.dispatchEvent(new Event("signed-out"));
      return "signed-out";
    } else if ([408, 425, 429].includes(answer.status) || answer.status >= 500 || problem.code === "in_progress" || problem.code === "other_site") {
      later(Number(answer.headers.get("Retry-After")) || 0);
      return "later";
    } else {
      one.state = "refused";
      one.detail = problem.errors?.map((wrong) => wrong.detail).join(" ") || problem.detail || String(answer.status);
      await store("readwrite", (box) => box.put(one));
      tell();
      changed.dispatchEvent(new CustomEvent("sent", { detail: one }));
    }
  }
}

/** Send what waits: in order, from one tab at a time. */
export async function flush() {
  if (!USER) return;
  const run = async () => {
    if ((await deliver()) === "away") later();
  };
  if (navigator.locks) await navigator.locks.request("ritmo-outbox", run);
  else await run(); // plain HTTP: keys alone see to it that nothing counts twice
}

/** Listen for a change that was sent or refused (`sent`), or that nobody is signed in (`signed-out`). */
export const on = (name, listener) => changed.addEventListener(name, listener);

if (USER) {
  open().catch(() => {}); // so that the first tap need not wait for it
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  flush();
}
