// Envelopes: print one; rows and files of the form that sends one. Forms work without it.
"use strict";

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if ("print" in button.dataset) window.print();
  if ("add" in button.dataset) {
    event.preventDefault();
    addRow(button.closest("[data-grid]"));
  }
  if ("drop" in button.dataset) {
    event.preventDefault();
    dropRow(button.closest("[data-row]"));
  }
});

// --- rows of a table -----------------------------------------------------------------

const rowsOf = (grid) => [...grid.querySelectorAll(":scope > [data-row]")];

function addRow(grid) {
  const place = grid.dataset.grid;
  const taken = [...grid.querySelectorAll("[name]")].map((each) => {
    const rest = each.name.startsWith(`${place}[`) ? each.name.slice(place.length + 1) : "";
    return parseInt(rest, 10) || 0;
  });
  const row = grid.querySelector(":scope > template").content.cloneNode(true).querySelector("[data-row]");
  const { inputs, tooMany } = grid.closest("form").dataset;
  if (grid.closest("form").elements.length + row.querySelectorAll("[name]").length > Number(inputs)) {
    tell(tooMany, "err");
    return;
  }
  const index = rowsOf(grid).length ? Math.max(...taken) + 1 : 0;
  for (const each of row.querySelectorAll("*")) {
    for (const { name, value } of [...each.attributes]) {
      if (value.includes(`${place}[#]`)) each.setAttribute(name, value.replaceAll(`${place}[#]`, `${place}[${index}]`));
    }
  }
  grid.querySelector(":scope > template").before(row);
  number(grid);
  row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
}

function dropRow(row) {
  const grid = row.closest("[data-grid]");
  const next = row.nextElementSibling.matches("[data-row]") ? row.nextElementSibling : row.previousElementSibling;
  row.remove();
  number(grid);
  (next?.querySelector("[data-drop]") ?? grid.querySelector("[data-add]")).focus();
}

function number(grid) {
  rowsOf(grid).forEach((row, place) => {
    row.querySelectorAll("[data-number]").forEach((each) => (each.textContent = place + 1));
  });
}

// --- sending -------------------------------------------------------------------------

const form = document.getElementById("send");

form?.addEventListener("change", () => {
  const files = [...form.querySelectorAll("[type=file]")];
  const size = files.flatMap((each) => [...each.files]).reduce((sum, file) => sum + file.size, 0);
  const most = Number(form.dataset.max || Infinity);
  const last = files.findLast((each) => each.files.length);
  files.forEach((each) => each.setCustomValidity(""));
  last?.setCustomValidity(size > most ? form.dataset.tooLarge : "");
});

let typed = Boolean(form?.querySelector("[aria-invalid=true]"));
form?.addEventListener("input", () => { typed = true; });
window.addEventListener("beforeunload", (event) => {
  if (typed) event.preventDefault();
});

form?.addEventListener("submit", () => {
  typed = false;
  const button = document.getElementById("send-button");
  button.setAttribute("aria-busy", "true");
  button.disabled = true; // after the form was read: pressed once, sent once
});

// who comes back by the browser's own button may send again
window.addEventListener("pageshow", () => {
  const button = document.getElementById("send-button");
  if (!button) return;
  button.disabled = false;
  button.removeAttribute("aria-busy");
});

form?.querySelector("[aria-invalid=true]")?.focus();
