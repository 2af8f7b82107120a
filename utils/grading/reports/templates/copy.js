"use strict";
// A button with data-copy puts that text on the clipboard, and says so where screen readers hear it.
async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {  // an older browser, or a page that may not
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) throw new Error("refused");
  }
}

document.querySelectorAll("button[data-copy]").forEach((button) => button.addEventListener("click", async () => {
  const said = document.getElementById("said");
  try {
    await put(button.dataset.copy);
    said.textContent = `Copied: ${button.dataset.copy}`;
    button.classList.add("done");
  } catch {
    said.textContent = `Copy it by hand: ${button.dataset.copy}`;
  }
}));
