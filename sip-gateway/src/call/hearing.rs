//! The hearing half of a call: the floor's turns become utterances, utterances words, words a turn
//! the conversation is told.
//!
//! **Never here:** what is answered.

use dialog::conversation::Progress;
use dialog::state::Awaiting;
use dialog::understand::{tells_card, wants_floor};
use media::floor::{Patience, Sense};

use super::*;

/// A turn this long, its closing pause included, was meant for us although no word was understood.
const WORTH_ASKING_AGAIN: Duration = Duration::from_millis(1200);
/// Words heard over the agent's voice with less confidence than this may be others.
const SURE_OVER_AGENT: f32 = 0.35;
/// A "wait" is believed when it lasts so long, or with the confidence of [`stops_from`].
const STOPS_AFTER: Duration = Duration::from_millis(240);
/// So much voice wants the floor whatever its words; hums are shorter.
const SPEAKS_UP_AFTER: Duration = Duration::from_millis(320);
/// A yes with more of the sentence than this to come is no answer to it.
const ANSWERS_WITHIN: Duration = Duration::from_millis(1200);

/// A yes with no more of the sentence than this to come is kept, …
const KEPT_WITHIN: Duration = Duration::from_millis(2000);
/// … and is the answer if the caller says nothing else for so long after it.
const KEPT_FOR: Duration = Duration::from_millis(900);

/// A yes said a little early, over the end of the question.
#[derive(Debug)]
pub(super) struct EarlyYes {
    words: Words,
    began: u32,
    /// Set once the question is out.
    counts_at: Option<Instant>,
}

/// What the caller is doing, as far as the recogniser is concerned.
#[derive(Debug)]
pub(super) enum Hearing {
    Nobody,
    Speech(Utterance),
    /// Waiting for the final words.
    Settling {
        utterance: Utterance,
        /// The floor has decided that the caller has finished.
        over: bool,
        until: Instant,
    },
    /// The words are there, and the caller may yet go on.
    Ripe {
        utterance: Utterance,
        words: Words,
    },
}

/// What the recogniser was given as one piece.
#[derive(Debug, Clone, Copy)]
pub(super) struct Utterance {
    pub(super) id: TurnId,
    /// The floor's.
    turn: TurnId,
    /// The tick at which the turn began.
    began: u32,
}

impl Call {
    /// Words from the recogniser; those of an utterance nobody waits for are dropped here.
    pub(super) fn hear(&mut self, now: Instant, utterance: TurnId, heard: Heard) {
        match heard {
            Heard::Partial(words) => self.overhear(now, utterance, words),
            Heard::Final(words) => self.understand(now, utterance, words),
            Heard::Failed(error) => self.lose_ear(now, error.to_string()),
        }
    }

    /// The recogniser owes final words and does not deliver.
    pub(super) fn give_up_waiting(&mut self, now: Instant) {
        if let Hearing::Settling { until, .. } = self.hearing
            && now >= until
        {
            self.lose_ear(now, "no final words in time".into());
        }
    }

    pub(super) fn listen(&mut self, turn: TurnId, frames_back: usize) {
        let began = self.ticks.saturating_sub(frames_back as u32);
        self.early_yes = None;
        self.timbre = Timbre::new();
        self.open_ear(turn, began, frames_back);
    }

    /// The question is out: a yes that came early may be its answer.
    pub(super) fn count_early_yes(&mut self, now: Instant) {
        if let Some(yes) = &mut self.early_yes {
            yes.counts_at = Some(now + KEPT_FOR);
        }
    }

    /// The caller has left it at the early yes.
    pub(super) fn take_early_yes(&mut self, now: Instant) {
        let due = |yes: &mut EarlyYes| yes.counts_at.is_some_and(|at| now >= at);
        if let Some(EarlyYes { words, began, .. }) = self.early_yes.take_if(due) {
            self.caller_ended = Some(now);
            self.answer(now, began, words);
        }
    }

    /// The caller goes on: the same turn, another utterance.
    pub(super) fn listen_on(&mut self, turn: TurnId, frames_back: usize) {
        let began = match std::mem::replace(&mut self.hearing, Hearing::Nobody) {
            Hearing::Ripe { utterance, words } => {
                self.keep_for_later(words);
                utterance.began
            }
            Hearing::Speech(utterance) | Hearing::Settling { utterance, .. } => utterance.began,
            Hearing::Nobody => self.ticks.saturating_sub(frames_back as u32),
        };
        // What the last utterance has had is not heard twice.
        let fresh = self.ticks.saturating_sub(self.settled_at) as usize;
        self.open_ear(turn, began, frames_back.min(fresh));
    }

    fn open_ear(&mut self, turn: TurnId, began: u32, frames_back: usize) {
        self.utterance = self.utterance.next();
        self.overheard = None;
        self.hearing = Hearing::Speech(Utterance { id: self.utterance, turn, began });
        let back = self.back.last(frames_back).copied().collect();
        let expect =
            if self.floor.agent_speaks() { Expect::Aside } else { expect(self.awaiting()) };
        self.outputs.push_back(Output::Listen { turn: self.utterance, expect, back });
    }

    /// The caller has probably finished: the final words, please.
    pub(super) fn settle(&mut self, now: Instant, turn: TurnId) {
        if let Hearing::Speech(utterance) = self.hearing
            && utterance.turn == turn
        {
            self.hearing = Hearing::Settling { utterance, over: false, until: now + FINAL_WITHIN };
            self.settled_at = self.ticks;
            self.outputs.push_back(Output::Settle(utterance.id));
        }
    }

    /// The caller has finished: answer, now or as soon as the words are there.
    pub(super) fn turn_over(&mut self, now: Instant, turn: TurnId) {
        self.settle(now, turn);
        self.bridged = false;
        self.turn_over = Some(now);
        let paused = self.last_voice.map(|last| now.saturating_duration_since(last));
        self.note_event("turn_over", paused.unwrap_or_default().as_millis().to_string());
        match std::mem::replace(&mut self.hearing, Hearing::Nobody) {
            Hearing::Settling { utterance, .. } if utterance.turn == turn => {
                self.caller_ended = self.last_voice;
                let until = if self.is_deaf() { now } else { now + FINAL_WITHIN };
                self.hearing = Hearing::Settling { utterance, over: true, until };
            }
            Hearing::Ripe { utterance, words } if utterance.turn == turn => {
                self.caller_ended = self.last_voice;
                self.answer(now, utterance.began, words);
            }
            other => self.hearing = other,
        }
    }

    pub(super) fn forget(&mut self, now: Instant, turn: TurnId) {
        let hearing = std::mem::replace(&mut self.hearing, Hearing::Nobody);
        let (utterance, words) = match &hearing {
            Hearing::Speech(utterance) | Hearing::Settling { utterance, .. } => (*utterance, None),
            Hearing::Ripe { utterance, words } => (*utterance, Some(words.clone())),
            Hearing::Nobody => return,
        };
        if utterance.turn != turn {
            self.hearing = hearing;
            return;
        }
        self.outputs.push_back(Output::Forget(utterance.id));
        if self.is_deaf() {
            return self.remind_of_keys(now);
        }
        let words = join(self.unanswered.take(), words.unwrap_or_default());
        self.passed_over = format!("{} ({:.2}), {}", words.text, words.confidence, self.timbre);
        self.keep_early_yes(now, utterance.began, words);
    }

    fn keep_early_yes(&mut self, now: Instant, began: u32, words: Words) {
        let wall = self.wall(now);
        let yes = self.conversation().is_some_and(|conversation| {
            conversation.progress(wall, &words.text) == Progress::Assent
        });
        if yes && self.timbre.is_voice() && self.still_to_say() <= KEPT_WITHIN {
            self.early_yes = Some(EarlyYes { words, began, counts_at: None });
        }
    }

    fn overhear(&mut self, now: Instant, id: TurnId, words: Words) {
        let (Hearing::Speech(utterance) | Hearing::Settling { utterance, .. }) = self.hearing
        else {
            return;
        };
        if utterance.id != id {
            return;
        }

        self.overheard = Some(words.clone());
        let words = join(self.unanswered.clone(), words);
        let sense = self.tell_floor(now, utterance, &words, false);
        if matches!(sense, Sense::Words | Sense::Complete) {
            self.draft(now, &words.text);
        }
        self.follow_floor(now);
    }

    fn understand(&mut self, now: Instant, id: TurnId, words: Words) {
        if !self.is_deaf() {
            self.ear_failures = 0;
        }
        match std::mem::replace(&mut self.hearing, Hearing::Nobody) {
            Hearing::Settling { utterance, over: true, .. } if utterance.id == id => {
                self.answer(now, utterance.began, words);
            }
            Hearing::Settling { utterance, .. } if utterance.id == id => {
                let all = join(self.unanswered.clone(), words.clone());
                self.hearing = Hearing::Ripe { utterance, words };
                let sense = self.tell_floor(now, utterance, &all, true);
                if sense != Sense::Nothing {
                    self.draft(now, &all.text);
                }
                self.follow_floor(now);
            }
            // The caller went on speaking: what was said so far belongs to the same thought.
            hearing @ Hearing::Speech(_) => {
                self.hearing = hearing;
                self.keep_for_later(words);
            }
            hearing => self.hearing = hearing,
        }
    }

    /// What the floor should make of these words.
    fn tell_floor(
        &mut self,
        now: Instant,
        utterance: Utterance,
        words: &Words,
        settled: bool,
    ) -> Sense {
        let sense = self.sense(now, words);
        let (turn, text_len) = (utterance.turn, words.text.len());
        self.floor.handle(now, floor::Input::Words { turn, text_len, sense, settled });
        sense
    }

    fn sense(&self, now: Instant, words: &Words) -> Sense {
        let Talk::Conversation(conversation) = &self.talk else {
            return Sense::Words;
        };
        let progress = conversation.progress(self.wall(now), &words.text);
        if self.floor.agent_speaks() {
            return self.sense_over_agent(progress, words);
        }
        match progress {
            Progress::Nothing => Sense::Nothing,
            Progress::Listens => Sense::Listens,
            Progress::Unfinished => Sense::Unfinished,
            Progress::Words => Sense::Words,
            Progress::Assent | Progress::Complete => Sense::Complete,
        }
    }

    /// Over the agent's voice a recogniser makes words of coughs, and other words of short ones: only
    /// a voice counts, and doubtful words only if there is enough of it.
    fn sense_over_agent(&self, progress: Progress, words: &Words) -> Sense {
        let listens = match progress {
            Progress::Assent => self.still_to_say() > ANSWERS_WITHIN,
            Progress::Listens => true,
            Progress::Nothing | Progress::Unfinished | Progress::Words | Progress::Complete => {
                false
            }
        };
        let lasts = self.timbre.lasts();
        let sure = words.confidence >= SURE_OVER_AGENT;
        let believed = words.confidence >= stops_from(self.language()) || lasts >= STOPS_AFTER;
        let stops = wants_floor(&words.text) && (sure || believed);
        let voice = self.timbre.is_voice() || stops && sure;
        if !voice || !self.near.is_as_loud(self.timbre.loudest_dbfs()) {
            return Sense::Nothing;
        }
        match progress {
            _ if listens => Sense::Listens,
            _ if stops || lasts >= SPEAKS_UP_AFTER => Sense::Words,
            _ if !sure => Sense::Nothing,
            Progress::Nothing | Progress::Listens => Sense::Nothing,
            Progress::Unfinished => Sense::Unfinished,
            Progress::Words => Sense::Words,
            Progress::Assent | Progress::Complete => Sense::Complete,
        }
    }

    fn keep_for_later(&mut self, words: Words) {
        self.unanswered = Some(join(self.unanswered.take(), words));
    }

    fn answer(&mut self, now: Instant, began: u32, words: Words) {
        let words = join(self.unanswered.take(), words);
        if words.text.trim().is_empty() {
            self.heard_nothing(now, began);
            return;
        }
        self.cut = None;
        let at = FRAME_TIME * began;
        let (text, confidence) = (self.without_card(at, words.text), words.confidence);
        self.note(Note::Caller { at, text: text.clone(), confidence });
        self.tell(now, Word::Said { text, confidence });
    }

    /// The number of a card is nobody's to keep: neither in words nor in sound.
    fn without_card(&mut self, began: Duration, text: String) -> String {
        let told = tells_card(&text);
        if told {
            let to = self.elapsed();
            self.outputs.push_back(Output::Blank { from: began, to });
            self.note_event("card_number_removed", String::new());
        }
        match (self.hidden || told, self.language()) {
            (false, _) => text,
            (true, Language::Ru) => "номер карты".to_owned(),
            (true, Language::En) => "card number".to_owned(),
        }
    }

    /// A turn without a word in it. A noise that took the floor gives it back: the cut sentence is
    /// said again. Somebody who spoke for a while and was not understood is asked again.
    fn heard_nothing(&mut self, now: Instant, began: u32) {
        self.note_event("noise", String::new());
        let spoke_for = FRAME_TIME * self.ticks.saturating_sub(began);
        if let Some(reply) = self.cut.take() {
            self.caller_ended = None;
            self.lines.push_front(reply);
            self.speak_next(now);
        } else if spoke_for >= WORTH_ASKING_AGAIN && self.saying.is_none() {
            self.tell(now, Word::Said { text: String::new(), confidence: 0.0 });
        } else {
            self.caller_ended = None;
        }
    }

    /// Whatever the caller said, nobody hears it.
    fn remind_of_keys(&mut self, now: Instant) {
        self.caller_ended = None;
        self.unheard = self.saying.is_some();
        if !self.unheard {
            self.tell(now, Word::Silent);
        }
    }

    /// … while the line went on.
    pub(super) fn remind_of_unheard(&mut self, now: Instant) {
        if std::mem::take(&mut self.unheard) && self.is_deaf() {
            self.remind_of_keys(now);
        }
    }

    /// Words are no use any more: keys only.
    pub(super) fn is_deaf(&self) -> bool {
        self.ear_failures >= EAR_FAILURES_MAX
    }

    /// The recogniser is gone. What it had told so far of a turn that was over must do.
    fn lose_ear(&mut self, now: Instant, why: String) {
        let hearing = std::mem::replace(&mut self.hearing, Hearing::Nobody);
        let spoke = matches!(hearing, Hearing::Settling { .. });
        let told = match hearing {
            Hearing::Settling { utterance, .. } => self.overheard.take().map(|it| (utterance, it)),
            Hearing::Nobody | Hearing::Speech(_) | Hearing::Ripe { .. } => None,
        };
        self.floor.handle(now, floor::Input::Deaf);
        self.follow_floor(now);
        if self.is_deaf() {
            if spoke {
                self.remind_of_keys(now);
            }
            return;
        }
        self.ear_failures += 1;
        self.note_event("recogniser_failed", why);
        if self.ear_failures == EAR_FAILURES_MAX {
            self.tell(now, Word::Deaf);
            return;
        }
        self.outputs.push_back(Output::Reopen);
        match told {
            Some((utterance, words)) => self.answer(now, utterance.began, words),
            None => {
                self.unanswered = None;
                self.tell(now, Word::Said { text: String::new(), confidence: 0.0 });
            }
        }
    }
}

/// The Russian model finds a "стой" in a hum with 0.02 at most; the English one gives a clear "stop"
/// no more.
fn stops_from(language: Language) -> f32 {
    match language {
        Language::Ru => 0.03,
        Language::En => 0.0,
    }
}

/// How long a pause may be inside the answer to this question.
pub(super) fn patience(awaiting: Awaiting) -> Patience {
    match awaiting {
        Awaiting::SlotChoice | Awaiting::Confirmation | Awaiting::Terminal | Awaiting::None => {
            Patience::Short
        }
        Awaiting::Time
        | Awaiting::Name
        | Awaiting::FullName
        | Awaiting::City
        | Awaiting::Experience
        | Awaiting::Specializations
        | Awaiting::Clarification => Patience::Normal,
        Awaiting::Problem | Awaiting::Certificates | Awaiting::Schedule => Patience::Long,
        Awaiting::Phone | Awaiting::Address | Awaiting::Email => Patience::Dictation,
    }
}

/// Which words the recogniser should weigh up.
fn expect(awaiting: Awaiting) -> Expect {
    match awaiting {
        Awaiting::SlotChoice | Awaiting::Confirmation => Expect::YesNo,
        Awaiting::Time | Awaiting::Schedule => Expect::Time,
        Awaiting::Phone => Expect::Digits,
        Awaiting::Address | Awaiting::City => Expect::Address,
        Awaiting::Name | Awaiting::FullName => Expect::Name,
        Awaiting::Problem
        | Awaiting::Clarification
        | Awaiting::Specializations
        | Awaiting::Experience
        | Awaiting::Certificates
        | Awaiting::Email
        | Awaiting::Terminal
        | Awaiting::None => Expect::Anything,
    }
}

fn join(before: Option<Words>, words: Words) -> Words {
    let Some(mut before) = before else {
        return words;
    };
    if words.text.is_empty() {
        return before;
    }
    let counts = [&before.text, &words.text].map(|text| text.split_whitespace().count() as f32);
    let sure = before.confidence * counts[0] + words.confidence * counts[1];
    before.confidence = sure / (counts[0] + counts[1]).max(1.0);
    before.text = format!("{} {}", before.text, words.text);
    before.words.extend(words.words);
    before
}
