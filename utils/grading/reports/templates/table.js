"use strict";
// A click on a head sorts, the fields above the table filter. The address holds both, so that a view can be shared:
// "#sort=3,descending&criterion=accuracy&verdict=fail&name=an".
const table = document.querySelector("table.cohort");
const heads = [...table.tHead.rows[0].cells], rows = [...table.tBodies[0].rows];
const fields = ["name", "criterion", "verdict"].map((id) => document.getElementById(id));
const asked = new URLSearchParams(location.hash.slice(1));

function key(row, column) {
  const cell = row.cells[column], value = cell.dataset.value ?? cell.textContent.trim();
  return cell.dataset.kind === "number" ? (value === "" ? null : Number(value)) : value;
}

function sort(column, order) {
  const sign = order === "descending" ? -1 : 1;
  rows.sort((a, b) => {
    const left = key(a, column), right = key(b, column);
    if (left === null || right === null) return (left === null) - (right === null);  // what is not known comes last
    return sign * (typeof left === "number" ? left - right : left.localeCompare(right, "en", {numeric: true}));
  });
  table.tBodies[0].append(...rows);
  heads.forEach((head, index) => index === column ? head.setAttribute("aria-sort", order) : head.removeAttribute("aria-sort"));
}

function fits(row, name, criterion, verdict) {
  if (!row.dataset.name.toLowerCase().includes(name.toLowerCase())) return false;
  if (verdict === "") return true;
  if (verdict === "person") return "person" in row.dataset && (criterion === "" || has(row, criterion, "unverifiable"));
  return has(row, criterion, verdict);
}

function has(row, criterion, verdict) {
  return [...row.querySelectorAll("td.verdict")].some((cell) => (criterion === "" || cell.dataset.criterion === criterion)
    && cell.dataset.verdict === verdict);
}

function filter() {
  const wanted = fields.map((field) => field.value);
  rows.forEach((row) => { row.hidden = !fits(row, ...wanted); });
  document.getElementById("shown").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown`;
}

function remember() {
  fields.forEach((field) => field.value === "" ? asked.delete(field.id) : asked.set(field.id, field.value));
  history.replaceState(null, "", `#${asked}`);
}

heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const order = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
  asked.set("sort", `${column},${order}`);
  remember();
  sort(column, order);
}));
fields.forEach((field) => field.addEventListener("input", () => { remember(); filter(); }));

fields.forEach((field) => { field.value = asked.get(field.id) ?? ""; if (field.selectedIndex === -1) field.value = ""; });
const order = /^(\d+),(ascending|descending)$/.exec(asked.get("sort") ?? "");
if (order && Number(order[1]) < heads.length) sort(Number(order[1]), order[2]);
filter();
