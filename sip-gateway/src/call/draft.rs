//! The answer drafted while the caller is still speaking, so that it sounds the moment they stop.
//!
//! A copy of the conversation is told what was heard so far; the first sentence of what it would say
//! is synthesised in advance. Nothing depends on the guess: the conversation itself is told the final
//! words, and only if it begins with exactly the drafted sentence is the sound there already.
//!
//! **Never here:** anything the core would remember; a draft asks, it never orders. What it would
//! order it takes for done.

use job_core::ids::HoldId;
use media::audio::FRAME;
use media::player::PLAYER_FRAMES_MAX;

use super::*;

/// Marks a draft's questions to the core, so that their answers never reach the conversation.
const GUESS: u32 = 1 << 31;
/// More sound than this no player takes.
const SAMPLES_MAX: usize = PLAYER_FRAMES_MAX * FRAME;

#[derive(Debug)]
pub(super) struct Draft {
    /// The words it answers.
    basis: String,
    /// Waits for the core's answer to go on.
    ahead: Option<(RequestId, Box<Conversation>)>,
    speech: String,
    /// Of the sentence, once it is being synthesised.
    pub(super) line: Option<TurnId>,
    sound: Vec<Spoken>,
    samples: usize,
}

impl Draft {
    /// False when it has grown longer than anything that can be said.
    #[must_use]
    pub(super) fn take(&mut self, spoken: Spoken) -> bool {
        if let Spoken::Samples(samples) = &spoken {
            self.samples += samples.len();
        }
        self.sound.push(spoken);
        self.samples <= SAMPLES_MAX
    }
}

/// A question a draft has asked.
pub(super) fn is_guess(request: RequestId) -> bool {
    request.0 & GUESS != 0
}

impl Call {
    /// Drafts the answer to these words, unless it is drafted already.
    pub(super) fn draft(&mut self, now: Instant, text: &str) {
        let known = self.draft.as_ref().is_some_and(|draft| draft.basis == text);
        let busy = self.saying.is_some() || !self.lines.is_empty() || self.ending.is_some();
        if known || busy || !self.drafts {
            return;
        }
        let Talk::Conversation(conversation) = &self.talk else {
            return;
        };
        let ahead = conversation.foresee(self.wall(now), text);
        self.follow_draft(now, text.to_owned(), Box::new(ahead));
    }

    /// After a question with a likely answer, what will be said to it.
    pub(super) fn draft_ahead(&mut self, now: Instant) {
        if let Some(answer) = self.conversation().and_then(Conversation::likely_answer) {
            self.draft(now, answer);
        }
    }

    pub(super) fn drop_draft(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.hush(&draft);
        }
    }

    pub(super) fn draft_answered(&mut self, now: Instant, request: RequestId, answer: Answer) {
        let Some(draft) = &mut self.draft else { return };
        let Some((id, mut ahead)) = draft.ahead.take_if(|(asked, _)| asked.0 | GUESS == request.0)
        else {
            return;
        };
        let basis = draft.basis.clone();
        ahead.handle(self.wall(now), Word::Answered(id, answer));
        self.follow_draft(now, basis, ahead);
    }

    /// The line of the draft if it says just this sentence; its sound is the player's from now on.
    pub(super) fn take_draft(&mut self, speech: &str) -> Option<TurnId> {
        let draft = self.draft.take()?;
        let Some(line) = draft.line.filter(|_| draft.speech == speech) else {
            self.hush(&draft);
            return None;
        };
        self.player.say(line, speech);
        self.drafted_sound = draft.sound;
        Some(line)
    }

    fn follow_draft(&mut self, now: Instant, basis: String, mut ahead: Box<Conversation>) {
        let next = std::iter::from_fn(|| ahead.poll()).find(|it| !matches!(it, Decision::Mark(_)));
        match next {
            Some(Decision::Ask(id, Request::Hold { .. })) => {
                let held = Answer::Held(Ok(HoldId::new("drafted")));
                ahead.handle(self.wall(now), Word::Answered(id, held));
                self.follow_draft(now, basis, ahead);
            }
            Some(Decision::Ask(id, request)) if request.only_asks() => {
                self.outputs.push_back(Output::Ask(RequestId(id.0 | GUESS), request));
                self.replace_draft(basis, String::new(), Some((id, ahead)));
            }
            Some(Decision::Say(reply)) => self.replace_draft(basis, first(&reply), None),
            Some(Decision::Ask(..) | Decision::End(_) | Decision::Mark(_)) | None => {}
        }
    }

    /// The same sentence for other words goes on being made.
    fn replace_draft(
        &mut self,
        basis: String,
        speech: String,
        ahead: Option<(RequestId, Box<Conversation>)>,
    ) {
        if let Some(draft) = self.draft.as_mut().filter(|draft| draft.speech == speech) {
            (draft.basis, draft.ahead) = (basis, ahead);
            return;
        }
        self.drop_draft();
        let line = (!speech.is_empty()).then(|| {
            self.line_id = self.line_id.next();
            self.order_sound(self.line_id, &speech);
            self.line_id
        });
        self.draft = Some(Draft { basis, ahead, speech, line, sound: Vec::new(), samples: 0 });
    }

    /// Hands the drafted sound over once its line is being said.
    pub(super) fn pour_draft(&mut self, now: Instant, line: TurnId) {
        for spoken in std::mem::take(&mut self.drafted_sound) {
            self.take_sound(now, line, spoken);
        }
    }

    fn hush(&mut self, draft: &Draft) {
        let done = draft.sound.iter().any(|spoken| !matches!(spoken, Spoken::Samples(_)));
        if let Some(line) = draft.line.filter(|_| !done) {
            self.outputs.push_back(Output::Hush(line));
        }
    }
}

fn first(reply: &Reply) -> String {
    sentences(&reply.speech).next().unwrap_or_default().to_owned()
}
