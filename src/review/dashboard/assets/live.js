// The live tail: adds a row for each new message to the table that says
// data-live. Without this script the page has a link that looks again.
//
// Texts come from mails. They are only ever set as text; no markup is parsed,
// which the Trusted Types policy 'none' would refuse anyway.

const MOST_ROWS = 200;

const table = document.querySelector("table[data-live]");
const state = document.querySelector("#live-state");
const counter = document.querySelector("#live-count");

let source = null;
let after = "";
let added = 0;
let refused = 0;

function cell(label, ...content) {
  const td = document.createElement("td");
  td.dataset.label = label;
  td.className = "break";
  td.append(...content);
  return td;
}

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

function time(line) {
  const link = document.createElement("a");
  link.href = line.href;
  const element = document.createElement("time");
  element.dateTime = line.utc;
  element.title = line.utc;
  element.textContent = line.local;
  link.append(element);
  return link;
}

function row(line) {
  const tr = document.createElement("tr");
  const by = line.by === null ? [] : [" ", span("muted", `by ${line.by}`)];
  const more = line.more_trackers > 0 ? [" ", span("muted", `and ${line.more_trackers} more`)] : [];
  const found = line.found === "" ? span("muted", "nothing") : line.found;
  const queue = line.queue_id === null ? span("muted", "none") : span("mono", line.queue_id);
  tr.append(
    cell("Time", time(line)),
    cell("Sender", line.sender, ...by),
    cell("Recipient", line.recipients),
    cell("Outcome", span(line.class, line.label)),
    cell("Found", found),
    cell("Whose", line.trackers.join(", "), ...more),
    cell("Queue id", queue),
  );
  return tr;
}

function say(className, text) {
  state.className = `badge ${className}`;
  state.textContent = text;
}

function add(event) {
  after = event.lastEventId;
  const body = table.tBodies[0];
  body.prepend(row(JSON.parse(event.data)));
  while (body.rows.length > MOST_ROWS) {
    body.deleteRow(-1);
  }
  added += 1;
  counter.textContent = added === 1 ? "1 new message" : `${added} new messages`;
}

function open() {
  const address = new URL(table.dataset.live, location.href);
  if (after !== "") {
    address.searchParams.set("after", after);
  }
  source = new EventSource(address);
  source.addEventListener("open", () => {
    refused = 0;
    say("badge-good", "live");
  });
  source.addEventListener("message", add);
  source.addEventListener("error", () => {
    say("badge-bad", "interrupted");
    // The browser tries again by itself unless the server refused.
    if (source !== null && source.readyState === EventSource.CLOSED && refused < 5) {
      refused += 1;
      source = null;
      setTimeout(follow, 5000 * refused);
    }
  });
}

function follow() {
  if (document.hidden) {
    source?.close();
    source = null;
    say("badge-quiet", "paused");
  } else if (source === null) {
    open();
  }
}

if (table !== null && state !== null && counter !== null) {
  document.addEventListener("visibilitychange", follow);
  addEventListener("pagehide", () => {
    source?.close();
    source = null;
  });
  addEventListener("pageshow", follow);
  follow();
}
