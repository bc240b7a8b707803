//! A master phones or writes during the day: what is next, accepted, on the way, arrived, done and
//! for how much, what was earned, other hours.
//!
//! **Never here:** whether a step is allowed, what a share comes to (the job core).

use job_core::day::{DayAct, DayDone, DayJob, DayRefused, DayTold, HoursChange, MasterDay};
use job_core::ids::JobId;
use job_core::job::JobStatus;
use job_core::money::Kopecks;
use job_core::schedule::{Clock, Hours};
use serde::{Deserialize, Serialize};

use super::hearing::Heard;
use super::memory::{Question, Task};
use super::{Conversation, Request};
use crate::pack::{DayWord, Spelling};
use crate::phrase;
use crate::state::{Intent, Status};
use crate::understand::{Asked, Context, Entity, Hours as Said, Value, entities};

/// The day as the core told it last, and what is being settled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Day {
    pub told: MasterDay,
    /// The sum the master named, and the words around it.
    pub amount: Option<Kopecks>,
    #[serde(default)]
    pub reason: String,
    /// The job spoken of, when the day was told.
    pub spoken_of: Option<DayJob>,
    pub share: Kopecks,
    pub outside: u32,
    /// The number of a job that was not among them.
    #[serde(default)]
    pub looked_for: Option<String>,
}

impl Conversation {
    pub(super) fn take_for_day(&mut self, heard: &Heard) {
        if heard.reading.intent == Some(Intent::Operator) {
            return self.wants_operator();
        }
        if self.too_idle() || self.repeat_or_wait(heard) {
            return;
        }
        let understood = match self.memory.asked {
            Some(Question::DayPrice) => self.take_price(heard),
            Some(Question::DayPriceSure) => self.take_consent(heard),
            Some(Question::DayHours) => self.take_hours(heard),
            _ => false,
        };
        if !understood && !self.take_act(heard) {
            return self.missed();
        }
        self.memory.idle = 0;
        self.memory.misses = 0;
    }

    fn take_act(&mut self, heard: &Heard) -> bool {
        let Some(word) = self.pack.word_of_day(&heard.text) else {
            return self.take_hours(heard) || self.part_from_master(heard);
        };
        match word {
            DayWord::Next => self.tell_next(),
            DayWord::Accept => {
                self.with_asked(heard, |job| DayAct::Advance { job, to: JobStatus::Accepted });
            }
            DayWord::Decline => self.with_asked(heard, |job| DayAct::DropOut { job }),
            DayWord::OnTheWay => self.advance(JobStatus::OnTheWay),
            DayWord::Arrived => self.advance(JobStatus::Started),
            DayWord::Done => self.finish_job(heard),
            DayWord::AskClient => self.ask_client(),
            DayWord::Earned => self.tell_earned(),
            DayWord::DropOut => self.with_job(|job| DayAct::DropOut { job: job.job.clone() }),
            DayWord::DayOff => self.take_day_off(heard),
            DayWord::Hours if self.take_hours(heard) => {}
            DayWord::Hours => self.ask(Question::DayHours),
            DayWord::Bye => self.close("day_goodbye", "day", Status::Completed),
        }
        true
    }

    /// "Нет" to "what else?" ends the call.
    fn part_from_master(&mut self, heard: &Heard) -> bool {
        let parts = heard.facts.yes_no == Some(false);
        if parts {
            self.close("day_goodbye", "day", Status::Completed);
        }
        parts
    }

    fn tell_next(&mut self) {
        let line = if self.current_job().is_some() { "day_next" } else { "day_none" };
        self.add_line(line);
        self.ask(Question::Day);
    }

    fn tell_earned(&mut self) {
        self.add_line("day_earned");
        self.ask(Question::Day);
    }

    fn advance(&mut self, to: JobStatus) {
        self.with_job(|job| DayAct::Advance { job: job.job.clone(), to });
    }

    /// The job that waits for an answer, else the one at hand.
    fn with_asked(&mut self, heard: &Heard, act: impl Fn(JobId) -> DayAct) {
        let number = job_number(&heard.text);
        let named = number.and_then(|it| self.jobs().iter().find(|job| job.number == it));
        if let (Some(number), None) = (number, named) {
            return self.look_for(number.to_owned(), heard);
        }
        let open = |job: &&DayJob| job.status == JobStatus::Offered;
        let next = |job: &&DayJob| job.status <= JobStatus::Offered;
        let asked = named.or_else(|| self.jobs().iter().find(open));
        let asked = asked.or_else(|| self.jobs().iter().find(next)).cloned();
        match asked {
            Some(job) => self.act_on(&job, act(job.job.clone())),
            None => self.with_job(|job| act(job.job.clone())),
        }
    }

    /// A job that has come since the day was told; looked for once.
    fn look_for(&mut self, number: String, heard: &Heard) {
        let phone = self.memory.setup.phone.clone().unwrap_or_default();
        let Some(day) = &mut self.memory.day else { return };
        if day.looked_for.as_ref() == Some(&number) {
            return self.tell_next();
        }
        day.looked_for = Some(number);
        self.memory.later.push((heard.text.clone(), heard.confidence));
        self.request(Request::Day { phone, act: DayAct::Look });
    }

    fn with_job(&mut self, act: impl Fn(&DayJob) -> DayAct) {
        match self.current_job().map(&act) {
            Some(act) => self.act(act),
            None => self.tell_next(),
        }
    }

    fn act(&mut self, act: DayAct) {
        self.act_about(self.current_job().cloned(), act);
    }

    fn act_on(&mut self, job: &DayJob, act: DayAct) {
        self.act_about(Some(job.clone()), act);
    }

    fn act_about(&mut self, spoken_of: Option<DayJob>, act: DayAct) {
        if let Some(day) = &mut self.memory.day {
            day.spoken_of = spoken_of;
        }
        let phone = self.memory.setup.phone.clone().unwrap_or_default();
        self.request(Request::Day { phone, act });
    }

    /// Done needs its sum, unless it was said in the same breath.
    fn finish_job(&mut self, heard: &Heard) {
        if self.current_job().is_none() {
            return self.tell_next();
        }
        if !self.take_price(heard) {
            self.ask(Question::DayPrice);
        }
    }

    fn take_price(&mut self, heard: &Heard) -> bool {
        let Some(amount) = self.sum_said(&heard.text) else {
            return false;
        };
        let told = self.current_job().map(|job| job.told);
        if let Some(day) = &mut self.memory.day {
            day.amount = Some(amount);
            day.reason.clone_from(&heard.text);
        }
        let more = told.is_some_and(|(_, most)| amount > Kopecks::roubles(most));
        if !more {
            self.finish_for(amount, false);
        } else if self.memory.by_voice() {
            self.ask(Question::DayPriceSure);
        } else {
            self.ask_client();
        }
        true
    }

    /// The client speaks now: their yes stays in the recording.
    fn take_consent(&mut self, heard: &Heard) -> bool {
        let amount = self.memory.day.as_ref().and_then(|day| day.amount);
        if self.pack.word_of_day(&heard.text) == Some(DayWord::AskClient) {
            self.ask_client();
            return true;
        }
        match (heard.facts.yes_no, amount) {
            (Some(true), Some(amount)) => self.finish_for(amount, true),
            (Some(false), _) => {
                self.add_line("day_client_refused");
                self.ask(Question::DayPrice);
            }
            (_, _) => return self.take_price(heard),
        }
        true
    }

    /// Nobody but the client can agree to more; where they are not at hand they are written to.
    fn ask_client(&mut self) {
        let day = self.memory.day.as_ref();
        let Some((amount, reason)) = day.and_then(|day| Some((day.amount?, day.reason.clone())))
        else {
            return self.ask(Question::DayPrice);
        };
        self.with_job(|job| DayAct::AskClient {
            job: job.job.clone(),
            amount,
            reason: reason.clone(),
        });
    }

    fn finish_for(&mut self, amount: Kopecks, client_agreed: bool) {
        self.with_job(|job| DayAct::Finish { job: job.job.clone(), amount, client_agreed });
    }

    fn take_hours(&mut self, heard: &Heard) -> bool {
        let changes: Vec<HoursChange> = self
            .entities_in(&heard.text, Asked::named("schedule"))
            .into_iter()
            .filter_map(|entity| match entity.value {
                Value::Schedule(said) => change(&said),
                _ => None,
            })
            .collect();
        if changes.is_empty() {
            return false;
        }
        self.act(DayAct::Hours(changes));
        true
    }

    fn take_day_off(&mut self, heard: &Heard) {
        let Some(from) = heard.facts.time.as_ref().and_then(|found| found.value.wish.from) else {
            return self.ask(Question::DayHours);
        };
        let date = Some(self.local(from).date());
        self.act(DayAct::Hours(vec![HoursChange { days: Vec::new(), date, hours: Vec::new() }]));
    }

    fn sum_said(&self, text: &str) -> Option<Kopecks> {
        let found = self.entities_in(text, None);
        let money = found.iter().find_map(|entity| match entity.value {
            Value::Money { amount, .. } => Some(amount),
            _ => None,
        });
        let number = || {
            found.iter().find_map(|entity| match entity.value {
                Value::Number { value } if value >= 100.0 => Some(value),
                _ => None,
            })
        };
        let roubles = money.or_else(number)?;
        Some(Kopecks((roubles * 100.0).round() as i64))
    }

    fn entities_in(&self, text: &str, asked: Option<Asked>) -> Vec<Entity> {
        let context = Context {
            language: self.pack.language,
            now: self.local(self.now),
            awaiting: asked.map_or_else(Default::default, Asked::awaiting),
            day: None,
            places: &self.pack.places,
        };
        entities(text, &context, asked)
    }

    fn jobs(&self) -> &[DayJob] {
        self.memory.day.as_ref().map_or(&[], |day| &day.told.jobs)
    }

    /// The job at hand: the one begun, else the next.
    fn current_job(&self) -> Option<&DayJob> {
        let jobs = self.jobs();
        let begun = jobs.iter().find(|job| job.status >= JobStatus::OnTheWay);
        begun.or(jobs.first())
    }

    /// The caller is a master, or something the master asked for is done.
    pub(super) fn day_told(&mut self, request: &Request, told: DayTold) {
        let first = self.memory.day.is_none();
        let before = self.memory.day.take();
        let (share, outside) = match told.done {
            Ok(DayDone::Earned(share)) => (share, 0),
            Ok(DayDone::HoursSet { outside }) => (Kopecks(0), outside),
            _ => (Kopecks(0), 0),
        };
        let amount = before.as_ref().and_then(|day| day.amount).filter(|_| told.done.is_err());
        let (spoken_of, looked_for) =
            before.map(|day| (day.spoken_of, day.looked_for)).unwrap_or_default();
        let reason = String::new();
        let told_now = told.day;
        self.memory.day =
            Some(Day { told: told_now, amount, reason, spoken_of, share, outside, looked_for });
        self.memory.task = Task::Day;
        if first || !matches!(request, Request::Day { .. }) {
            return self.greet_master();
        }
        // What was said is heard again, with the new job in sight.
        if matches!(request, Request::Day { act: DayAct::Look, .. })
            && !self.memory.later.is_empty()
        {
            return;
        }
        for line in done_lines(&told.done) {
            self.add_line(line);
        }
        self.ask(Question::Day);
    }

    fn greet_master(&mut self) {
        self.memory.earlier.looked_up = true;
        self.add_line("day_greeting");
        self.tell_next();
    }

    pub(super) fn values_of_day(&self) -> Vec<(&'static str, Spelling)> {
        let Some(day) = &self.memory.day else {
            return Vec::new();
        };
        let lang = self.pack.language;
        let mut values = vec![
            ("name", phrase::plain(&given(&day.told.name))),
            ("earned", phrase::money(day.told.earned.whole_roubles(), lang)),
            ("share", phrase::money(day.share.whole_roubles(), lang)),
            ("finished", phrase::plain(&day.told.finished.to_string())),
            ("outside", phrase::plain(&day.outside.to_string())),
        ];
        if let Some(amount) = day.amount {
            values.push(("sum", phrase::money(amount.whole_roubles(), lang)));
        }
        let Some(job) = day.spoken_of.as_ref().or(self.current_job()) else {
            return values;
        };
        let status = self.pack.line(&format!("step_{}", job.status), 0, &[]);
        let when = phrase::moment(job.span.start, self.now, &self.memory.setup.zone, lang);
        values.extend([
            ("number", phrase::code(&job.number, lang)),
            ("when", when),
            ("address", phrase::address(&job.address, false, lang)),
            ("problem", phrase::plain(&job.diagnosis)),
            ("client", phrase::plain(&job.client_name)),
            ("client_phone", phrase::phone(&job.client_phone, lang)),
            ("code", phrase::code(&job.door_code, lang)),
            ("told", phrase::money_range(job.told.0, job.told.1, lang)),
            ("status", status),
        ]);
        values
    }
}

/// "Принимаю 1005": the order's own number.
fn job_number(text: &str) -> Option<&str> {
    const DIGITS_MIN: usize = 4;

    let figures = |it: &&str| it.len() >= DIGITS_MIN && it.bytes().all(|it| it.is_ascii_digit());
    text.split(|it: char| !it.is_alphanumeric()).find(figures)
}

fn done_lines(done: &Result<DayDone, DayRefused>) -> Vec<&'static str> {
    match done {
        Ok(DayDone::Looked) => vec![],
        Ok(DayDone::Advanced(JobStatus::Accepted)) => vec!["day_accepted"],
        Ok(DayDone::Advanced(JobStatus::OnTheWay)) => vec!["day_on_the_way"],
        Ok(DayDone::Advanced(_)) => vec!["day_arrived"],
        Ok(DayDone::Earned(_)) => vec!["day_finished"],
        Ok(DayDone::ClientAsked) => vec!["day_client_asked"],
        Ok(DayDone::DroppedOut { found: true }) => vec!["day_dropped_out"],
        Ok(DayDone::DroppedOut { found: false }) => vec!["day_dropped_out_queued"],
        Ok(DayDone::HoursSet { outside: 0 }) => vec!["day_hours_set"],
        Ok(DayDone::HoursSet { .. }) => vec!["day_hours_set", "day_hours_outside"],
        Err(DayRefused::NoPrice(_)) => vec!["day_no_price"],
        Err(DayRefused::NotYours(_)) => vec!["day_not_yours"],
        Err(DayRefused::NeedsConsent { .. }) => vec!["day_needs_consent"],
        Err(DayRefused::Busy(_)) => vec!["day_busy"],
        Err(DayRefused::Step(_)) => vec!["day_refused"],
    }
}

/// "Соколов Андрей Петрович" is spoken to as "Андрей Петрович".
fn given(name: &str) -> String {
    match name.split_once(' ') {
        Some((_, given)) => given.to_owned(),
        None => name.to_owned(),
    }
}

/// Without hours it is a day off only where days were named.
fn change(said: &Said) -> Option<HoursChange> {
    const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let days: Vec<usize> =
        said.days.iter().filter_map(|day| WEEK.iter().position(|it| it == day)).collect();
    let date = said.date.as_deref().and_then(|date| date.parse().ok());
    if days.is_empty() && date.is_none() {
        return None;
    }
    let clock = |at: &Option<String>, open: Clock| match at {
        Some(at) => Clock::try_from(at.clone()).ok(),
        None => Some(open),
    };
    let hours = match (&said.from, &said.to) {
        (None, None) => Vec::new(),
        (from, to) => {
            let (from, to) = (clock(from, Clock::at(9, 0))?, clock(to, Clock::at(20, 0))?);
            (from < to).then_some(Hours { from, to }).into_iter().collect()
        }
    };
    Some(HoursChange { days, date, hours })
}
