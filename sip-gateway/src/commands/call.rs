//! `gudok call`: a simulated caller phones a gateway.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use rand_chacha::rand_core::Rng;

use super::{code, log, runtime};
use crate::caller::client::{self, Dial, Outcome};
use crate::caller::scenario::Scenario;
use crate::net::house::chance;
use crate::net::speech;

/// Phones `to`; 0 when the call was answered and the agent was heard.
pub fn call(to: &str, scenario: &Path, out: &Path) -> anyhow::Result<ExitCode> {
    log("warn");
    let scenario = Scenario::load(scenario)?;
    let outcome = phone(to, scenario, out, chance()?.next_u64())?;
    for turn in &outcome.turns {
        println!("{:7.2}  {:6}  {}", turn.at_ms as f64 / 1000.0, turn.who, turn.text);
    }
    println!("ended: {} after {:.1} s; result in {}", outcome.end, outcome.seconds, out.display());
    Ok(code(outcome.turns.iter().any(|turn| turn.who == "agent")))
}

/// One call from the beginning to the end.
pub(super) fn phone(
    to: &str,
    scenario: Scenario,
    out: &Path,
    seed: u64,
) -> anyhow::Result<Outcome> {
    let cache = std::env::temp_dir().join("gudok-caller");
    let recogniser = speech::caller_recogniser(&cache, scenario.language)?;
    let (synthesiser, voice) = speech::caller_voice(&cache, &scenario)?;
    let dial = Dial {
        to: to.to_owned(),
        target: target(to)?,
        scenario,
        recogniser,
        synthesiser,
        voice,
        out: out.to_owned(),
        seed,
    };
    runtime()?.block_on(client::call(dial))
}

/// `sip:100@127.0.0.1:5060` → where its packets go.
fn target(to: &str) -> anyhow::Result<SocketAddr> {
    let address = to.strip_prefix("sip:").unwrap_or(to);
    let host = address.rsplit('@').next().unwrap_or(address);
    let host = host.split(';').next().unwrap_or(host);
    let with_port = if host.contains(':') { host.to_owned() } else { format!("{host}:5060") };
    let mut found =
        with_port.to_socket_addrs().with_context(|| format!("{to}: no such address"))?;
    found.next().with_context(|| format!("{to}: no such address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sip_address_names_a_socket() {
        let default = target("sip:100@127.0.0.1").unwrap();
        let named = target("sip:100@127.0.0.1:5070;transport=udp").unwrap();

        assert_eq!(default.port(), 5060);
        assert_eq!(named.port(), 5070);
    }
}
