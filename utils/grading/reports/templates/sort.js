"use strict";
// A click on a column's head sorts by it; the address then holds the order ("#sort=3,descending"), so it can be shared.
const table = document.querySelector("table.cohort");
const heads = [...table.tHead.rows[0].cells];

function key(row, column) {
  const cell = row.cells[column], value = cell.dataset.value ?? cell.textContent.trim();
  return cell.dataset.kind === "number" ? (value === "" ? null : Number(value)) : value;
}

function sort(column, order) {
  const rows = [...table.tBodies[0].rows], sign = order === "descending" ? -1 : 1;
  rows.sort((a, b) => {
    const left = key(a, column), right = key(b, column);
    if (left === null || right === null) return (left === null) - (right === null);  // what is not known comes last
    return sign * (typeof left === "number" ? left - right : left.localeCompare(right, "en", {numeric: true}));
  });
  table.tBodies[0].append(...rows);
  heads.forEach((head, index) => index === column ? head.setAttribute("aria-sort", order) : head.removeAttribute("aria-sort"));
}

heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
  const order = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
  history.replaceState(null, "", `#sort=${column},${order}`);
  sort(column, order);
}));

const asked = /^#sort=(\d+),(ascending|descending)$/.exec(location.hash);
if (asked && Number(asked[1]) < heads.length) sort(Number(asked[1]), asked[2]);
