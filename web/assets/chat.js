// A chat on a page. Any site may carry it:
//   <script src="https://your.gudok/assets/chat.js" data-number="100" async></script>
// It is answered by that number of the house the script came from, and goes on after the page was closed.
(() => {
  const script = document.currentScript;
  const house = new URL(script.src);
  const language = script.dataset.language ?? (navigator.language.startsWith("ru") ? "ru" : "en");
  const number = script.dataset.number;
  const PLACE = `gudok-chat-${house.host}-${number}`;
  const AGAIN_AFTER = [500, 1_000, 2_000, 5_000, 10_000];

  const WORDS = {
    ru: {
      write: "Напишите, что случилось", send: "Отправить", file: "Приложить фото или видео", typing: "Печатает…",
      lost: "Нет связи, пробуем снова…", over: "Разговор окончен.", again: "Начать новый", log: "Переписка",
      you: "Вы", agent: "Помощник", operator: "Сотрудник", sent: "Файл отправлен", unfit: "Такой файл не принимается: нужны фото, видео до 20 МБ или PDF.",
    },
    en: {
      write: "Write what has happened", send: "Send", file: "Attach a photo or video", typing: "Typing…",
      lost: "No connection, trying again…", over: "The conversation is over.", again: "Begin a new one", log: "Conversation",
      you: "You", agent: "Assistant", operator: "Staff", sent: "The file was sent", unfit: "Such a file is not taken: a photo, a video up to 20 MB or a PDF will do.",
    },
  };
  const words = WORDS[language] ?? WORDS.en;

  function element(name, text = "", styles = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    Object.assign(made.style, styles);
    return made;
  }

  const box = element("div", "", { display: "flex", flexDirection: "column", gap: "0.6rem", font: "inherit" });
  const log = element("ol", "", { listStyle: "none", padding: "0", margin: "0", display: "grid", gap: "0.4rem", maxHeight: "60vh", overflowY: "auto" });
  const told = element("p", "", { margin: "0", minHeight: "1.4em", fontSize: "0.87em" });
  const choices = element("div", "", { display: "flex", flexWrap: "wrap", gap: "0.4rem" });
  const form = element("form", "", { display: "flex", gap: "0.4rem", flexWrap: "wrap" });
  const input = element("input", "", { font: "inherit", padding: "0.6em", flex: "1 1 10rem", minWidth: "0" });
  const button = element("button", words.send, { font: "inherit", padding: "0.6em 1em" });
  const file = element("input", "", { font: "inherit", maxWidth: "100%" });
  log.setAttribute("role", "log");
  log.setAttribute("aria-label", words.log);
  log.tabIndex = 0;
  told.setAttribute("role", "status");
  input.setAttribute("aria-label", words.write);
  input.placeholder = words.write;
  input.maxLength = 4000;
  input.autocomplete = "off";
  file.type = "file";
  file.accept = "image/*,video/mp4,video/webm,application/pdf,audio/*";
  file.setAttribute("aria-label", words.file);
  form.append(input, button, file);
  box.append(log, told, choices, form);
  box.dataset.state = "opening";

  // A form before this page hands its conversation over behind the #.
  let token = location.hash.length > 20 ? location.hash.slice(1) : null;
  try {
    if (token) {
      localStorage.setItem(PLACE, token);
      history.replaceState(null, "", location.pathname + location.search);
    } else token = localStorage.getItem(PLACE);
  } catch {}
  const waiting = new Map();
  let socket = null;
  let failures = 0;
  let shown = -1;

  function open() {
    const line = new URL(`/chat/${encodeURIComponent(number)}/line`, house);
    line.protocol = house.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(line);
    socket.onopen = () => {
      socket.send(JSON.stringify({ open: token, masters: "masters" in script.dataset }));
      for (const [id, say] of waiting) socket.send(JSON.stringify({ say, id }));
    };
    socket.onmessage = ({ data }) => hear(JSON.parse(data));
    socket.onclose = () => {
      told.textContent = words.lost;
      box.dataset.state = "lost";
      setTimeout(open, AGAIN_AFTER[Math.min(failures++, AGAIN_AFTER.length - 1)]);
    };
  }

  function hear(word) {
    failures = 0;
    if (word.token) keep(word.token);
    if (word.typing) told.textContent = words.typing;
    if (word.refused) waiting.delete(word.refused);
    if (!word.lines) return;
    told.textContent = "";
    for (const line of word.lines) if (line.seq > shown) show(line);
    choices.replaceChildren(...(word.choices ?? []).map(choice));
    box.dataset.state = word.over ? "over" : "open";
    if (word.over) offerAnother();
  }

  function keep(fresh) {
    token = fresh;
    try { localStorage.setItem(PLACE, token); } catch {}
  }

  function show({ seq, who, text }) {
    shown = seq;
    if (who === "client") for (const [id, say] of waiting) if (say === text) { waiting.delete(id); break; }
    const mine = who === "client";
    const item = element("li", "", { display: "grid", justifyItems: mine ? "end" : "start" });
    const name = element("span", mine ? words.you : words[who], { fontSize: "0.78em", opacity: "0.75" });
    const said = element("span", text, { whiteSpace: "pre-line", overflowWrap: "anywhere", padding: "0.4em 0.7em", borderRadius: "9px", border: "1px solid currentColor", maxWidth: "90%" });
    item.dataset.who = who;
    item.append(name, said);
    log.append(item);
    log.scrollTop = log.scrollHeight;
  }

  function choice(text) {
    const made = element("button", text, { font: "inherit", padding: "0.5em 0.9em", borderRadius: "2em" });
    made.type = "button";
    made.onclick = () => { say(text); input.focus(); };
    return made;
  }

  function say(text) {
    const id = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    waiting.set(id, text);
    choices.replaceChildren();
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ say: text, id }));
  }

  function offerAnother() {
    told.textContent = words.over;
    const made = choice(words.again);
    made.onclick = () => {
      try { localStorage.removeItem(PLACE); } catch {}
      token = null;
      shown = -1;
      log.replaceChildren();
      choices.replaceChildren();
      socket.onclose = null;
      socket.close();
      open();
    };
    choices.replaceChildren(made);
  }

  form.onsubmit = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    input.value = "";
    say(text);
  };

  file.onchange = async () => {
    const [chosen] = file.files;
    if (!chosen || !token) return;
    const place = new URL(`/chat/${encodeURIComponent(number)}/media`, house);
    place.searchParams.set("token", token);
    place.searchParams.set("name", chosen.name.slice(0, 100));
    // Sent as plain text the browser asks nobody first; what it is its bytes say.
    const answer = await fetch(place, { method: "POST", body: new Blob([chosen], { type: "text/plain" }) }).catch(() => null);
    told.textContent = answer?.ok ? words.sent : words.unfit;
    file.value = "";
  };

  script.after(box);
  open();
})();
