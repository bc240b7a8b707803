//! Everything simulated calls share: packs, voices, the moment they begin.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use dialog::conversation::{Conversation, Kind, Setup};
use dialog::pack::Pack;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::ids::ConversationId;
use job_core::trade::{Channel, Language};

use super::core::QuietDay;
use super::{Ending, Setting, Voices, World};

/// Friday noon in Kaliningrad.
const BEGAN: &str = "2026-11-20T12:00:00+02:00";

#[derive(Debug)]
pub struct Studio {
    ru: Arc<Pack>,
    en: Arc<Pack>,
    voices: Arc<Voices>,
    began: (Instant, Timestamp),
}

impl Studio {
    pub fn new() -> Self {
        let pack = |language| Arc::new(Pack::built_in("home-repair", language).expect("the pack"));
        let origin = sip_gateway::clock::now();
        Self {
            ru: pack(Language::Ru),
            en: pack(Language::En),
            voices: Voices::new(),
            began: (origin, BEGAN.parse().expect("a timestamp")),
        }
    }

    /// One call from answer to end.
    pub fn call(&self, setting: Setting) -> Ending {
        let pack = match setting.scenario.language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        };
        let conversation = Conversation::new(
            Arc::clone(pack),
            Setup {
                id: ConversationId::new("c1"),
                kind: Kind::ClientRequest,
                channel: Channel::Phone,
                language: setting.scenario.language,
                phone: setting.scenario.phone.clone(),
                zone: TimeZone::get("Europe/Kaliningrad").expect("a zone"),
            },
        );
        let core = QuietDay::new(pack.prices.clone());
        World::new(self.began, conversation, core, Arc::clone(&self.voices), setting).run()
    }

    /// Many calls on all cores, in the order of their seeds.
    pub fn many(&self, calls: u64, setting: impl Fn(u64) -> Setting + Sync) -> Vec<Ending> {
        let next = AtomicU64::new(0);
        let work = || {
            let mut endings = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if seed >= calls {
                    return endings;
                }
                endings.push((seed, self.call(setting(seed))));
            }
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let mut endings: Vec<(u64, Ending)> = thread::scope(|scope| {
            let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a world")).collect()
        });
        endings.sort_by_key(|(seed, _)| *seed);
        endings.into_iter().map(|(_, ending)| ending).collect()
    }
}

impl Default for Studio {
    fn default() -> Self {
        Self::new()
    }
}
