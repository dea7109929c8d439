// The table of a dictionary: double click or Enter opens a record, Escape leaves it;
// how many are ticked, and all of a page at once. Links and forms do the rest.
"use strict";

const table = () => document.getElementById("records");
const ticks = () => [...document.querySelectorAll("#rows input[name=record]")];
let place = 0; // the column in which editing goes on

function count() {
  const every = ticks();
  const ticked = every.filter((each) => each.checked).length;
  for (const told of document.querySelectorAll("[data-count]")) {
    told.textContent = told.dataset.count.replace("%", ticked);
  }
  const all = document.getElementById("all");
  if (!all) return;
  all.hidden = every.length === 0;
  all.checked = ticked > 0 && ticked === every.length;
  all.indeterminate = ticked > 0 && ticked < every.length;
}

document.addEventListener("change", (event) => {
  if (event.target.id === "all") ticks().forEach((each) => (each.checked = event.target.checked));
  count();
});
document.addEventListener("reset", () => setTimeout(count));

document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("#rows td.cell");
  const row = cell?.closest("tr[data-record]");
  if (!row) return;
  place = [...row.querySelectorAll("td.cell")].indexOf(cell);
  document.getElementById(`edit-${row.dataset.record}`)?.click();
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#rows tr.editing");
  if (row && event.key === "Escape") row.querySelector("[data-cancel]").click();
});

document.addEventListener("htmx:afterSettle", () => {
  count();
  const row = table()?.querySelector("tr.editing");
  if (!row || row.contains(document.activeElement)) return;
  const fields = [...row.querySelectorAll("[name=value]")];
  const wrong = fields.find((each) => each.getAttribute("aria-invalid"));
  const field = wrong || fields[place] || fields[0];
  place = 0;
  field.focus();
  field.select();
});

// a saved or left record: the focus stays on it
document.addEventListener("htmx:beforeRequest", (event) => {
  const row = event.target.closest("#rows tr.editing");
  const record = row?.id.slice(2);
  if (!record) return;
  document.addEventListener(
    "htmx:afterSettle",
    () => document.getElementById(`edit-${record}`)?.focus(),
    { once: true },
  );
});
count();
