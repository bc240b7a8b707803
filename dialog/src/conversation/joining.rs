//! A master joins: name, phone, city, trades, experience, papers, hours, e-mail, terminal.
//!
//! One question at a time, each answered in the master's own words; what is not understood three
//! times is taken over by a person.
//!
//! **Never here:** clients, how words become hours and addresses (forms).

use job_core::master::Applicant;
use job_core::phone;
use job_core::schedule::{Clock, Hours, Schedule};
use serde::{Deserialize, Serialize};

use super::course::Step;
use super::forms;
use super::hearing::Heard;
use super::memory::Question;
use super::{Conversation, Request};
use crate::state::{Awaiting, Intent, Joined, Shift, Status, Terminal};

/// The questions in the order they are asked.
const QUESTIONS: [Awaiting; 9] = [
    Awaiting::FullName,
    Awaiting::Phone,
    Awaiting::City,
    Awaiting::Specializations,
    Awaiting::Experience,
    Awaiting::Certificates,
    Awaiting::Schedule,
    Awaiting::Email,
    Awaiting::Terminal,
];

/// What the master has told, and which questions are done with, refused ones included.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Joining {
    pub told: Joined,
    pub done: Vec<Awaiting>,
    #[serde(default)]
    pub enrolled: bool,
}

impl Conversation {
    pub(super) fn next_for_joining(&mut self) -> Step {
        if self.memory.known.phone.is_some() && !self.is_done(Awaiting::Phone) {
            self.memory.joining.done.push(Awaiting::Phone);
        }
        let open = QUESTIONS.into_iter().find(|question| !self.is_done(*question));
        if open.is_none()
            && !self.memory.joining.enrolled
            && let Some(applicant) = self.applicant()
        {
            return Step::Request(Request::Enrol(Box::new(applicant)));
        }
        match (open, self.memory.joining.told.terminal) {
            (Some(question), _) => Step::Ask(Question::Joining(question)),
            (None, Some(Terminal::Physical)) => joined("join_done_physical"),
            (None, Some(Terminal::Smartphone) | None) => joined("join_done_smartphone"),
        }
    }

    fn applicant(&self) -> Option<Applicant> {
        let told = &self.memory.joining.told;
        Some(Applicant {
            name: told.full_name.clone()?,
            phone: self.memory.known.phone.clone()?,
            email: told.email.clone(),
            city: told.city.clone()?,
            trades: told.specializations.clone(),
            experience: told.experience.unwrap_or_default(),
            certificates: told.certificates.clone(),
            schedule: schedule(&told.schedule),
            terminal: told.terminal.map(|it| match it {
                Terminal::Smartphone => "smartphone".to_owned(),
                Terminal::Physical => "physical".to_owned(),
            }),
        })
    }

    fn is_done(&self, question: Awaiting) -> bool {
        self.memory.joining.done.contains(&question)
    }

    pub(super) fn take_for_joining(&mut self, heard: Heard) {
        if heard.reading.intent == Some(Intent::Operator) {
            return self.wants_operator();
        }
        if self.too_idle() || self.repeat_or_wait(&heard) {
            return;
        }
        let Some(Question::Joining(asked)) = self.memory.asked else {
            return self.go_on();
        };
        self.take_volunteered(asked, &heard);
        if self.take_joining_answer(asked, &heard) {
            self.memory.joining.done.push(asked);
            self.memory.idle = 0;
            self.memory.misses = 0;
            self.go_on();
        } else {
            self.missed();
        }
    }

    /// Facts that cannot be mistaken are taken whatever was asked.
    fn take_volunteered(&mut self, asked: Awaiting, heard: &Heard) {
        if let Some(found) = &heard.facts.phone {
            self.take_phone(found.value.clone(), true);
        }
        let address = heard.facts.address.as_ref();
        let city = address.and_then(|found| found.value.city.clone());
        if let Some(city) = city.filter(|_| asked != Awaiting::City) {
            self.memory.joining.told.city = Some(city);
            self.memory.joining.done.push(Awaiting::City);
        }
        if let Some(email) = forms::email(&heard.text).filter(|_| asked != Awaiting::Email) {
            self.memory.joining.told.email = Some(email);
            self.memory.joining.done.push(Awaiting::Email);
        }
    }

    /// True where the question is answered, a refusal of what is optional included.
    fn take_joining_answer(&mut self, asked: Awaiting, heard: &Heard) -> bool {
        let refused = heard.facts.yes_no == Some(false);
        let now = self.local(self.now);
        let told = &mut self.memory.joining.told;
        match asked {
            Awaiting::FullName => {
                let name = heard.facts.name.as_ref().map(|found| found.value.as_str());
                told.full_name = forms::full_name(name.unwrap_or(&heard.text));
                told.full_name.is_some()
            }
            Awaiting::Phone => {
                let number = phone::e164(&heard.text);
                self.memory.known.phone = self.memory.known.phone.take().or(number);
                self.memory.known.phone.is_some()
            }
            Awaiting::City => {
                let said = heard.facts.address.as_ref();
                let city = said.and_then(|found| found.value.city.clone());
                told.city = city.or_else(|| forms::city(&heard.text, &self.pack.places));
                told.city.is_some()
            }
            Awaiting::Specializations => {
                told.specializations = forms::trades(&heard.text);
                !told.specializations.is_empty()
            }
            Awaiting::Experience => {
                told.experience = forms::years(&heard.text);
                if told.experience.is_none() && refused {
                    told.experience = Some(0);
                }
                told.experience.is_some()
            }
            Awaiting::Certificates => {
                told.certificates = (!refused).then(|| heard.text.trim().to_owned());
                true
            }
            Awaiting::Schedule => {
                told.schedule = forms::schedule(&heard.text, &now);
                !told.schedule.is_empty()
            }
            Awaiting::Email => {
                told.email = forms::email(&heard.text);
                told.email.is_some() || refused || forms::declines(&heard.text)
            }
            Awaiting::Terminal => {
                told.terminal = forms::terminal(&heard.text);
                told.terminal.is_some()
            }
            Awaiting::Problem | Awaiting::Clarification | Awaiting::Address => false,
            Awaiting::Time | Awaiting::SlotChoice | Awaiting::Name => false,
            Awaiting::Confirmation | Awaiting::None => false,
        }
    }

    pub(super) fn put_joining_question(&mut self, awaiting: Awaiting) {
        self.add_line(match awaiting {
            Awaiting::FullName => "join_full_name",
            Awaiting::City => "join_city",
            Awaiting::Specializations => "join_specializations",
            Awaiting::Experience => "join_experience",
            Awaiting::Certificates => "join_certificates",
            Awaiting::Schedule => "join_schedule",
            Awaiting::Email => "join_email",
            Awaiting::Terminal => "join_terminal",
            Awaiting::Phone | Awaiting::Problem | Awaiting::Clarification => "ask_phone",
            Awaiting::Address | Awaiting::Time | Awaiting::SlotChoice => "ask_phone",
            Awaiting::Name | Awaiting::Confirmation | Awaiting::None => "ask_phone",
        });
    }
}

/// Shifts as they were told, in the order they were told.
fn schedule(shifts: &[Shift]) -> Schedule {
    const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    let mut schedule = Schedule::default();
    for shift in shifts {
        let clock = |text: &str| Clock::try_from(text.to_owned()).ok();
        let (Some(from), Some(to)) = (clock(&shift.from), clock(&shift.to)) else { continue };
        let hours = Hours { from, to };
        if let Some(date) = shift.date.as_deref().and_then(|it| it.parse().ok()) {
            schedule.dates.entry(date).or_default().push(hours);
        }
        for (day, name) in WEEK.iter().enumerate() {
            if shift.days.iter().any(|it| it == name) {
                schedule.week[day].push(hours);
            }
        }
    }
    schedule
}

fn joined(line: &'static str) -> Step {
    Step::Close { line, reason: "joined", status: Status::Completed }
}
