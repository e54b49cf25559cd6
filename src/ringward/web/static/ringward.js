// The pages work without this. It adds: search as you type, a guard for what is not saved, rows of lists, live parts.
"use strict";

const search = document.getElementById("search");
const found = document.getElementById("found");

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

if (search) {
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    const wanted = search.value.trim();
    if (!wanted) { found.hidden = true; return; }
    waiting = setTimeout(async () => {
      const answer = await fetch("/search.json?q=" + encodeURIComponent(wanted), {headers: {Accept: "application/json"}});
      const isOver = search.value.trim() !== wanted || found.contains(document.activeElement);
      if (!answer.ok || isOver) return;  // somebody has typed on, or chooses among what was found before
      const results = await answer.json();
      found.replaceChildren(...results.map((each) => {
        const link = element("a", each.key, {href: each.path});
        link.append(element("small", each.title + (each.text ? ": " + each.text : "")));
        return link;
      }));
      if (!results.length) found.append(element("p", "Nothing found.", {class: "faint"}));
      found.hidden = false;
    }, 150);
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape") {
      if (found.contains(document.activeElement)) search.focus();
      found.hidden = true;
      document.querySelectorAll("details.menu[open], details.help[open]").forEach((each) => { each.open = false; });
    }
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    const stops = [search, ...found.querySelectorAll("a")];
    const stop = stops.indexOf(document.activeElement);
    if (step && stop >= 0 && !found.hidden && stops[stop + step]) {
      event.preventDefault();
      stops[stop + step].focus();
    }
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) found.hidden = true;
    document.querySelectorAll("details.menu[open], details.help[open]").forEach((each) => {
      if (!each.contains(event.target)) each.open = false;
    });
  });
}

// What was typed and not saved is not lost by a slip.
for (const form of document.querySelectorAll("form[data-guard]")) {
  let changed = Boolean(form.querySelector(".wrong"));
  form.addEventListener("input", () => { changed = true; });
  form.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
}

for (const all of document.querySelectorAll("input[data-all]")) {
  all.hidden = false;
  all.addEventListener("change", () => {
    all.form.querySelectorAll("input[name=key]").forEach((each) => { each.checked = all.checked; });
  });
}

// One more row in a list of sub-records, without a way to the server.
for (const button of document.querySelectorAll("button[data-more]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    const body = button.closest(".field").querySelector("tbody");
    const row = body.lastElementChild.cloneNode(true);
    const number = body.children.length;
    for (const input of row.querySelectorAll("[name]")) {
      input.name = input.name.replace(/\.\d+\./, `.${number}.`);
      input.id = "f-" + input.name;
    }
    body.append(row);
    row.querySelector("input").focus();
  });
}

function tellLocalTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    time.textContent = moment.toLocaleString([], {dateStyle: "medium", timeStyle: "medium"});
    time.title = time.dateTime;
  }
}
tellLocalTimes(document);

// The live part of a page, sent by the server whenever it changes.
const news = document.querySelector("[data-stream]");
if (news && "EventSource" in window) {
  const sign = document.getElementById("live");
  const source = new EventSource(news.dataset.stream);
  source.onopen = () => { sign.className = "state good"; sign.textContent = "live"; };
  source.onerror = () => {  // closed: the node has answered, but no more to this session
    const isOver = source.readyState === EventSource.CLOSED;
    sign.className = "state warn";
    sign.textContent = isOver ? "not live: load the page again" : "not live: trying to reach the node";
  };
  source.onmessage = (event) => {
    const fresh = new DOMParser().parseFromString(JSON.parse(event.data), "text/html");
    tellLocalTimes(fresh);
    for (const box of news.querySelectorAll("input:checked")) {  // what somebody has ticked stays ticked
      const again = [...fresh.querySelectorAll("input")].find((each) => each.name === box.name && each.value === box.value);
      if (again) again.checked = true;
    }
    news.replaceChildren(...fresh.body.childNodes);
  };
}
