//! The talking half of a call: floor to recogniser, words to conversation, replies to mouth.

use super::*;
use dialog::state::Awaiting;
use media::floor::Patience;

/// The greeting, with the disclosure.
const FIRST_LINE: TurnId = TurnId::first().next();

/// A turn this long, its closing pause included, was meant for us although no word was understood.
const WORTH_ASKING_AGAIN: Duration = Duration::from_millis(1200);

impl Call {
    /// Does what the floor has decided.
    pub(super) fn follow_floor(&mut self, now: Instant) {
        while let Some(decision) = self.floor.poll() {
            match decision {
                floor::Output::TurnBegan { turn, frames_back } => self.listen(turn, frames_back),
                floor::Output::TurnEnded(turn) => self.settle(now, turn),
                floor::Output::TurnLapsed(turn) => self.forget(turn),
                floor::Output::StuckNoise(turn) => {
                    self.note_event("stuck_noise", String::new());
                    self.forget(turn);
                }
                floor::Output::Interrupted(_) => self.cut_line(now),
                floor::Output::CallerSilent { nth } => {
                    self.note_event("caller_silent", nth.to_string());
                    self.tell(now, Word::Silent);
                }
                floor::Output::TimeUp => self.time_up(),
            }
        }
    }

    /// Words from the recogniser; those of an utterance nobody waits for are dropped here.
    pub(super) fn hear(&mut self, now: Instant, turn: TurnId, heard: Heard) {
        match heard {
            Heard::Partial(words) => self.overhear(now, turn, &words),
            Heard::Final(words) => self.understand(now, turn, words),
            Heard::Failed(error) => self.lose_ear(now, error.to_string()),
        }
    }

    /// Tells the conversation, then does what it has decided.
    pub(super) fn tell(&mut self, now: Instant, word: Word) {
        let wall = self.wall(now);
        let Talk::Conversation(conversation) = &mut self.talk else {
            return;
        };
        let remembers = !matches!(word, Word::Opened);
        conversation.handle(wall, word);

        let mut marks = Vec::new();
        while let Some(decision) = conversation.poll() {
            match decision {
                Decision::Say(reply) if self.lines.len() < LINES_MAX => {
                    self.lines.push_back(reply);
                }
                Decision::Say(_) => tracing::warn!("a reply too many was dropped"),
                Decision::Mark(mark) => marks.push(mark.name()),
                Decision::Ask(id, request) => self.outputs.push_back(Output::Ask(id, request)),
                Decision::End(outcome) => {
                    self.ending = Some((end_of(&outcome.reason, self.ear_failures), None));
                }
            }
        }
        for mark in marks {
            self.note_event(mark, String::new());
        }
        if remembers {
            self.outputs.push_back(Output::Remember);
        }
        self.speak_next();
    }

    pub(super) fn key(&mut self, now: Instant, key: char) {
        self.floor.handle(now, floor::Input::Key(key));
        self.follow_floor(now);
        let single = !matches!(self.awaiting(), Awaiting::Phone | Awaiting::Address);
        self.keys.press(now, key, single);
        let (at, keys) = (self.elapsed(), key.to_string());
        self.note(Note::Keys { at, keys });
    }

    /// Gives the mouth its next line when the last one is out.
    pub(super) fn speak_next(&mut self) {
        if self.saying.is_some() {
            return;
        }
        let Some(reply) = self.lines.pop_front() else {
            return;
        };

        self.line_id = self.line_id.next();
        self.player.say(self.line_id, &reply.speech);
        let (line, text, language) = (self.line_id, reply.speech.clone(), self.language());
        self.outputs.push_back(Output::Speak { line, text, language });
        self.saying = Some(Saying { id: self.line_id, reply, noted: false });
    }

    /// Sends the next 20 ms of what the agent says, or silence.
    pub(super) fn play(&mut self, now: Instant) {
        self.said = SILENCE;
        match self.player.next_frame() {
            Played::Frame(frame) => {
                self.said = frame;
                self.note_first_sound(now);
            }
            Played::Done(line) => self.line_out(now, line),
            Played::Waiting | Played::Idle => {}
        }

        self.line.say(&self.said, &mut self.packet);
        self.outputs.push_back(Output::Packet);
    }

    /// The agent stops at once; the history keeps the words that were heard.
    pub(super) fn cut_line(&mut self, now: Instant) {
        let Some(saying) = self.saying.take() else {
            return;
        };
        let heard = self.player.cut(saying.id.next()).map(|heard| heard.text).unwrap_or_default();
        self.outputs.push_back(Output::Hush(saying.id));
        self.lines.clear();

        let at = self.elapsed();
        self.note(Note::Cut { at, line: saying.id, heard: heard.clone() });
        self.cut = Some(saying.reply);
        self.tell(now, Word::Cut { heard });
    }

    /// The recogniser owes final words and does not deliver.
    pub(super) fn give_up_waiting(&mut self, now: Instant) {
        if let Hearing::Settling { until, .. } = self.hearing
            && now >= until
        {
            self.lose_ear(now, "no final words in time".into());
        }
    }

    fn listen(&mut self, turn: TurnId, frames_back: usize) {
        let back = self.back.last(frames_back).copied().collect();
        let began = self.ticks.saturating_sub(frames_back as u32);
        self.hearing = Hearing::Speech { turn, began };
        let expect = expect(self.awaiting());
        self.outputs.push_back(Output::Listen { turn, expect, back });
    }

    fn settle(&mut self, now: Instant, turn: TurnId) {
        let Hearing::Speech { turn: current, began } = self.hearing else {
            return;
        };
        if current != turn {
            return;
        }

        self.caller_ended = self.last_voice;
        self.hearing = Hearing::Settling { turn, began, until: now + FINAL_WITHIN };
        self.outputs.push_back(Output::Settle(turn));
    }

    fn forget(&mut self, turn: TurnId) {
        if let Hearing::Speech { turn: current, .. } = self.hearing
            && current == turn
        {
            self.hearing = Hearing::Nobody;
        }
        self.outputs.push_back(Output::Forget(turn));
    }

    fn overhear(&mut self, now: Instant, turn: TurnId, words: &Words) {
        let Hearing::Speech { turn: current, .. } = self.hearing else {
            return;
        };
        if current == turn {
            let text_len = words.text.len();
            let words = floor::Input::Words { turn, text_len, settled: false, complete: false };
            self.floor.handle(now, words);
        }
    }

    fn understand(&mut self, now: Instant, turn: TurnId, words: Words) {
        let began = match self.hearing {
            Hearing::Settling { turn: current, began, .. } if current == turn => {
                self.hearing = Hearing::Nobody;
                began
            }
            // The caller went on speaking: what was said so far belongs to the same thought.
            Hearing::Speech { began, .. } => {
                self.unanswered = Some(join(self.unanswered.take(), words));
                tracing::debug!(began, "the caller went on");
                return;
            }
            Hearing::Settling { .. } | Hearing::Nobody => return,
        };

        let words = join(self.unanswered.take(), words);
        if words.text.trim().is_empty() {
            self.heard_nothing(now, began);
            return;
        }
        self.cut = None;
        let at = FRAME_TIME * began;
        let (text, confidence) = (words.text, words.confidence);
        self.note(Note::Caller { at, text: text.clone(), confidence });
        self.tell(now, Word::Said { text, confidence });
    }

    /// A turn without a word in it. A noise that took the floor gives it back: the cut sentence is
    /// said again. Somebody who spoke for a while and was not understood is asked again.
    fn heard_nothing(&mut self, now: Instant, began: u32) {
        self.note_event("noise", String::new());
        let spoke_for = FRAME_TIME * self.ticks.saturating_sub(began);
        if let Some(reply) = self.cut.take() {
            self.caller_ended = None;
            self.lines.push_front(reply);
            self.speak_next();
        } else if spoke_for >= WORTH_ASKING_AGAIN && self.saying.is_none() {
            self.tell(now, Word::Said { text: String::new(), confidence: 0.0 });
        } else {
            self.caller_ended = None;
        }
    }

    fn lose_ear(&mut self, now: Instant, why: String) {
        self.hearing = Hearing::Nobody;
        self.unanswered = None;
        self.ear_failures = self.ear_failures.saturating_add(1);
        self.note_event("recogniser_failed", why);
        if self.ear_failures > EAR_FAILURES_MAX {
            return;
        }
        if self.ear_failures == EAR_FAILURES_MAX {
            self.tell(now, Word::Deaf);
            return;
        }
        self.outputs.push_back(Output::Reopen);
        self.tell(now, Word::Said { text: String::new(), confidence: 0.0 });
    }

    fn note_first_sound(&mut self, now: Instant) {
        let Some(saying) = self.saying.as_mut().filter(|saying| !saying.noted) else {
            return;
        };
        saying.noted = true;
        let (line, text) = (saying.id, saying.reply.text.clone());
        let patience = patience(saying.reply.awaiting);
        let at = self.elapsed().saturating_sub(FRAME_TIME);
        let answered_in =
            self.caller_ended.take().map(|ended| now.saturating_duration_since(ended));

        self.note(Note::Agent { at, line, text, answered_in });
        self.floor.handle(now, floor::Input::Expect(patience));
        self.floor.handle(now, floor::Input::AgentSpeaks { protected: self.line_id == FIRST_LINE });
    }

    fn line_out(&mut self, now: Instant, line: TurnId) {
        if self.saying.as_ref().is_none_or(|saying| saying.id != line) {
            return;
        }
        self.note_first_sound(now);
        self.saying = None;
        if let (Talk::Prompt { reply, .. }, None) = (&self.talk, &self.ending) {
            self.lines.push_back(reply.clone());
        }
        self.speak_next();
        if let (Talk::Prompt { .. }, Some(again)) = (&self.talk, &mut self.saying) {
            again.noted = true;
        }
        if self.saying.is_none() {
            self.floor.handle(now, floor::Input::AgentSilent);
        }
    }

    fn time_up(&mut self) {
        if self.ending.is_none() {
            self.outputs.push_back(Output::HangUp(End::TimeLimit));
        }
    }

    pub(super) fn note_event(&mut self, kind: &'static str, detail: String) {
        let at = self.elapsed();
        self.note(Note::Event { at, kind, detail });
    }

    fn awaiting(&self) -> Awaiting {
        self.conversation().map_or(Awaiting::None, |conversation| conversation.state().awaiting)
    }

    fn language(&self) -> Language {
        match &self.talk {
            Talk::Conversation(conversation) => conversation.pack().language,
            Talk::Notice { language, .. } | Talk::Prompt { language, .. } => *language,
        }
    }
}

/// How long a pause may be inside the answer to this question.
fn patience(awaiting: Awaiting) -> Patience {
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
        Awaiting::Problem | Awaiting::Address | Awaiting::Certificates | Awaiting::Schedule => {
            Patience::Long
        }
        Awaiting::Phone | Awaiting::Email => Patience::Digits,
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
    before.confidence = before.confidence.min(words.confidence);
    before.text = format!("{} {}", before.text, words.text);
    before.words.extend(words.words);
    before
}

fn end_of(reason: &str, ear_failures: u8) -> End {
    match (reason, ear_failures) {
        ("silent", failures) if failures >= EAR_FAILURES_MAX => End::RecogniserLost,
        ("silent", _) => End::CallerSilent,
        _ => End::Completed,
    }
}
