// Sorts and filters the table of findings, and changes between light and dark. The page is whole without it.
"use strict";

(() => {
  const table = document.querySelector("[data-grid]");
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];

  // A number if the cell has one to be sorted by, else its text.
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.order === undefined ? cell.textContent.trim() : Number(cell.dataset.order);
  };

  const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const compared = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b));

  const sort = (column) => {
    const head = heads[column];
    const down = head.getAttribute("aria-sort") === "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    // Equal rows stay in the order of the report, the worst first.
    const sorted = rows.map((row) => [key(row, column), row]).sort(([a], [b]) => sign * compared(a, b));
    body.append(...sorted.map(([, row]) => row));
  };

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(column));
    head.replaceChildren(button);
  });

  const controls = document.querySelector("[data-controls]");
  const search = controls.querySelector("[data-search]");
  const shown = controls.querySelector("[data-shown]");
  const chips = [...controls.querySelectorAll("button[data-status]")];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  let status = "";

  const filter = () => {
    const wanted = search.value.toLowerCase().split(/\s+/);
    let count = 0;
    rows.forEach((row, index) => {
      const matches = wanted.every((word) => texts[index].includes(word));
      row.hidden = !matches || (status !== "" && row.dataset.status !== status);
      count += row.hidden ? 0 : 1;
    });
    shown.textContent = `${count} of ${rows.length} shown`;
  };

  chips.forEach((chip) =>
    chip.addEventListener("click", () => {
      status = chip.dataset.status;
      chips.forEach((other) => other.setAttribute("aria-pressed", String(other === chip)));
      filter();
    }),
  );
  search.addEventListener("input", filter);
  controls.hidden = rows.length === 0;

  const theme = document.querySelector("[data-theme-switch]");
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light")) === "dark";
  const name = () => {
    theme.textContent = isDark() ? "Light" : "Dark";
  };
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  prefersDark.addEventListener("change", name);
  name();
  theme.hidden = false;
})();
