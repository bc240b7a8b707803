// A call from a page. Any site may carry the button:
//   <script src="https://your.gudok/assets/ring.js" data-number="100" async></script>
// The call goes to that number of the house the script came from.
(() => {
  const script = document.currentScript;
  const house = new URL(script.src);
  const language = script.dataset.language ?? (navigator.language.startsWith("ru") ? "ru" : "en");
  const number = script.dataset.number;
  const KEYS = "123456789*0#";
  const CONNECTS_WITHIN = 20_000;

  const WORDS = {
    ru: {
      idle: "Позвонить с сайта", asking: "Разрешите микрофон…", ringing: "Соединяем…", talking: "Идёт разговор",
      over: "Звонок окончен", hang_up: "Положить трубку", again: "Позвонить ещё раз", keys: "Клавиши",
      no_microphone: "Микрофон не разрешён. Разрешите его в настройках страницы рядом с её адресом и позвоните снова.",
      no_support: "Этот браузер не умеет звонить. Позвоните нам по телефону.",
      no_such_number: "По этому номеру никто не отвечает.",
      busy: "Все линии заняты. Позвоните, пожалуйста, через минуту.",
      no_common_sound: "Браузер не передаёт звук так, как нам нужно. Попробуйте другой браузер.",
      trouble: "Не получилось соединить. Позвоните ещё раз или по телефону.",
      lost: "Связь прервалась. Позвоните ещё раз: мы продолжим с того же места.",
    },
    en: {
      idle: "Call from this page", asking: "Please allow the microphone…", ringing: "Connecting…", talking: "You are connected",
      over: "The call is over", hang_up: "Hang up", again: "Call again", keys: "Keypad",
      no_microphone: "The microphone was not allowed. Allow it in the page's settings beside its address and call again.",
      no_support: "This browser cannot call. Please phone us.",
      no_such_number: "Nobody answers at this number.",
      busy: "All lines are busy. Please call again in a minute.",
      no_common_sound: "This browser does not send sound the way we need it. Please try another one.",
      trouble: "The call could not be connected. Please call again, or phone us.",
      lost: "The connection was lost. Call again and we will go on from there.",
    },
  };
  const words = WORDS[language] ?? WORDS.en;

  class Call {
    constructor(changed) {
      this.changed = changed;
      this.state = "idle";
      this.why = null;
    }

    async start() {
      if (!navigator.mediaDevices?.getUserMedia || !window.RTCPeerConnection) return this.end("no_support");
      this.turn("asking");
      const line = this.openLine();
      try {
        this.microphone = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
      } catch {
        return this.end("no_microphone");
      }
      if (this.state !== "asking") return this.close();

      this.turn("ringing");
      this.patience = setTimeout(() => this.end("trouble"), CONNECTS_WITHIN);
      try {
        await this.offer(await line);
      } catch {
        this.end("trouble");
      }
    }

    // The first word on the line says which servers help through firewalls.
    openLine() {
      const socket = new URL(`/ring/${encodeURIComponent(number)}/line`, house);
      socket.protocol = house.protocol === "https:" ? "wss:" : "ws:";
      this.line = new WebSocket(socket);
      this.line.onclose = () => this.end(this.state === "talking" ? "lost" : "trouble");
      const first = new Promise((resolve, reject) => {
        this.line.onerror = reject;
        this.line.onmessage = ({ data }) => {
          const word = JSON.parse(data);
          if (word.helpers) resolve(word.helpers);
          else this.hear(word);
        };
      });
      first.catch(() => {});
      return first;
    }

    async offer(iceServers) {
      const peer = new RTCPeerConnection({ iceServers });
      this.peer = peer;
      this.microphone.getTracks().forEach((track) => peer.addTrack(track, this.microphone));
      peer.ontrack = ({ streams }) => this.play(streams[0]);
      peer.onconnectionstatechange = () => {
        if (peer.connectionState === "connected") {
          clearTimeout(this.patience);
          this.turn("talking");
        }
        if (peer.connectionState === "failed") this.end("lost");
      };
      await peer.setLocalDescription(await peer.createOffer());
      if (iceServers.length) await gathered(peer);
      this.line.send(JSON.stringify({ offer: peer.localDescription.sdp }));
    }

    hear(word) {
      if (word.answer) this.peer?.setRemoteDescription({ type: "answer", sdp: word.answer }).catch(() => this.end("trouble"));
      if (word.refused) this.end(word.refused);
      if (word.ended) this.end(word.ended === "over" || this.state === "talking" ? "over" : "trouble");
    }

    play(stream) {
      this.speaker = new Audio();
      this.speaker.autoplay = true;
      this.speaker.srcObject = stream;
      this.stream = stream;
    }

    press(key) {
      const sender = this.peer?.getSenders().find((it) => it.dtmf);
      sender?.dtmf.insertDTMF(key, 100, 70);
    }

    end(why) {
      if (this.state === "over" || this.state === "idle") return;
      this.why = why;
      this.close();
      this.turn("over");
    }

    close() {
      clearTimeout(this.patience);
      if (this.line) this.line.onclose = null;
      this.line?.close();
      this.peer?.close();
      this.microphone?.getTracks().forEach((track) => track.stop());
      if (this.speaker) this.speaker.srcObject = null;
    }

    turn(state) {
      this.state = state;
      this.changed(this);
    }
  }

  // A relayed way is only in the offer once the relay has answered; two seconds are enough for that.
  function gathered(peer) {
    return new Promise((resolve) => {
      if (peer.iceGatheringState === "complete") return resolve();
      setTimeout(resolve, 2_000);
      peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && resolve();
    });
  }

  function element(name, text, styles = {}) {
    const made = document.createElement(name);
    made.textContent = text;
    Object.assign(made.style, styles);
    return made;
  }

  const box = element("div", "", { display: "inline-flex", flexDirection: "column", gap: "0.6rem", font: "inherit" });
  const button = element("button", words.idle, { font: "inherit", padding: "0.7em 1.4em", borderRadius: "2em", border: "0", background: "#0b6470", color: "#fff", cursor: "pointer" });
  const told = element("p", "", { margin: "0" });
  const keys = element("div", "", { display: "none", gridTemplateColumns: "repeat(3, 3em)", gap: "0.3rem" });
  button.type = "button";
  told.setAttribute("role", "status");
  keys.setAttribute("role", "group");
  keys.setAttribute("aria-label", words.keys);
  let call = null;

  for (const key of KEYS) {
    const pressed = element("button", key, { font: "inherit", padding: "0.5em" });
    pressed.type = "button";
    pressed.onclick = () => call?.press(key);
    keys.append(pressed);
  }

  function show({ state, why }) {
    const up = state === "asking" || state === "ringing" || state === "talking";
    told.textContent = state === "over" ? words[why] ?? words.over : words[state];
    button.textContent = up ? words.hang_up : words.again;
    button.style.background = up ? "#a5281f" : "#0b6470";
    keys.style.display = state === "talking" ? "grid" : "none";
    box.dataset.state = state;
    box.dataset.why = why ?? "";
  }

  button.onclick = () => {
    if (call && call.state !== "over") return call.end("over");
    call = new Call(show);
    window.gudokCall = call;
    call.start();
  };
  addEventListener("pagehide", () => call?.end("over"));
  box.dataset.state = "idle";
  box.append(button, told, keys);
  script.after(box);
})();
