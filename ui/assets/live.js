/**
 * Keeps the parts of a page that are marked `data-live` as they are on the server, and moves through
 * the slot map by arrow keys. Pages are whole without it.
 *
 * The manager says when something changed; the page is then read again, and what differs is put in its
 * place. While the page is hidden nothing is read and no connection is open.
 */

const NEWS = "/api/v1/changes";
const PAUSE_MS = 900;
const RETRY_MS = 3000;
const COLUMNS = 32;

let source = null;
let timer = 0;
let reading = false;
let wanted = false;

function say(state, text) {
  const place = document.getElementById("stream");
  if (place.dataset.state === state) return;
  place.dataset.state = state;
  place.textContent = text;
}

function open() {
  if (source !== null || document.hidden) return;
  source = new EventSource(NEWS);
  source.addEventListener("open", () => say("live", "live"));
  source.addEventListener("changed", want);
  source.addEventListener("error", () => {
    say("away", "no connection");
    // A browser gives up by itself when the answer is no stream.
    if (source?.readyState === EventSource.CLOSED) {
      close();
      setTimeout(open, RETRY_MS);
    }
  });
}

function close() {
  source?.close();
  source = null;
  clearTimeout(timer);
  timer = 0;
  wanted = false;
}

function want() {
  wanted = true;
  if (timer !== 0 || reading) return;
  read();
}

async function read() {
  reading = true;
  wanted = false;
  try {
    const answer = await fetch(location.pathname + location.search, {
      headers: { accept: "text/html" },
    });
    if (answer.ok && !document.hidden) replace(await answer.text());
  } catch {
    say("away", "no connection");
  }
  reading = false;
  timer = setTimeout(() => {
    timer = 0;
    if (wanted && source !== null) read();
  }, PAUSE_MS);
}

function replace(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next === null || next.innerHTML === part.dataset.shown) continue;
    part.dataset.shown = next.innerHTML;
    if (next.innerHTML === part.innerHTML) continue;
    const focus = focusIn(part);
    part.replaceChildren(...next.childNodes);
    focus?.();
  }
}

/** Returns how to put the focus back where it is now, if it is in a part that is replaced. */
function focusIn(part) {
  const element = document.activeElement;
  if (element === null || !part.contains(element)) return null;
  const { id } = element;
  const href = element.getAttribute("href");
  return () => {
    const next = id !== ""
      ? document.getElementById(id)
      : [...part.querySelectorAll("a")].find((link) => link.getAttribute("href") === href);
    next?.focus({ preventScroll: true });
  };
}

const STEPS = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -COLUMNS,
  ArrowDown: COLUMNS,
  PageUp: -8 * COLUMNS,
  PageDown: 8 * COLUMNS,
};

function moveInGrid(event) {
  const cell = event.target;
  const grid = cell.closest?.("[data-grid]");
  if (!grid || event.ctrlKey || event.altKey || event.metaKey) return;
  const cells = [...grid.children];
  const at = cells.indexOf(cell);
  let to = event.key in STEPS ? at + STEPS[event.key] : -1;
  if (event.key === "Home") to = at - at % COLUMNS;
  if (event.key === "End") to = at - at % COLUMNS + COLUMNS - 1;
  if (cells[to] === undefined) return;
  event.preventDefault();
  cell.tabIndex = -1;
  cells[to].tabIndex = 0;
  cells[to].focus();
}

document.addEventListener("keydown", moveInGrid);

if (document.querySelector("main [data-live]") !== null) {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
      say("paused", "paused");
    } else open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
