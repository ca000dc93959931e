// What pages do more pleasantly with a script. All of them work without.
"use strict";

// Moments in the reader's own zone and language.
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) continue;
  time.title = time.textContent;
  time.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

// Buttons that copy what stands beside them.
for (const button of document.querySelectorAll("button.copy")) {
  const text = button.parentElement.querySelector("code, pre");
  if (!text || !navigator.clipboard) continue;
  button.hidden = false;
  const words = button.firstChild.textContent;
  const said = document.createElement("span");
  said.className = "hidden";
  said.setAttribute("role", "status");
  button.after(said);
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.textContent);
    button.firstChild.textContent = "Copied";
    said.textContent = "Copied";
    setTimeout(() => { button.firstChild.textContent = words; said.textContent = ""; }, 2000);
  });
}

// A form that is on its way is not sent again by a second click; the server would know it anyway.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method === "post") form.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A list that a choice filters needs no button.
for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}

// A link that opens a small window of its own: the test of a data source.
for (const link of document.querySelectorAll("a[data-window]")) {
  link.addEventListener("click", (event) => {
    const opened = open(link.href, link.dataset.window, "popup,width=560,height=720");
    if (opened) event.preventDefault();
  });
}

// What went wrong is where the reader is.
const wrong = document.querySelector("[aria-invalid=true], .error[role=alert]");
if (wrong) {
  if (wrong.matches("p")) wrong.tabIndex = -1;
  wrong.focus();
}
