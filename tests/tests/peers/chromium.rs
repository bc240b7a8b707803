//! A real browser, driven over its debugging protocol: opens a page, clicks, speaks from a file.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::gateway::until;

const STARTS_WITHIN: Duration = Duration::from_secs(30);
const ANSWERS_WITHIN: Duration = Duration::from_secs(20);

/// Keeps what the page hears of the agent, 8,000 samples a second.
const TAPE: &str = r#"(() => {
  const context = new AudioContext({ sampleRate: 8000 });
  const taps = new Set();
  window.tape = [];
  setInterval(() => {
    const stream = window.gudokCall?.stream;
    if (!stream || taps.has(stream)) return;
    taps.add(stream);
    const tap = context.createScriptProcessor(2048, 1, 1);
    tap.onaudioprocess = ({ inputBuffer }) => {
      for (const sample of inputBuffer.getChannelData(0)) window.tape.push(Math.round(sample * 32767));
    };
    context.createMediaStreamSource(stream).connect(tap);
    tap.connect(context.destination);
  }, 20);
  return context.resume().then(() => context.state);
})()"#;

const TAKE_TAPE: &str = r#"(() => {
  const bytes = new Uint8Array(Int16Array.from(window.tape).buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
})()"#;

pub(crate) struct Chromium {
    program: Child,
    runtime: Runtime,
    line: WebSocketStream<MaybeTlsStream<TcpStream>>,
    next: u64,
}

impl Chromium {
    /// A browser at that page, whose microphone hears the file once.
    pub(crate) fn open(folder: &Path, page: &str, microphone: &Path) -> Self {
        let profile = folder.join("profile");
        let log = File::create(folder.join("chromium.log")).unwrap();
        let program = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
            .args(["--no-first-run", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--disable-extensions"])
            .args(["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"])
            .args(["--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0"])
            .arg(format!("--use-file-for-fake-audio-capture={}%noloop", microphone.display()))
            .arg(format!("--user-data-dir={}", profile.display()))
            .arg(page)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("chromium: {error}; deploy/packages test installs it"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let port = until("chromium", STARTS_WITHIN, || {
            let written = std::fs::read_to_string(profile.join("DevToolsActivePort")).ok()?;
            written.lines().next()?.parse::<u16>().ok()
        });
        let target = until("the page", STARTS_WITHIN, || {
            runtime.block_on(page_target(port, page)).ok().flatten()
        });
        let (line, _) = runtime.block_on(connect_async(target)).unwrap();
        let mut browser = Self { program, runtime, line, next: 0 };
        let loaded = format!("document.readyState === 'complete' && location.href === '{page}'");
        until("the page", STARTS_WITHIN, || {
            (browser.try_evaluate(&loaded) == Ok(Value::Bool(true))).then_some(())
        });
        browser
    }

    /// The value of an expression; promises are waited for.
    pub(crate) fn evaluate(&mut self, expression: &str) -> Value {
        let value = self.try_evaluate(expression);
        value.unwrap_or_else(|answer| panic!("{expression}: {answer}"))
    }

    /// A page that is just loading has nothing to evaluate in.
    fn try_evaluate(&mut self, expression: &str) -> Result<Value, Value> {
        self.next += 1;
        let parameters = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true, "userGesture": true,
        });
        let order = json!({ "id": self.next, "method": "Runtime.evaluate", "params": parameters });
        let asked = ask(&mut self.line, self.next, &order);
        let answer =
            self.runtime.block_on(async { tokio::time::timeout(ANSWERS_WITHIN, asked).await });
        let answer = answer.unwrap_or_else(|_| panic!("chromium did not answer: {expression}"));
        let result = &answer["result"];
        match result.get("exceptionDetails").is_none() && answer.get("error").is_none() {
            true => Ok(result["result"]["value"].clone()),
            false => Err(answer),
        }
    }

    /// From now on what the page hears is kept.
    pub(crate) fn tape(&mut self) {
        assert_eq!(self.evaluate(TAPE), "running");
    }

    /// What the page has heard, 8,000 samples a second.
    pub(crate) fn taken(&mut self) -> Vec<i16> {
        let tape = self.evaluate(TAKE_TAPE);
        let bytes = STANDARD.decode(tape.as_str().unwrap()).unwrap();
        bytes.as_chunks().0.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

async fn ask(
    line: &mut WebSocketStream<MaybeTlsStream<TcpStream>>,
    id: u64,
    order: &Value,
) -> Value {
    line.send(Message::text(order.to_string())).await.unwrap();
    loop {
        let message = line.next().await.unwrap().unwrap();
        let Ok(text) = message.into_text() else { continue };
        let word: Value = serde_json::from_str(&text).unwrap_or_default();
        if word["id"] == id {
            return word;
        }
    }
}

async fn page_target(port: u16, page: &str) -> Result<Option<String>, reqwest::Error> {
    web::post::secure();
    let list = reqwest::get(format!("http://127.0.0.1:{port}/json/list")).await?;
    let targets: Vec<Value> = list.json().await?;
    let ours = targets.iter().find(|target| target["url"] == page);
    Ok(ours.and_then(|target| target["webSocketDebuggerUrl"].as_str()).map(str::to_owned))
}
