
"use strict";
function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}
for (const button of document.querySelectorAll("button.copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const command = button.previousElementSibling;
    let done = true;
    try {
      await navigator.clipboard.writeText(command.textContent);
    } catch (refused) {
      select(command);
      done = document.execCommand("copy");
    }
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
}
const findings = [...document.querySelectorAll("details.finding")];
const unfold = document.getElementById("unfold");
unfold.hidden = findings.length === 0;
function told() {
  const all = findings.every(finding => finding.open);
  unfold.textContent = all ? "Close all" : "Open all";
  unfold.setAttribute("aria-expanded", String(all));
}
unfold.addEventListener("click", () => {
  const open = !findings.every(finding => finding.open);
  for (const finding of findings) finding.open = open;
  told();
});
for (const finding of findings) finding.addEventListener("toggle", told);
told();
let closed = [];
addEventListener("beforeprint", () => {
  closed = findings.filter(finding => !finding.open);
  for (const finding of closed) finding.open = true;
});
addEventListener("afterprint", () => {
  for (const finding of closed) finding.open = false;
});
