//! What was said is read whole, and every fact in it taken, whatever was asked.
//!
//! **Never here:** what to do next (course), answers to the question asked (replies).

use jiff::Timestamp;
use jiff::civil::Date;
use job_core::trade::Language;

use super::memory::{Question, Task};
use super::{Conversation, Output};
use crate::pack::{Reading, Symptom};
use crate::state::{Awaiting, Intent, Status};
use crate::understand::{Context, Facts, Found, mended, understand};

/// Heard worse than this, nothing is taken: ask again, differently.
pub(super) const HEARD_POORLY: f32 = 0.35;
/// Heard worse than this, what must be right is read back before it is relied on.
pub(super) const HEARD_WELL: f32 = 0.6;
/// Where no problem was asked for, only a symptom recognised at least this well is one.
const SYMPTOM_SURE: f32 = 0.75;
/// A symptom like this outweighs words that could be a wrong number.
const SYMPTOM_LIKELY: f32 = 0.5;
/// A "no, thank you" sounds like much; a symptom in it must be surer.
const SYMPTOM_SURE_BESIDE_YES_NO: f32 = 0.85;
/// A conversation longer than this goes to a person.
const TURNS_MAX: u16 = 150;
/// Said while the core was thinking; more is forgotten.
const LATER_MAX: usize = 4;
/// Turns in a row that bring nothing new; after more a person takes over.
const IDLE_MAX: u8 = 10;

/// One utterance and what it was taken to mean.
#[derive(Debug)]
pub(super) struct Heard {
    pub text: String,
    pub confidence: f32,
    pub facts: Facts,
    pub reading: Reading,
    /// Recognised well enough for this moment.
    pub symptom: Option<Symptom>,
    /// A model had a hand in it.
    pub proposed: bool,
}

impl Heard {
    pub(super) fn well(&self) -> bool {
        self.confidence >= HEARD_WELL
    }

    pub(super) fn brings_facts(&self) -> bool {
        let facts = &self.facts;
        facts.time.is_some()
            || facts.phone.is_some()
            || facts.address.is_some()
            || facts.name.is_some()
            || self.symptom.is_some()
    }

    /// Characters that speak of the problem, not of place, time or person.
    pub(super) fn problem_chars(&self) -> usize {
        let facts = &self.facts;
        let spans = [
            facts.time.as_ref().map(|found| found.span),
            facts.phone.as_ref().map(|found| found.span),
            facts.address.as_ref().map(|found| found.span),
            facts.name.as_ref().map(|found| found.span),
        ];
        let within =
            |at: usize| spans.iter().flatten().any(|(from, to)| (*from..*to).contains(&at));
        self.text.char_indices().filter(|(at, _)| !within(*at)).count()
    }
}

impl Conversation {
    pub(super) fn said(&mut self, text: String, confidence: f32) {
        if self.memory.outcome.is_some() {
            return self.say_goodbye_again();
        }
        if self.memory.pending.is_some() {
            if self.memory.later.len() < LATER_MAX {
                self.memory.later.push((text, confidence));
            }
            return;
        }
        self.memory.silences = 0;
        self.memory.turns += 1;
        if self.memory.turns > TURNS_MAX {
            return self.call_back("too_long");
        }
        if text.trim().is_empty() {
            return self.missed();
        }
        // Two poor hearings of the same words bear each other out.
        let again = self.memory.half_heard.take().is_some_and(|before| before == text);
        if confidence < HEARD_POORLY && !again {
            self.memory.half_heard = Some(text);
            return self.missed();
        }
        let switched = self.switch_language(&text);
        let heard = self.hear(text, confidence);
        if switched && !heard.brings_facts() {
            return self.go_on();
        }
        self.take(heard);
    }

    pub(super) fn hear(&self, text: String, confidence: f32) -> Heard {
        self.hear_at(self.now, text, confidence)
    }

    pub(super) fn hear_at(&self, now: Timestamp, text: String, confidence: f32) -> Heard {
        let context = Context {
            language: self.pack.language,
            now: self.local(now),
            awaiting: self.memory.awaiting(),
            day: self.day_talked_about(),
            places: &self.pack.places,
        };
        let mut facts = understand(&text, &context);
        if self.names_bare_hour(&facts) {
            let choosing = Context { awaiting: Awaiting::SlotChoice, ..context };
            facts.time = understand(&text, &choosing).time;
        }
        if let Some(phone) = self.phone_mended(&facts, &text) {
            facts.phone = Some(Found { value: phone, span: (0, text.len()) });
            facts.time = None;
        }
        let reading = self.pack.read(&text);
        let symptom = self.symptom(&facts, &reading);
        Heard { text, confidence, facts, reading, symptom, proposed: false }
    }

    /// "Не 22, а 23", "в конце 45" about the number just read back.
    fn phone_mended(&self, facts: &Facts, text: &str) -> Option<String> {
        let read_back = matches!(
            self.memory.asked,
            Some(Question::ReadBack | Question::Correction | Question::PhoneCheck)
        );
        let other = facts.phone.is_some() || facts.address.is_some() || facts.name.is_some();
        if !read_back || other || facts.yes_no == Some(true) {
            return None;
        }
        let known = &self.memory.known;
        let (house, flat) = (known.address.house.clone(), known.address.flat.clone());
        let mut elsewhere: Vec<String> = house.into_iter().chain(flat).collect();
        if let Some(offer) = &self.memory.deal.offer {
            let start = self.local(offer.start);
            let numbers = [start.hour(), start.hour() % 12, start.day(), start.minute()];
            elsewhere.extend(numbers.iter().map(i8::to_string));
        }
        mended(known.phone.as_deref()?, text, &elsewhere)
    }

    /// "Can you make it four?" at the read-back: a number and nothing it could belong to.
    fn names_bare_hour(&self, facts: &Facts) -> bool {
        let reading_back = self.memory.asked == Some(Question::ReadBack);
        let nothing_else = facts.yes_no != Some(true)
            && facts.time.is_none()
            && facts.address.is_none()
            && facts.phone.is_none()
            && facts.field.is_none();
        reading_back && nothing_else && facts.bare_number.is_some()
    }

    /// The day of the slot on the table, or of a wish for one day.
    pub(super) fn day_talked_about(&self) -> Option<Date> {
        if let Some(day) = self.memory.deal.day {
            return Some(day);
        }
        let wish = self.memory.known.time?.wish;
        let (from, to) = (wish.from?, wish.to?);
        let within_a_day = from.duration_until(to).as_hours() <= 24;
        within_a_day.then(|| self.local(from).date())
    }

    fn symptom(&self, facts: &Facts, reading: &Reading) -> Option<Symptom> {
        let asked = matches!(self.memory.asked, None | Some(Question::Problem));
        let least = match (asked, facts.yes_no.is_some(), reading.intent) {
            (true, _, Some(Intent::Book)) => SYMPTOM_SURE,
            (true, _, _) => 0.0,
            (false, true, _) => SYMPTOM_SURE_BESIDE_YES_NO,
            (false, false, _) => SYMPTOM_SURE,
        };
        reading.symptoms.first().filter(|symptom| symptom.score >= least).cloned()
    }

    pub(super) fn take(&mut self, heard: Heard) {
        let warned = std::mem::take(&mut self.memory.warned);
        self.warn(&heard.reading);
        if self.memory.task == Task::Join {
            return self.take_for_joining(heard);
        }
        if self.memory.task == Task::Day {
            return self.take_for_day(&heard);
        }
        if self.too_idle() || self.repeat_or_wait(&heard) || self.warn_again(&heard) {
            return;
        }
        if self.answer_aside(&heard) {
            return;
        }
        let (before, task) = (self.memory.known.clone(), self.memory.task.clone());
        self.turn_to_intent(&heard);
        if self.is_settled() || self.part(&heard) {
            return;
        }
        let turned = task != self.memory.task;
        self.absorb(&heard);
        self.settle(&before);
        if heard.facts.address.is_some() || heard.facts.time.is_some() {
            self.begin(Intent::Book);
        }
        let priced = self.note_price_question(&heard);
        let understood = !turned && self.answer_question(&heard);
        if self.is_settled() {
            return;
        }
        if understood || before != self.memory.known {
            self.memory.idle = 0;
        } else if warned {
            self.add_line("safety_done");
        } else if !turned && !priced && !self.memory.warned {
            if self.think(&heard) {
                return;
            }
            return self.missed();
        }
        self.memory.misses = 0;
        self.go_on();
    }

    /// This turn has already led to an end, a question or a request.
    fn is_settled(&self) -> bool {
        self.memory.outcome.is_some()
            || self.memory.pending.is_some()
            || self.outputs.iter().any(|output| matches!(output, Output::Say(_)))
    }

    /// Turns that bring nothing new may not go on for ever.
    pub(super) fn too_idle(&mut self) -> bool {
        self.memory.idle += 1;
        let too_idle = self.memory.idle > IDLE_MAX;
        if too_idle {
            self.call_back("no_progress");
        }
        too_idle
    }

    /// A danger is answered before anything else, once.
    fn warn(&mut self, reading: &Reading) {
        let Some(rule) = &reading.safety else { return };
        if self.memory.dangers.contains(rule) {
            return;
        }
        self.memory.dangers.push(rule.clone());
        self.memory.warned = true;
        if let Some(instruction) = self.pack.safety(rule) {
            self.add_spelling(instruction);
            self.add_line("safety_then");
        }
    }

    /// The same danger told again, and nothing else: the instruction is what helps, not a question.
    fn warn_again(&mut self, heard: &Heard) -> bool {
        let told = heard.reading.safety.as_ref().filter(|_| !self.memory.warned);
        let beside = heard.brings_facts() || heard.facts.yes_no.is_some();
        let instruction = told.filter(|_| !beside).and_then(|rule| self.pack.safety(rule));
        let Some(instruction) = instruction else { return false };
        self.add_spelling(instruction);
        self.memory.misses = 0;
        self.go_on();
        true
    }

    pub(super) fn repeat_or_wait(&mut self, heard: &Heard) -> bool {
        let facts = &heard.facts;
        // "Я вас плохо слышу" complains of the line only.
        let grumble = heard.reading.intent == Some(Intent::Complaint) && !heard.reading.intent_sure;
        let wanted = heard.reading.intent.is_some() && !(grumble && facts.repeat);
        let other = heard.brings_facts() || wanted || facts.sooner.is_some();
        if other || !(facts.repeat || facts.wait) {
            return false;
        }
        if facts.repeat {
            self.repeat();
        } else {
            self.wait();
        }
        true
    }

    /// A question beside the matter is answered, and the open question put again.
    fn answer_aside(&mut self, heard: &Heard) -> bool {
        /// A greeting with more words than this holds something else.
        const HELLO_WORDS: usize = 2;

        let Some(line) = heard.reading.aside.as_deref() else {
            return false;
        };
        let long = heard.text.split_whitespace().count() > HELLO_WORDS;
        let about_order = heard.reading.intent == Some(Intent::Status)
            && self.earlier_order().is_some()
            && self.memory.known.diagnosis.is_none();
        let pausing = line == "aside_hello" && heard.facts.wait;
        if line == "aside_hello" && long || about_order || pausing {
            return false;
        }
        let line = match (line, &self.memory.known.diagnosis) {
            ("aside_duration", None) => "aside_duration_unknown",
            (line, _) => line,
        };
        let beside = !heard.brings_facts()
            && heard.reading.safety.is_none()
            && !(heard.reading.intent_sure && heard.reading.intent != Some(Intent::Price));
        let Some(question) = self.memory.asked.clone().filter(|_| beside) else {
            return false;
        };
        let before = self.memory.draft.len();
        self.add_line(line);
        if self.memory.draft.len() == before {
            return false;
        }
        self.memory.misses = 0;
        self.put_question_shortly(question);
        true
    }

    /// "до свидания" and nothing else.
    fn part(&mut self, heard: &Heard) -> bool {
        let agrees = heard.facts.yes_no == Some(true)
            && self.memory.asked.as_ref().is_some_and(Question::yes_or_no);
        let answers = heard.brings_facts() || agrees;
        let parting = heard.facts.farewell && !answers;
        if parting {
            self.release();
            let told = self.memory.intent == Intent::Price && self.memory.deal.price_told;
            let (reason, status) = if told {
                ("told_price", Status::Completed)
            } else {
                ("said_goodbye", Status::Abandoned)
            };
            self.close("goodbye", reason, status);
        }
        parting
    }

    /// What the caller came for may take the conversation elsewhere.
    fn turn_to_intent(&mut self, heard: &Heard) {
        let Some(intent) = heard.reading.intent else {
            return;
        };
        let telling = self.memory.asked == Some(Question::Complaint);
        if (telling || self.only_answers(heard)) && !intent.outranks_answers() {
            return;
        }
        let plain_only = matches!(intent, Intent::WorkApplication | Intent::Operator);
        let lost = plain_only || intent.leads_away() && self.in_course(heard);
        if !heard.reading.intent_sure && lost {
            return;
        }
        if self.is_about_this_order(intent) {
            return;
        }
        match intent {
            Intent::Operator => self.wants_operator(),
            // "Это из школы звонят, у нас кран течёт."
            Intent::WrongNumber if tells_trouble(heard) => {}
            Intent::WrongNumber => self.wrong_number(),
            Intent::WorkApplication => self.turn_to(Task::Apply, intent),
            Intent::Status => self.turn_to(Task::Status, intent),
            Intent::Cancel => self.wants_to_cancel(heard),
            Intent::Reschedule => self.wants_to_move(heard),
            Intent::Complaint => self.wants_to_complain(heard),
            Intent::Price | Intent::Book => self.begin(intent),
            Intent::Unknown => {}
        }
    }

    /// "Когда приедет мастер" of somebody without orders, "номер не тот" about their own.
    fn is_about_this_order(&self, intent: Intent) -> bool {
        let ordering = self.memory.task == Task::Order && self.memory.known.diagnosis.is_some();
        let reading_back = matches!(
            self.memory.asked,
            Some(
                Question::ReadBack | Question::Correction | Question::Phone | Question::PhoneCheck
            )
        );
        let no_orders = self.earlier_order().is_none();
        intent == Intent::Status && ordering && no_orders
            || intent == Intent::WrongNumber && reading_back
    }

    /// An order is being told or something was asked and answered: only plain words lead away.
    fn in_course(&self, heard: &Heard) -> bool {
        let ordering = self.memory.task == Task::Order && self.memory.known.diagnosis.is_some();
        ordering || heard.facts.yes_no.is_some() || heard.brings_facts()
    }

    /// A plain yes or no to a question that wants one.
    fn only_answers(&self, heard: &Heard) -> bool {
        heard.facts.yes_no.is_some() && self.memory.asked.as_ref().is_some_and(Question::yes_or_no)
    }

    /// A price or a visit is wanted; a price turns into a visit, never back.
    pub(super) fn begin(&mut self, intent: Intent) {
        let fresh = matches!(self.memory.intent, Intent::Unknown | Intent::Price);
        if fresh && self.memory.task == Task::Order {
            self.memory.intent = intent;
        }
    }

    fn turn_to(&mut self, task: Task, intent: Intent) {
        if self.memory.task != task {
            self.release();
        }
        self.memory.task = task;
        self.memory.intent = intent;
    }

    /// True where the caller wants the other language; a pack without it stays with its own.
    fn switch_language(&mut self, text: &str) -> bool {
        let Some(wanted) = wanted_language(text) else {
            return false;
        };
        if wanted == self.memory.language || self.packs.get(wanted).is_none() {
            return false;
        }
        self.memory.language = wanted;
        self.pack = self.packs.get_or_first(wanted);
        self.add_line("language_switched");
        true
    }
}

impl Intent {
    /// Meant even beside a yes or no.
    fn outranks_answers(self) -> bool {
        match self {
            Self::Operator | Self::Cancel | Self::Reschedule | Self::Price => true,
            Self::Book | Self::Status | Self::Complaint | Self::WorkApplication => false,
            Self::WrongNumber | Self::Unknown => false,
        }
    }
}

impl Intent {
    /// Ends or leaves the order that is being made.
    fn leads_away(self) -> bool {
        match self {
            Self::Status | Self::Cancel | Self::Complaint => true,
            Self::WorkApplication | Self::WrongNumber => true,
            Self::Book | Self::Price | Self::Reschedule | Self::Operator | Self::Unknown => false,
        }
    }
}

fn tells_trouble(heard: &Heard) -> bool {
    heard.symptom.as_ref().is_some_and(|symptom| symptom.score >= SYMPTOM_LIKELY)
}

/// "speak English", "говорите по-русски".
fn wanted_language(text: &str) -> Option<Language> {
    let text = text.to_lowercase();
    let asks = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if asks(&["speak english", "in english", "english please", "по-английски", "по английски"])
    {
        return Some(Language::En);
    }
    asks(&["по-русски", "по русски", "speak russian", "in russian", "russian please", "на русском"])
        .then_some(Language::Ru)
}
