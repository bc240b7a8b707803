//! A recogniser that knows what was said, and tells each word as late as a real one does.
//!
//! **Never here:** sound; when a turn ends.

use std::time::{Duration, Instant};

use media::audio::{FRAME_TIME, RATE};
use media::turn::TurnId;

use super::voice::SAMPLES_PER_CHARACTER;

/// From the caller's mouth to the gateway's ear, jitter buffer included.
const ON_THE_WAY: Duration = Duration::from_millis(50);

#[derive(Debug, Default)]
pub struct Stenographer {
    /// Words and when their sound ends.
    said: Vec<(Instant, String)>,
    open: Option<Open>,
    /// What was said before then has been told.
    settled: Option<Instant>,
}

#[derive(Debug)]
struct Open {
    utterance: TurnId,
    since: Instant,
    /// Asked for its last words.
    until: Option<Instant>,
    told: usize,
}

impl Stenographer {
    /// A sentence whose sound begins at `at`.
    pub fn say(&mut self, at: Instant, text: &str) {
        let mut characters = 0;
        for word in text.split_whitespace() {
            characters += word.chars().count();
            let samples = (characters * SAMPLES_PER_CHARACTER) as u64;
            let ends = at + ON_THE_WAY + Duration::from_millis(samples * 1_000 / u64::from(RATE));
            self.said.push((ends, word.to_owned()));
            characters += 1;
        }
    }

    pub fn begin(&mut self, now: Instant, utterance: TurnId, frames_back: usize) {
        let since = now.checked_sub(FRAME_TIME * frames_back as u32).unwrap_or(now);
        self.open = Some(Open {
            utterance,
            since: self.settled.map_or(since, |at| at.max(since)),
            until: None,
            told: 0,
        });
    }

    /// What a recogniser that is `late` knows now, if that is more than before.
    pub fn partial(&mut self, now: Instant, late: Duration) -> Option<(TurnId, String)> {
        let heard_by = now.checked_sub(late)?;
        let open = self.open.as_mut()?;
        let until = open.until.map_or(heard_by, |until| until.min(heard_by));
        let words = words(&self.said, open.since, until);
        let more = words.len() > open.told;
        open.told = words.len();
        more.then(|| (open.utterance, words.join(" ")))
    }

    /// Everything said until now; what is still in the caller's mouth belongs to the next utterance.
    pub fn settle(&mut self, now: Instant) -> String {
        let since = self.open.as_ref().map_or(now, |open| open.since);
        let text = words(&self.said, since, now).join(" ");
        if let Some(open) = &mut self.open {
            open.until = Some(now);
        }
        self.settled = Some(now);
        text
    }
}

fn words(said: &[(Instant, String)], since: Instant, until: Instant) -> Vec<&str> {
    let within = said.iter().filter(|(ends, _)| (since..=until).contains(ends));
    within.map(|(_, word)| word.as_str()).collect()
}
