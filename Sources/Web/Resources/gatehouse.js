// What pages do more pleasantly with a script. All of them work without.
"use strict";

// Moments in the reader's own zone and language.
for (const time of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(time.dateTime);
  if (Number.isNaN(moment.valueOf())) continue;
  time.title = time.textContent;
  // A day of UTC stays that day, wherever it is read.
  if (!time.dateTime.includes("T")) {
    time.textContent = moment.toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" });
    continue;
  }
  time.textContent = moment.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

// Buttons that copy what stands beside them.
for (const button of document.querySelectorAll("button.copy")) {
  const text = button.parentElement.querySelector("code, pre");
  if (!text) continue;
  button.hidden = false;
  const words = button.firstChild.textContent;
  const said = document.createElement("span");
  said.className = "hidden";
  said.setAttribute("role", "status");
  button.after(said);
  const say = (result) => {
    button.firstChild.textContent = result;
    said.textContent = result;
    setTimeout(() => { button.firstChild.textContent = words; said.textContent = ""; }, 5000);
  };
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      say("Copied");
    } catch {
      // No permission, or no clipboard at an address without TLS: the text is selected, and the keyboard copies it.
      getSelection().selectAllChildren(text);
      say("Selected: copy it with the keyboard");
    }
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

// A link that opens a small window of its own: the test of a data source.
for (const link of document.querySelectorAll("a[data-window]")) {
  link.addEventListener("click", (event) => {
    const opened = open(link.href, link.dataset.window, "popup,width=560,height=720");
    if (opened) event.preventDefault();
  });
}

// That window offers to close itself, and needs no navigation. On the way to the provider and back browsers forget who
// opened it, so it notes that for itself.
const closers = document.querySelectorAll("button[data-close]");
if (closers.length && opener && window.name === "gatehouse-test") sessionStorage.setItem("gatehouse-window", "test");
if (closers.length && sessionStorage.getItem("gatehouse-window")) {
  for (const part of document.querySelectorAll(".top")) part.hidden = true;
  for (const button of closers) {
    button.hidden = false;
    button.addEventListener("click", () => close());
  }
}

// Details open as a dialog that keeps the focus; without a script as a popover.
for (const button of document.querySelectorAll("button[popovertarget]")) {
  const dialog = button.popoverTargetElement;
  if (!(dialog instanceof HTMLDialogElement)) continue;
  button.addEventListener("click", (event) => {
    event.preventDefault();
    if (button.popoverTargetAction === "hide") dialog.close();
    else dialog.showModal();
  });
}

// Fields that exist only under some choices come and go with them; without a script a button asks for them.
for (const form of document.querySelectorAll("form[data-dialog]")) {
  const places = [...form.querySelectorAll("fieldset[data-default]")].map((place) => ({
    place, field: place.querySelector("input, select, textarea"),
    when: place.dataset.when && JSON.parse(place.dataset.when),
    standards: JSON.parse(place.dataset.standards || "[]"), stood: place.querySelector("input[name^='stood-']"),
  })).filter(({ field }) => field);
  const value = (name) => {
    const found = places.find(({ field }) => field.name === name);
    return found ? (found.place.hidden ? found.place.dataset.default : found.field.value) : "";
  };
  const holds = (rule) => {
    if (!rule.operator) return value(rule.name) === String(rule.value);
    if (rule.operator === "or") return rule.operands.some(holds);
    const all = rule.operands.every(holds);
    return rule.operator === "not" ? !all : all;
  };
  const standard = ({ place, standards, plain }) => {
    const other = standards.find(({ when }) => holds(when));
    return other ? other.value.replace(/\{(\w+)\}/g, (_, name) => value(name)) : plain;
  };
  // Elsewhere on the page: what to do at the provider under which choices.
  const beside = [...document.querySelectorAll("[data-when]:not(fieldset)")].map((place) => ({
    place, when: JSON.parse(place.dataset.when),
  }));
  const update = () => {
    for (const { place, when } of beside) place.hidden = !holds(when);
    for (const one of places) {
      if (one.when) one.place.hidden = one.place.disabled = !holds(one.when);
      if (!one.standards.length) continue;
      // What was left as it stood follows; what was typed stays.
      const next = standard(one);
      if (one.field.value === one.last) one.field.value = next;
      one.last = one.stood.value = next;
    }
  };
  for (const one of places) {
    one.plain = one.place.dataset.plain ?? one.place.dataset.default;
    one.last = one.place.dataset.default;
  }
  for (const button of form.querySelectorAll("button[name=update]")) button.parentElement.hidden = true;
  form.addEventListener("change", update);
}

// What went wrong is where the reader is.
const wrong = document.querySelector("[aria-invalid=true], .error[role=alert]");
if (wrong) {
  if (wrong.matches("p")) wrong.tabIndex = -1;
  wrong.focus();
}
