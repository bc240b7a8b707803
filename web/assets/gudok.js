// Small helps for the pages; every page works without them, only less lively.
"use strict";

const REFRESH_EVERY = 2000; // ms
const SKIP = 5; // s

// A live part is fetched again while somebody looks, and replaced only where it has changed.
for (const part of document.querySelectorAll("[data-live]")) {
  let last = null;
  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(part.dataset.live, { headers: { accept: "text/html" } });
      if (answer.redirected || answer.status === 401) return location.reload();
      if (!answer.ok) throw new Error(answer.status);
      part.classList.remove("lost");
      const text = await answer.text();
      if (text !== last && last !== null) replace(part, text);
      last = text;
    } catch {
      part.classList.add("lost");
    }
  };
  refresh();
  setInterval(refresh, REFRESH_EVERY);
  document.addEventListener("visibilitychange", refresh);
}

function replace(part, text) {
  const selection = getSelection();
  if (!selection.isCollapsed && part.contains(selection.anchorNode)) return;
  const focused = part.contains(document.activeElement) ? document.activeElement : null;
  const address = focused && focused.getAttribute("href");
  const open = [...part.querySelectorAll("details")].map((it) => it.open);
  part.innerHTML = text;
  part.querySelectorAll("details").forEach((it, at) => (it.open = open[at] || false));
  if (address) part.querySelector(`a[href="${CSS.escape(address)}"]`)?.focus();
  if (part.querySelector("[data-over]")) location.reload();
}

// The recording, its transcript and the keyboard.
const player = document.querySelector("[data-player]");
if (player) {
  const lines = [...document.querySelectorAll(".line[data-at]")];
  let lit = null;

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-seek]");
    if (!button) return;
    player.currentTime = Number(button.dataset.seek);
    player.play();
  });

  player.addEventListener("timeupdate", () => {
    const now = lines.findLast((line) => Number(line.dataset.at) <= player.currentTime + 0.05);
    if (now === lit) return;
    lit?.classList.remove("lit");
    now?.classList.add("lit");
    lit = now;
  });

  // By physical key, so that it works on every layout.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target === player) return;
    if (event.target.closest("input, select, textarea, summary")) return;
    if (event.code === "Space" && !event.target.closest("button, a")) {
      event.preventDefault();
      if (player.paused) player.play();
      else player.pause();
    } else if (event.code === "ArrowLeft" || event.code === "ArrowRight") {
      event.preventDefault();
      player.currentTime += event.code === "ArrowLeft" ? -SKIP : SKIP;
    }
  });
}

document.querySelector("[data-print]")?.addEventListener("click", () => print());

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", () => form.requestSubmit());
}
