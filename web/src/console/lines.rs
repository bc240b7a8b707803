//! A conversation line by line: what was said and what happened, on one clock.

use job_core::conversation::{CallEvent, Millis, Speaker, Utterance};

use super::list::SLOW;
use crate::telling::place;
use crate::words::{Words, code};

/// Heard surely from this confidence on, and hardly below that one.
const SURE: i64 = 75;
const DOUBTFUL: i64 = 50;
/// Many listeners are dissatisfied below this score (ITU-T G.107 annex B).
const MANY_COMPLAIN: f32 = 3.6;

/// One line of the page.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    at: Millis,
    /// "1:07"
    pub(super) place: String,
    /// "67.900", for the player.
    pub(super) seconds: String,
    /// `client`, `agent`, `operator`, `system` or `event`.
    pub(super) kind: String,
    pub(super) who: String,
    pub(super) text: String,
    pub(super) confidence: Option<Confidence>,
    pub(super) answered: Option<String>,
    pub(super) is_slow: bool,
    pub(super) is_cut: bool,
    /// Something went wrong here.
    pub(super) is_bad: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Confidence {
    pub(super) percent: i64,
    /// `sure`, `fair` or `poor`.
    pub(super) level: &'static str,
}

/// Everything in order of time; of one moment, the words come before what happened.
pub(super) fn lines(words: &Words, said: &[Utterance], happened: &[CallEvent]) -> Vec<Line> {
    let said = said.iter().map(|it| spoken(words, it));
    let happened = happened.iter().map(|it| event(words, it));
    let mut lines: Vec<Line> = said.chain(happened).collect();
    lines.sort_by_key(|line| line.at);
    lines
}

fn spoken(words: &Words, it: &Utterance) -> Line {
    let kind = code(it.speaker);
    let confidence = it.confidence.filter(|_| it.speaker == Speaker::Client);
    Line {
        who: words.named("speaker", it.speaker),
        text: it.text.clone(),
        confidence: confidence.map(level),
        answered: it.latency.map(|wait| words.wait(wait)),
        is_slow: it.latency.is_some_and(|wait| wait > SLOW),
        is_cut: it.interrupted,
        ..Line::empty(it.at, kind)
    }
}

fn event(words: &Words, it: &CallEvent) -> Line {
    let is_bad = it.kind.ends_with("_failed") || it.kind == "reply_too_long" || sounded_poorly(it);
    Line {
        who: words.named("event", &it.kind),
        text: it.detail.clone(),
        is_bad,
        ..Line::empty(it.at, "event".into())
    }
}

/// The sound's score stands first in what is told of it.
fn sounded_poorly(it: &CallEvent) -> bool {
    let score = it.detail.split(',').next().and_then(|score| score.parse::<f32>().ok());
    it.kind.starts_with("sound_") && score.is_some_and(|score| score < MANY_COMPLAIN)
}

fn level(percent: i64) -> Confidence {
    let level = match percent {
        SURE.. => "sure",
        DOUBTFUL.. => "fair",
        _ => "poor",
    };
    Confidence { percent, level }
}

impl Line {
    fn empty(at: Millis, kind: String) -> Self {
        let millis = at.0.max(0);
        Self {
            at,
            place: place(at),
            seconds: format!("{}.{:03}", millis / 1_000, millis % 1_000),
            kind,
            who: String::new(),
            text: String::new(),
            confidence: None,
            answered: None,
            is_slow: false,
            is_cut: false,
            is_bad: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use job_core::trade::Language;

    use super::*;

    #[test]
    fn words_and_events_share_one_clock() {
        let said = [line(0, 0, Speaker::Agent), line(1, 4_000, Speaker::Client)];
        let keys = CallEvent { at: Millis(2_500), kind: "keys".into(), detail: "1".into() };

        let lines = lines(Words::of(Language::En), &said, &[keys]);

        let told: Vec<_> = lines.iter().map(|it| (it.place.as_str(), it.who.as_str())).collect();
        assert_eq!(told, [("0:00", "Agent"), ("0:02", "Keys pressed"), ("0:04", "Client")]);
        assert_eq!(lines[1].seconds, "2.500");
    }

    #[test]
    fn a_call_that_sounded_poorly_is_marked() {
        let event = |detail: &str| CallEvent {
            at: Millis(0),
            kind: "sound_to_caller".into(),
            detail: detail.into(),
        };

        let lines = lines(
            Words::of(Language::En),
            &[],
            &["4.4, 0.0 %, 1 ms", "2.9, 9.0 %, 1 ms"].map(event),
        );

        assert_eq!(lines.iter().map(|line| line.is_bad).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn doubt_is_shown_for_the_callers_words_only() {
        let [mut agent, mut client] = [line(0, 0, Speaker::Agent), line(1, 1, Speaker::Client)];
        (agent.confidence, client.confidence) = (Some(60), Some(60));

        let lines = lines(Words::of(Language::En), &[agent, client], &[]);

        assert_eq!(lines[0].confidence, None);
        assert_eq!(lines[1].confidence, Some(Confidence { percent: 60, level: "fair" }));
    }

    fn line(seq: i64, at: i64, speaker: Speaker) -> Utterance {
        Utterance {
            seq,
            at: Millis(at),
            speaker,
            text: "…".into(),
            confidence: None,
            latency: None,
            interrupted: false,
        }
    }
}
