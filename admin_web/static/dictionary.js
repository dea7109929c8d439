// The table of a dictionary: double click or Enter opens a record, Escape leaves it.
// Links and forms do the rest; ticks.js counts what is ticked.
"use strict";

let pointed = null; // the record and column of the last double click

document.addEventListener("dblclick", (event) => {
  const cell = event.target.closest("#rows td.cell");
  const row = cell?.closest("tr[data-record]");
  if (!row) return;
  pointed = { row: row.id, column: [...row.querySelectorAll("td.cell")].indexOf(cell) };
  document.getElementById(`edit-${row.dataset.record}`)?.click();
});

document.addEventListener("keydown", (event) => {
  const row = event.target.closest?.("#rows tr.editing");
  if (row && event.key === "Escape") row.querySelector("[data-cancel]").click();
});

document.addEventListener("htmx:afterSettle", () => {
  const row = document.querySelector("#rows tr.editing");
  const column = row?.id === pointed?.row ? pointed?.column : 0;
  pointed = null; // whoever writes already needs no focus, and the next record none of this
  if (!row || row.contains(document.activeElement)) return;
  const fields = [...row.querySelectorAll("[name=value]")];
  const wrong = fields.find((each) => each.getAttribute("aria-invalid"));
  const field = wrong || fields[column] || fields[0];
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
