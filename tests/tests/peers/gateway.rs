//! The real program in a process of its own, with its own data, ports and demo organisation.
//!
//! **Never here:** who phones it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::Duration;

use sip_gateway::net::demo::Keys;

/// Models and language models are made at the first start.
const READY_WITHIN: Duration = Duration::from_secs(90);
const STOPS_WITHIN: Duration = Duration::from_secs(20);
const SAYS_WITHIN: Duration = Duration::from_secs(20);
const GLANCE: Duration = Duration::from_millis(100);
/// RTP ports of each gateway, so that no late packet of one test reaches another.
const PORTS: u16 = 400;

static GATEWAYS: AtomicU16 = AtomicU16::new(0);

pub(crate) struct Gateway {
    program: Child,
    data: PathBuf,
    sip: String,
    settings: Vec<(&'static str, String)>,
    pub(crate) keys: Keys,
}

impl Gateway {
    pub(crate) fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    /// `settings`: `GUDOK_*` variables.
    pub(crate) fn start_with(name: &str, settings: &[(&'static str, &str)]) -> Self {
        Self::start_at(name, "127.0.0.1:0", settings)
    }

    /// … that hears SIP there.
    pub(crate) fn start_at(name: &str, sip: &str, settings: &[(&'static str, &str)]) -> Self {
        let data = std::env::temp_dir().join(format!("gudok-peers-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&data).unwrap();
        let first = 30_000 + GATEWAYS.fetch_add(1, Ordering::Relaxed) * PORTS;
        let ports = ("GUDOK_MEDIA__PORTS", format!("{first},{}", first + PORTS - 1));
        let settings = settings.iter().map(|(key, value)| (*key, (*value).to_owned()));
        let settings: Vec<_> = settings.chain([ports]).collect();
        let (program, keys) = open(&data, sip, &settings);
        Self { program, data, sip: sip.to_owned(), settings, keys }
    }

    /// `sip:100@127.0.0.1:…`
    pub(crate) fn address(&self, number: &str) -> String {
        format!("sip:{number}@{}", self.keys.sip)
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.data.join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// `kill -9`.
    pub(crate) fn die(&mut self) {
        self.program.kill().unwrap();
        self.program.wait().unwrap();
    }

    /// The program again, with what it left behind.
    pub(crate) fn rise(&mut self) {
        std::fs::remove_file(self.data.join("demo.json")).unwrap();
        (self.program, self.keys) = open(&self.data, &self.sip, &self.settings);
    }

    /// SIGTERM; the program must leave in good order.
    pub(crate) fn stop(mut self) {
        self.ask_to_stop();
        self.wait_for_its_end();
        std::fs::remove_dir_all(&self.data).unwrap();
    }

    pub(crate) fn ask_to_stop(&self) {
        terminate(&self.program);
    }

    pub(crate) fn wait_for_its_end(&mut self) {
        let status =
            until("the gateway to stop", STOPS_WITHIN, || self.program.try_wait().unwrap());

        assert!(status.success(), "gudok serve ended with {status}; {}", self.log());
    }

    /// Waits until its log holds these words.
    pub(crate) fn says(&self, words: &str) {
        self.says_again(words, 1);
    }

    /// … so many times.
    pub(crate) fn says_again(&self, words: &str, times: usize) {
        until(words, SAYS_WITHIN, || (self.said(words) >= times).then_some(()));
    }

    /// Whether its log holds these words already.
    pub(crate) fn log_holds(&self, words: &str) -> bool {
        self.said(words) > 0
    }

    fn said(&self, words: &str) -> usize {
        let log = std::fs::read_to_string(self.data.join("gudok.log")).unwrap();
        log.matches(words).count()
    }

    fn log(&self) -> String {
        format!("see {}", self.data.join("gudok.log").display())
    }
}

/// A failed test leaves the data for whoever looks into it, but no process.
impl Drop for Gateway {
    fn drop(&mut self) {
        if matches!(self.program.try_wait(), Ok(None)) {
            eprintln!("{}", self.log());
            let _ = self.program.kill();
            let _ = self.program.wait();
        }
    }
}

fn open(data: &Path, sip: &str, settings: &[(&str, String)]) -> (Child, Keys) {
    let log = data.join("gudok.log");
    let mut program = gudok()
        .args(["serve", "--demo", "--sip", sip, "--http", "127.0.0.1:0"])
        .arg("--data")
        .arg(data)
        .envs(settings.iter().map(|(key, value)| (key, value)))
        .stderr(File::options().create(true).append(true).open(&log).unwrap())
        .spawn()
        .unwrap();
    let keys = until("demo.json", READY_WITHIN, || {
        let over = program.try_wait().unwrap();
        assert!(over.is_none(), "gudok serve ended at its start: {over:?}; see {}", log.display());
        let written = std::fs::read(data.join("demo.json")).ok()?;
        serde_json::from_slice(&written).ok()
    });
    (program, keys)
}

/// The program: `GUDOK_BIN`, or what cargo built beside this test. No setting of ours reaches it.
pub(crate) fn gudok() -> Command {
    let beside = || {
        let test = std::env::current_exe().unwrap();
        test.ancestors().nth(2).unwrap().join("gudok")
    };
    let program = std::env::var_os("GUDOK_BIN").map_or_else(beside, PathBuf::from);
    assert!(program.is_file(), "{} is not there: cargo build -p sip-gateway", program.display());
    let mut command = Command::new(program);
    for (key, _) in std::env::vars_os() {
        if key.as_encoded_bytes().starts_with(b"GUDOK_") {
            command.env_remove(key);
        }
    }
    command.env_remove("DATABASE_URL");
    command
}

/// Looks again and again until something is there.
pub(crate) fn until<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..within.as_millis() / GLANCE.as_millis() {
        if let Some(found) = look() {
            return found;
        }
        thread::sleep(GLANCE);
    }
    panic!("waited {within:?} in vain for {what}");
}

/// Asks a program to end of itself.
pub(crate) fn terminate(program: &Child) {
    let pid = program.id().to_string();
    let told = Command::new("sh").args(["-c", "kill -TERM $0", &pid]).status().unwrap();
    assert!(told.success());
}
