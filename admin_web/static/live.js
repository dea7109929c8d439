// Keeps what a page shows as it is now: the gateway says that something changed, the
// page fetches itself anew and takes over the parts that differ.
"use strict";

const pill = document.getElementById("live");
const only = pill.dataset.only; // the one transfer that the page is about
const every = Number(pill.dataset.every || 1000); // milliseconds between two looks
let line = pill.dataset.line;
let source = null;
let timer = 0;
let looked = 0;
let busy = false;
let due = false; // something changed since the last look
let paused = false;

function show(state, text) {
  if (pill.textContent === text) return;
  pill.dataset.state = state;
  pill.textContent = text;
}

// --- the parts -------------------------------------------------------------------------

// Rows stay where they are: what is ticked or has the focus keeps it.
function mergeRows(old, now) {
  const before = new Map([...old.rows].map((row) => [row.id, row]));
  let place = old.firstElementChild;
  for (const row of [...now.rows]) {
    const there = before.get(row.id);
    before.delete(row.id);
    if (there && there.dataset.version === row.dataset.version) {
      if (there === place) place = place.nextElementSibling;
      else old.insertBefore(there, place);
      continue;
    }
    if (there) {
      const tick = row.querySelector("input[type=checkbox]");
      if (tick) tick.checked = Boolean(there.querySelector("input:checked"));
      if (there === place) place = place.nextElementSibling;
      take(there, row);
    } else {
      old.insertBefore(row, place);
    }
  }
  for (const row of before.values()) row.remove();
}

function take(old, now) {
  const focused = old.contains(document.activeElement) && document.activeElement.id;
  const opened = [...old.querySelectorAll("details[open][id]")].map((each) => each.id);
  old.replaceWith(now);
  opened.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
  if (focused) document.getElementById(focused)?.focus();
  window.htmx?.process(now);
}

function update(page) {
  for (const now of page.querySelectorAll("[data-part]")) {
    const old = document.getElementById(now.id);
    if (!old) continue;
    const rows = [old, now].map((part) => part.querySelector("tbody[data-rows]"));
    if (rows[0] && rows[1]) mergeRows(...rows);
    else if (old.outerHTML !== now.outerHTML) take(old, now);
  }
  document.dispatchEvent(new Event("live:updated"));
}

async function look() {
  timer = 0;
  if (busy) return later();
  busy = true;
  due = false;
  looked = Date.now();
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const signedOut = new URL(answer.url).pathname !== location.pathname;
    if (signedOut || (answer.status >= 400 && answer.status < 500)) return lost();
    if (!answer.ok) return later();
    update(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    later(); // the stream tells whether the gateway is there
  } finally {
    busy = false;
  }
}

function later() {
  due = true;
  if (!timer && source) timer = setTimeout(look, Math.max(0, looked + every - Date.now()));
}

// --- the stream ------------------------------------------------------------------------

function concerns(news) {
  if (news.everything) return true;
  if (only) return news.ids.includes(only);
  if ("newest" in pill.dataset) return news.ids.length > 0;
  return news.ids.some((id) => document.getElementById(`t-${id}`));
}

function lost() {
  close();
  paused = true;
  show("warn", pill.dataset.lost);
  document.getElementById("reload")?.removeAttribute("hidden");
}

function close() {
  source?.close();
  source = null;
  clearTimeout(timer);
  timer = 0;
}

function open() {
  if (source || paused || document.hidden) return;
  source = new EventSource(`/admin/events?after=${line}`);
  if (due) later();
  source.addEventListener("open", () => show("live", pill.dataset.on));
  source.addEventListener("end", lost);
  source.addEventListener("news", (event) => {
    line = event.lastEventId;
    if (concerns(JSON.parse(event.data))) later();
  });
  source.addEventListener("error", () => {
    if (source?.readyState === EventSource.CLOSED) lost();
    else show("warn", pill.dataset.away);
  });
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", open);

document.getElementById("pause")?.addEventListener("click", (event) => {
  paused = !paused;
  event.currentTarget.setAttribute("aria-pressed", String(paused));
  if (paused) {
    close();
    show("idle", pill.dataset.paused);
  } else {
    open();
  }
});
