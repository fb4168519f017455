// The week: arrows go from cell to cell, and a press changes the table without a new page.
import { say } from "./app.js";

function toTheEnd(form) { if (form) form.scrollLeft = form.scrollWidth; }
toTheEnd(document.getElementById("week"));

function at(row, column) {
  return document.querySelectorAll("#week tbody tr")[row]?.cells[column + 1]?.querySelector("button");
}

document.addEventListener("keydown", (event) => {
  const cell = event.target.closest?.("#week button.cell");
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!cell || !step || event.altKey || event.ctrlKey || event.metaKey) return;
  const td = cell.parentElement;
  const next = at(td.parentElement.sectionRowIndex + step[0], td.cellIndex - 1 + step[1]);
  if (next) { event.preventDefault(); next.focus(); }
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("#week");
  const cell = event.submitter;
  if (!form || !cell?.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const body = new URLSearchParams(new FormData(form, cell));
  cell.setAttribute("aria-busy", "true");
  let page;
  try {
    const answer = await fetch("/week", { method: "POST", body, headers: { Accept: "text/html" } });
    if (answer.ok) page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch { /* no network: the page itself says so */ }
  const fresh = page?.getElementById("week");
  if (!fresh) { cell.removeAttribute("aria-busy"); location.reload(); return; }
  const focused = document.activeElement?.value;
  const place = form.scrollLeft;
  form.replaceWith(fresh);
  fresh.scrollLeft = place;
  const same = [...fresh.querySelectorAll("button.cell")].find((one) => one.value === focused);
  same?.focus();
  if (same) say(same.getAttribute("aria-label"));
}, true);
