//! `make bench-chat`: written conversations against a real gateway on the same cores: a hundred messages a
//! second for a minute through the API, and two thousand open chats of pages.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use sip_gateway::clock;
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::Message;

const PER_SECOND: u64 = 100;
const SECONDS: u64 = 60;
const CHATS: usize = 2_000;
/// What somebody with a dripping tap writes, and then begins again.
const SAID: [&str; 7] = [
    "здравствуйте, капает кран на кухне",
    "из носика",
    "улица Багратиона 20, квартира 5",
    "завтра после обеда",
    "а сколько это будет стоить?",
    "нет, давайте послезавтра",
    "подождите, я подумаю",
];
const PAGE_BYTES: u64 = 4_096;
const OPENS_WITHIN: u32 = 300;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    web::post::secure();
    let gateway = Gateway::open().await?;
    let alone = gateway.resident()?;
    messages(&gateway).await?;
    chats(&gateway, alone).await
}

/// Every message on its own beat, whether those before it were answered or not.
async fn messages(gateway: &Gateway) -> anyhow::Result<()> {
    let (client, failed) = (reqwest::Client::new(), Arc::new(AtomicU64::new(0)));
    let lanes = PER_SECOND as usize;
    let mut under_way = JoinSet::new();
    for lane in 0..lanes {
        let (client, failed) = (client.clone(), Arc::clone(&failed));
        let (http, key) = (gateway.http.clone(), gateway.key.clone());
        under_way.spawn(async move {
            tokio::time::sleep(Duration::from_micros(1_000_000 / PER_SECOND * lane as u64)).await;
            let (mut beat, mut answered) =
                (tokio::time::interval(Duration::from_secs(1)), Vec::new());
            let mut id = String::new();
            for nth in 0..SECONDS as usize {
                beat.tick().await;
                let (path, body) = match nth % (SAID.len() + 1) {
                    0 => (
                        "start".to_owned(),
                        json!({ "type": "client_request", "channel": "web", "language": "ru",
                            "participant_phone": format!("+7911{lane:03}{nth:04}") }),
                    ),
                    turn => (
                        format!("{id}/message"),
                        json!({ "text": SAID[turn - 1], "message_id": nth.to_string() }),
                    ),
                };
                let began = clock::now();
                let request = client.post(format!("http://{http}/api/v1/ai/conversation/{path}"));
                let answer = request.header("x-api-key", &key).json(&body).send().await;
                let good = match answer {
                    Ok(answer) if answer.status().is_success() => answer.json::<Value>().await.ok(),
                    Ok(_) | Err(_) => None,
                };
                answered.push((clock::now() - began).as_secs_f64() * 1_000.0);
                match good {
                    Some(answer) => {
                        if let Some(new) = answer["conversation_id"].as_str() {
                            id = new.to_owned();
                        }
                    }
                    None => {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
            answered
        });
    }
    let (worked, began) = (gateway.worked()?, clock::now());
    let mut took: Vec<f64> = under_way.join_all().await.concat();
    let seconds = (clock::now() - began).as_secs_f64();
    took.sort_by(f64::total_cmp);
    println!("| messages | at, 1/s | failed | p50 | p95 | p99 | CPU of one core |");
    println!("|---|---|---|---|---|---|---|");
    println!(
        "| {} | {:.0} | {} | {:.1} ms | {:.1} ms | {:.1} ms | {:.0} % |",
        took.len(),
        took.len() as f64 / seconds,
        failed.load(Ordering::Relaxed),
        at(&took, 50),
        at(&took, 95),
        at(&took, 99),
        (gateway.worked()? - worked) * 100.0 / seconds,
    );
    Ok(())
}

async fn chats(gateway: &Gateway, alone: u64) -> anyhow::Result<()> {
    let before = gateway.resident()?;
    let mut open = Vec::with_capacity(CHATS);
    for _ in 0..CHATS {
        let line = format!("ws://{}/chat/100/line", gateway.http);
        let (mut socket, _) = tokio_tungstenite::connect_async(line).await?;
        socket.send(Message::text(json!({ "open": null }).to_string())).await?;
        greeted(&mut socket).await?;
        open.push(socket);
    }
    let grown = gateway.resident()?;
    let mut took = Vec::new();
    for (nth, socket) in open.iter_mut().enumerate().step_by(20) {
        let began = clock::now();
        let word = json!({ "say": "капает кран на кухне", "id": nth.to_string() });
        socket.send(Message::text(word.to_string())).await?;
        greeted(socket).await?;
        took.push((clock::now() - began).as_secs_f64() * 1_000.0);
    }
    took.sort_by(f64::total_cmp);
    let mib = |bytes: u64| bytes as f64 / 1024.0 / 1024.0;
    println!(
        "\n{CHATS} open chats: {:.0} MiB resident in all ({:.0} MiB before them, {:.0} MiB at the start), {:.1} KiB \
         each; a message in one of them answered in {:.1} / {:.1} ms (p50 / p95)",
        mib(grown),
        mib(before),
        mib(alone),
        grown.saturating_sub(before) as f64 / 1024.0 / CHATS as f64,
        at(&took, 50),
        at(&took, 95),
    );
    Ok(())
}

/// Until the agent has said something.
async fn greeted<S>(socket: &mut S) -> anyhow::Result<()>
where
    S: futures_util::Stream<Item = Result<Message, tokio_tungstenite::tungstenite::Error>> + Unpin,
{
    while let Some(message) = socket.next().await {
        let Message::Text(text) = message? else { continue };
        let word: Value = serde_json::from_str(&text)?;
        let lines = word["lines"].as_array().map(Vec::as_slice).unwrap_or_default();
        if lines.iter().any(|line| line["who"] == "agent") {
            return Ok(());
        }
    }
    anyhow::bail!("the line was closed")
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

/// A gateway of its own, with the demo's organisation.
struct Gateway {
    program: Child,
    http: String,
    key: String,
    folder: PathBuf,
}

impl Gateway {
    async fn open() -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("gudok-bench-chat-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into());
        let port = || anyhow::Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?);
        let (sip, http) = (port()?.to_string(), port()?.to_string());
        let program = Command::new(format!("{target}/release/gudok"))
            .args(["serve", "--demo", "--sip", &sip, "--http", &http, "--data"])
            .arg(&folder)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("target/release/gudok: cargo build --release -p sip-gateway")?;
        let mut gateway = Self { program, http, key: String::new(), folder };
        for _ in 0..OPENS_WITHIN {
            if let Ok(text) = std::fs::read_to_string(gateway.folder.join("demo.json")) {
                let told: Value = serde_json::from_str(&text)?;
                gateway.key = told["api_key"].as_str().context("api_key")?.to_owned();
                return Ok(gateway);
            }
            ensure!(gateway.program.try_wait()?.is_none(), "the gateway has ended");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        anyhow::bail!("the gateway does not open")
    }

    fn resident(&self) -> anyhow::Result<u64> {
        let statm = std::fs::read_to_string(format!("/proc/{}/statm", self.program.id()))?;
        let pages: u64 = statm.split(' ').nth(1).context("statm")?.parse()?;
        Ok(pages * PAGE_BYTES)
    }

    /// Seconds of CPU.
    fn worked(&self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.program.id()))?;
        let after = stat.rsplit(')').next().context("stat")?;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
        Ok(ticks / 100.0)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
