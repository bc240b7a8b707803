//! What a stranger may send us, and what must be true whatever it is. Each function takes any bytes at
//! all; `fuzz/` feeds them bytes made up by a fuzzer, the test below the ones worth keeping.
//!
//! **Never here:** sockets, the fuzzer.

mod exchange;
mod sound;

pub use exchange::{description, digest, uas, wire};
pub use sound::{dtmf, rtcp, rtp, stun};

use std::time::Instant;

/// A reader of strangers' bytes; it panics where they do harm.
pub type Target = fn(&[u8]);

/// Every one by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("wire", wire),
    ("description", description),
    ("digest", digest),
    ("uas", uas),
    ("rtp", rtp),
    ("rtcp", rtcp),
    ("stun", stun),
    ("dtmf", dtmf),
];

/// Time counts from here; what the clock says makes no difference.
fn start() -> Instant {
    use std::sync::OnceLock;
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(sip_gateway::clock::now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn nothing_ever_found_worth_keeping_does_harm() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");

        for (name, target) in TARGETS {
            let mut seen = 0;
            for entry in std::fs::read_dir(corpora.join(name)).unwrap() {
                let path = entry.unwrap().path();
                let bytes = std::fs::read(&path).unwrap();
                let kept = std::panic::catch_unwind(|| target(&bytes));
                assert!(kept.is_ok(), "{name} is harmed by {}", path.display());
                seen += 1;
            }
            assert!(seen >= 5, "{seen} in the corpus of {name}");
        }
    }
}
