//! The talking half of a call: floor to recogniser, words to conversation, replies to mouth.

use super::hearing::patience;
use super::*;
use dialog::state::Awaiting;

/// People and synthesisers speak about fourteen characters a second.
const CHARACTER: Duration = Duration::from_millis(70);
/// The greeting, with the disclosure.
const FIRST_LINE: TurnId = TurnId::first().next();

impl Call {
    /// Does what the floor has decided.
    pub(super) fn follow_floor(&mut self, now: Instant) {
        while let Some(decision) = self.floor.poll() {
            match decision {
                floor::Output::TurnBegan { turn, frames_back } => self.listen(turn, frames_back),
                floor::Output::WentOn { turn, frames_back } => self.listen_on(turn, frames_back),
                floor::Output::Held(_) => self.player.hold(),
                floor::Output::Resumed => self.resume(),
                floor::Output::EndLikely(turn) => self.settle(now, turn),
                floor::Output::TurnEnded(turn) => self.turn_over(now, turn),
                floor::Output::TurnLapsed(turn) => self.forget(now, turn),
                floor::Output::StuckNoise(turn) => {
                    self.note_event("stuck_noise", String::new());
                    self.forget(now, turn);
                }
                floor::Output::Interrupted(_) => self.cut_line(now),
                floor::Output::CallerSilent { nth } => {
                    self.note_event("caller_silent", nth.to_string());
                    self.tell(now, Word::Silent);
                }
                floor::Output::TimeUp => self.time_up(now),
            }
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
                Decision::Ask(id, Request::PutThrough) => self.put_through = PutThrough::Asked(id),
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
        self.speak_next(now);
    }

    pub(super) fn key(&mut self, now: Instant, key: char) {
        self.early_yes = None;
        self.floor.handle(now, floor::Input::Key(key));
        self.follow_floor(now);
        let single = !matches!(self.awaiting(), Awaiting::Phone | Awaiting::Address);
        self.keys.press(now, key, single);
        let (at, keys) = (self.elapsed(), if self.hidden { '*' } else { key }.to_string());
        self.note(Note::Keys { at, keys });
    }

    /// Gives the mouth its next line when the last one is out.
    pub(super) fn speak_next(&mut self, now: Instant) {
        if self.saying.is_some() {
            return;
        }
        if self.is_mute() {
            self.lines.clear();
        }
        let Some(reply) = self.lines.pop_front() else {
            return;
        };

        let mut rest: VecDeque<String> = sentences(&reply.speech).map(str::to_owned).collect();
        let first = rest.pop_front().unwrap_or_default();
        let drafted = self.take_draft(&first);
        let line = drafted.unwrap_or_else(|| {
            self.line_id = self.line_id.next();
            self.player.say(self.line_id, &first);
            self.order_sound(self.line_id, &first);
            self.line_id
        });
        self.saying = Some(Saying { id: line, reply, rest, noted: false });
        self.soundless = 0;
        self.pour_draft(now, line);
    }

    /// How long the line goes on, the sentences not made yet included.
    pub(super) fn still_to_say(&self) -> Duration {
        let rest = self.saying.iter().flat_map(|saying| &saying.rest);
        let characters: usize = rest.map(|sentence| sentence.chars().count()).sum();
        self.player.to_come() + CHARACTER * characters as u32
    }

    /// All sound of a sentence is there: the next one, please.
    pub(super) fn sentence_done(&mut self, line: TurnId) {
        let saying = self.saying.as_mut().filter(|saying| saying.id == line);
        let next = saying.and_then(|saying| saying.rest.pop_front());
        if let Some(sentence) = &next {
            self.player.say(line, sentence);
        }
        self.player.finish(line);
        if let Some(sentence) = next {
            self.order_sound(line, &sentence);
        }
    }

    pub(super) fn order_sound(&mut self, line: TurnId, speech: &str) {
        let (text, language) = (speech.to_owned(), self.language());
        self.outputs.push_back(Output::Speak { line, text, language });
    }

    /// "One moment": once, while recogniser or job core keep the caller waiting.
    pub(super) fn bridge(&mut self, now: Instant) {
        let since = |at: Option<Instant>| at.map(|at| now.saturating_duration_since(at));
        let owed_for = match self.hearing {
            Hearing::Nobody => since(self.turn_over).unwrap_or_default(),
            Hearing::Settling { over: true, .. } => FRAME_TIME * (self.ticks - self.settled_at),
            Hearing::Settling { .. } | Hearing::Speech(_) | Hearing::Ripe { .. } => return,
        };
        let waits = owed_for >= BRIDGE_SOONEST
            && since(self.caller_ended).is_some_and(|waited| waited >= BRIDGE_AFTER);
        let busy = self.saying.is_some() || self.ending.is_some() || self.floor.caller_speaks();
        if !waits || busy || self.bridged {
            return;
        }
        let Talk::Conversation(conversation) = &mut self.talk else {
            return;
        };

        self.bridged = true;
        self.lines.push_front(conversation.filler());
        let draft = self.draft.take();
        self.speak_next(now);
        self.draft = draft;
    }

    /// Sends the next 20 ms of what the agent says, or silence.
    pub(super) fn play(&mut self, now: Instant) {
        self.said = SILENCE;
        match self.player.next_frame() {
            Played::Frame(frame) => {
                (self.said, self.soundless) = (frame, 0);
                self.note_first_sound(now);
            }
            Played::Done(line) => self.line_out(now, line),
            Played::Idle => self.said = self.ring_back(),
            Played::Waiting if self.player.is_held() => {}
            Played::Waiting => self.soundless += 1,
        }

        if self.conversation().is_some() {
            self.echo.say(level_dbfs(&self.said));
        }
        self.send();
    }

    /// What is said goes out.
    pub(super) fn send(&mut self) {
        self.packets.clear();
        self.line.say(&self.said, &mut self.packets);
        if !self.packets.is_empty() {
            self.outputs.push_back(Output::Packets);
        }
    }

    /// A voice that neither sounds nor fails is taken for failed; the line ends where it stands.
    pub(super) fn give_up_on_sound(&mut self, now: Instant) {
        let waits = !matches!(self.talk, Talk::Prompt { .. });
        if !waits || FRAME_TIME * self.soundless < SOUND_WITHIN {
            return;
        }
        self.soundless = 0;
        let Some(saying) = &mut self.saying else { return };
        saying.rest.clear();
        let line = saying.id;
        self.outputs.push_back(Output::Hush(line));
        self.player.finish(line);
        self.note_event("synthesiser_failed", "no sound in time".into());
        self.count_unsaid(now);
    }

    /// Whoever cannot be told anything is not kept on the line: they are phoned back.
    pub(super) fn count_unsaid(&mut self, now: Instant) {
        self.voice_failures = self.voice_failures.saturating_add(1);
        if self.conversation().is_none() {
            self.ending.get_or_insert((End::Completed, None));
        } else if self.voice_failures == VOICE_FAILURES_MAX {
            self.tell(now, Word::Mute);
        }
    }

    pub(super) fn is_mute(&self) -> bool {
        self.voice_failures >= VOICE_FAILURES_MAX
    }

    /// What held the agent up was nothing: the sentence goes on.
    fn resume(&mut self) {
        self.player.go_on();
        let heard = std::mem::take(&mut self.passed_over);
        self.note_event("went_on", heard);
    }

    /// The agent stops at once; the history keeps the words that were heard.
    pub(super) fn cut_line(&mut self, now: Instant) {
        let Some(saying) = self.saying.take() else {
            return;
        };
        let heard = self.player.cut(saying.id.next()).map(|heard| heard.text).unwrap_or_default();
        self.outputs.push_back(Output::Hush(saying.id));
        self.lines.clear();
        self.early_yes = None;
        self.draft = None;

        let at = self.elapsed();
        self.note(Note::Cut { at, line: saying.id, heard: heard.clone() });
        self.cut = Some(saying.reply);
        self.tell(now, Word::Cut { heard });
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
        self.floor.handle(now, floor::Input::AgentSpeaks { protected: line == FIRST_LINE });
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
        self.speak_next(now);
        if let (Talk::Prompt { .. }, Some(again)) = (&self.talk, &mut self.saying) {
            again.noted = true;
        }
        if self.saying.is_none() {
            self.floor.handle(now, floor::Input::AgentSilent);
            self.count_early_yes(now);
            self.draft_ahead(now);
            self.remind_of_unheard(now);
        }
    }

    /// Whoever is still being served is told that somebody phones back.
    fn time_up(&mut self, now: Instant) {
        if self.conversation().is_none() {
            return self.hang_up(now, End::TimeLimit);
        }
        self.last_moment = Some(now + GOODBYE_WITHIN);
        if self.ending.is_none() {
            self.cut_line(now);
            self.tell(now, Word::TimeUp);
        }
    }

    pub(super) fn note_event(&mut self, kind: &'static str, detail: String) {
        let at = self.elapsed();
        self.note(Note::Event { at, kind, detail });
    }

    pub(super) fn awaiting(&self) -> Awaiting {
        self.conversation().map_or(Awaiting::None, |conversation| conversation.state().awaiting)
    }

    pub(super) fn language(&self) -> Language {
        match &self.talk {
            Talk::Conversation(conversation) => conversation.pack().language,
            Talk::Notice { language, .. } | Talk::Prompt { language, .. } => *language,
        }
    }
}

fn end_of(reason: &str, ear_failures: u8) -> End {
    match (reason, ear_failures) {
        ("silent", failures) if failures >= EAR_FAILURES_MAX => End::RecogniserLost,
        ("silent", _) => End::CallerSilent,
        ("mute", _) => End::VoiceLost,
        ("put_through", _) => End::HandedOver,
        _ => End::Completed,
    }
}
