//! A small world around a conversation: a core that answers from a timetable, a caller with a
//! script, and the transcript of the two.

#![allow(dead_code, unreachable_pub)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use dialog::conversation::{
    Answer, Conversation, Input, Kind, Outcome, Output, Packs, Reply, Request, Setup,
};
use dialog::pack::Pack;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use job_core::ids::{ConversationId, HoldId, JobId, MasterId};
use job_core::order::{Booked, CallerCard, Order, OrderCard, Refused};
use job_core::place::place_key;
use job_core::slot::{Feasibility, Offer, Wish, Work};
use job_core::trade::{Address, Channel, Language};

/// A Friday morning in Kaliningrad, 9:00.
pub const MORNING: &str = "2026-11-20T09:00:00+02:00";
pub const PHONE: &str = "+79110001234";
/// Visits begin at these hours.
const HOURS: [i8; 5] = [10, 12, 14, 16, 18];
const DAYS: i64 = 14;

pub fn packs(language: Language) -> Packs {
    static LOADED: OnceLock<[Arc<Pack>; 2]> = OnceLock::new();
    let load = |language| Arc::new(Pack::built_in("home-repair", language).expect("pack"));
    let [ru, en] = LOADED.get_or_init(|| [load(Language::Ru), load(Language::En)]);
    match language {
        Language::Ru => Packs::new(Arc::clone(ru), [Arc::clone(en)]),
        Language::En => Packs::new(Arc::clone(en), [Arc::clone(ru)]),
    }
}

pub fn zone() -> TimeZone {
    TimeZone::get("Europe/Kaliningrad").expect("zone")
}

pub fn morning() -> Timestamp {
    MORNING.parse().expect("time")
}

pub fn setup(channel: Channel, language: Language, phone: Option<&str>) -> Setup {
    Setup {
        id: ConversationId::new("c-1"),
        kind: Kind::ClientRequest,
        channel,
        language,
        phone: phone.map(str::to_owned),
        zone: zone(),
    }
}

/// One input, the core's answers to what it asks, and what is said to it.
pub fn answer(conversation: &mut Conversation, core: &mut Core, input: Input) -> Vec<String> {
    let mut said = Vec::new();
    conversation.handle(morning(), input);
    while let Some(output) = conversation.poll() {
        match output {
            Output::Say(reply) => said.push(reply.text),
            Output::Ask(id, request) => {
                let answer = core.answer(morning(), &request);
                conversation.handle(morning(), Input::Answered(id, answer));
            }
            Output::Mark(_) | Output::End(_) => {}
        }
    }
    said
}

/// A core that books in memory.
#[derive(Debug, Default)]
pub struct Core {
    pub busy: BTreeSet<Timestamp>,
    pub card: Option<CallerCard>,
    /// Somebody else takes the slot first, this many times.
    pub lost_at_hold: u32,
    pub lost_at_book: u32,
    pub full: bool,
    pub fails: bool,
    pub holds: Vec<(HoldId, Offer)>,
    pub orders: Vec<Order>,
    pub names: u32,
}

impl Core {
    pub fn answer(&mut self, now: Timestamp, request: &Request) -> Answer {
        if self.fails {
            return Answer::Failed("database is away".into());
        }
        match request {
            Request::Caller { .. } => Answer::Caller(self.card.clone()),
            Request::Feasible { work, wish } => Answer::Feasible(self.feasible(now, work, *wish)),
            Request::Hold { offer, .. } => Answer::Held(self.hold(offer)),
            Request::Release { hold } => {
                self.holds.retain(|(id, _)| id != hold);
                Answer::Released
            }
            Request::Book(order) => Answer::Booked(self.book(order)),
            Request::Cancel { .. } => Answer::Cancelled(Ok(())),
            Request::Move { offer, .. } => Answer::Moved(Ok(offer.clone())),
            Request::Complain { .. } => Answer::Complained,
            Request::CallBack { .. } => Answer::CallBackNoted,
            Request::Enrol(_) => Answer::Enrolled,
            Request::PutThrough => Answer::PutThrough(false),
            Request::Think(_) => Answer::Thought(None),
            Request::Day { .. } => Answer::Failed("no masters here".into()),
        }
    }

    fn hold(&mut self, offer: &Offer) -> Result<HoldId, Refused> {
        if self.lost_at_hold > 0 || self.busy.contains(&offer.start) {
            self.lost_at_hold = self.lost_at_hold.saturating_sub(1);
            self.busy.insert(offer.start);
            return Err(Refused::Taken(offer.start));
        }
        self.names += 1;
        let id = HoldId::new(format!("h-{}", self.names));
        self.holds.push((id.clone(), offer.clone()));
        Ok(id)
    }

    fn book(&mut self, order: &Order) -> Result<Booked, Refused> {
        let held = self.holds.iter().any(|(id, at)| *id == order.hold && *at == order.offer);
        assert!(held, "booked without its own hold");
        if self.lost_at_book > 0 {
            self.lost_at_book -= 1;
            self.busy.insert(order.offer.start);
            return Err(Refused::Taken(order.offer.start));
        }
        self.orders.push(order.clone());
        self.busy.insert(order.offer.start);
        let packs = packs(order.language);
        let list = &packs.get(order.language).expect("pack").prices;
        Ok(Booked {
            job: JobId::new("j-1"),
            number: "1042".into(),
            offer: order.offer.clone(),
            master_name: "Сергей".into(),
            door_code: "4821".into(),
            quote: job_core::price::quote(list, &order.price),
            tracking: "/t/abc".into(),
        })
    }

    fn feasible(&self, now: Timestamp, work: &Work, wish: Wish) -> Feasibility {
        if place_key(&work.city) != place_key("Калининград") {
            return Feasibility::NoMasters;
        }
        if self.full {
            return Feasibility::Full;
        }
        let slots = self.free(now, work.minutes);
        let inside = |offer: &Offer| {
            wish.from.is_none_or(|from| offer.start >= from)
                && wish.to.is_none_or(|to| offer.start <= to)
        };
        let mut fitting: Vec<Offer> = slots.iter().filter(|it| inside(it)).cloned().collect();
        if !fitting.is_empty() {
            let offer = fitting.remove(0);
            fitting.truncate(2);
            return Feasibility::Can { offer, others: fitting };
        }
        Self::outside(&slots, wish)
    }

    fn outside(slots: &[Offer], wish: Wish) -> Feasibility {
        let day = |at: Timestamp| at.to_zoned(zone()).date();
        let wished = wish.from.or(wish.to).map(day);
        let mut same: Vec<Offer> =
            slots.iter().filter(|it| Some(day(it.start)) == wished).cloned().collect();
        if !same.is_empty() {
            let offer = same.remove(0);
            return Feasibility::Partly { offer, others: same };
        }
        let later = |it: &&Offer| wish.from.is_none_or(|from| it.start >= from);
        let mut next: Vec<Offer> = slots.iter().filter(later).cloned().collect();
        if next.is_empty() {
            return Feasibility::Full;
        }
        let first = next.remove(0);
        next.truncate(2);
        Feasibility::Cannot { next: first, others: next }
    }

    fn free(&self, now: Timestamp, minutes: i64) -> Vec<Offer> {
        let today = now.to_zoned(zone()).date();
        let mut slots = Vec::new();
        for day in 0..DAYS {
            for hour in HOURS {
                let date = today.checked_add(day.days()).expect("date");
                let start = date.at(hour, 0, 0, 0).to_zoned(zone()).expect("hour").timestamp();
                if start <= now || self.busy.contains(&start) {
                    continue;
                }
                let end = start.checked_add(minutes.minutes()).expect("end");
                slots.push(Offer { start, end, master_id: MasterId::new("m-1") });
            }
        }
        slots
    }
}

/// What a caller does next.
#[derive(Debug, Clone)]
pub enum Act {
    Say(&'static str),
    /// Heard with this confidence in hundredths.
    Mumble(&'static str, u32),
    Keys(&'static str),
    Silence,
    Deaf,
    /// The last reply is cut off after so many characters of its speech.
    Cut(usize),
    HangUp,
    /// The same number phones again; another process carries on.
    PhoneAgain,
}

/// Both sides of one conversation, and what was said.
pub struct Scene {
    pub conversation: Conversation,
    pub core: Core,
    pub now: Timestamp,
    pub transcript: String,
    pub last: Option<Reply>,
    pub outcome: Option<Outcome>,
    language: Language,
}

impl Scene {
    pub fn new(setup: Setup, core: Core) -> Self {
        let language = setup.language;
        let mut scene = Self {
            conversation: Conversation::new(packs(language), setup),
            core,
            now: morning(),
            transcript: String::new(),
            last: None,
            outcome: None,
            language,
        };
        scene.input(Input::Opened);
        scene
    }

    pub fn act(&mut self, act: &Act) {
        self.now = self.now.checked_add(10.seconds()).expect("time");
        match act {
            Act::Say(text) => self.say(text, 1.0),
            Act::Mumble(text, hundredths) => self.say(text, *hundredths as f32 / 100.0),
            Act::Keys(digits) => {
                self.note(&format!("# {digits}"));
                self.input(Input::Digits((*digits).into()));
            }
            Act::Silence => {
                self.note("…");
                self.input(Input::Silent);
            }
            Act::Deaf => {
                self.note("(the recogniser is gone)");
                self.input(Input::Deaf);
            }
            Act::Cut(chars) => self.cut(*chars),
            Act::HangUp => {
                self.note("(hangs up)");
                self.input(Input::Closed);
            }
            Act::PhoneAgain => self.phone_again(),
        }
    }

    fn say(&mut self, text: &str, confidence: f32) {
        match confidence {
            1.0 => self.note(&format!("> {text}")),
            heard => self.note(&format!("> {text} ({heard:.2})")),
        }
        self.input(Input::Said { text: text.into(), confidence });
    }

    fn cut(&mut self, chars: usize) {
        let speech = self.last.as_ref().map(|reply| reply.speech.clone()).unwrap_or_default();
        let heard: String = speech.chars().take(chars).collect();
        self.note(&format!("(cuts in after: {heard})"));
        self.input(Input::Cut { heard });
    }

    fn phone_again(&mut self) {
        self.note("(phones again)");
        let kept = serde_json::to_string(self.conversation.memory()).expect("memory");
        let memory = serde_json::from_str(&kept).expect("memory");
        self.conversation = Conversation::resume(packs(self.language), memory);
        self.outcome = None;
        self.input(Input::Opened);
    }

    pub fn input(&mut self, input: Input) {
        self.conversation.handle(self.now, input);
        while let Some(output) = self.conversation.poll() {
            match output {
                Output::Say(reply) => self.hear(reply),
                Output::Ask(id, request) => {
                    self.note(&format!("    [{}]", short(&request)));
                    let answer = self.core.answer(self.now, &request);
                    self.conversation.handle(self.now, Input::Answered(id, answer));
                }
                Output::Mark(mark) => self.note(&format!("    ({})", mark.name())),
                Output::End(outcome) => {
                    self.note(&format!("= {:?} {}", outcome.status, outcome.reason));
                    self.outcome = Some(outcome);
                }
            }
        }
    }

    fn hear(&mut self, reply: Reply) {
        assert!(!reply.text.trim().is_empty(), "an empty reply after\n{}", self.transcript);
        assert!(!reply.speech.trim().is_empty(), "a mute reply after\n{}", self.transcript);
        self.note(&format!("< {}  ({:?})", reply.text, reply.awaiting));
        self.last = Some(reply);
    }

    fn note(&mut self, line: &str) {
        let _ = writeln!(self.transcript, "{line}");
    }
}

fn short(request: &Request) -> String {
    match request {
        Request::Caller { .. } => "who is it?".into(),
        Request::Feasible { work, wish } => {
            let at = |at: Option<Timestamp>| match at {
                Some(at) => at.to_zoned(zone()).strftime("%a %H:%M").to_string(),
                None => "any".into(),
            };
            format!(
                "free? {:?} {} min, {} to {}",
                work.category,
                work.minutes,
                at(wish.from),
                at(wish.to)
            )
        }
        Request::Hold { offer, .. } => {
            format!("hold {}", offer.start.to_zoned(zone()).strftime("%a %H:%M"))
        }
        Request::Release { hold } => format!("release {hold}"),
        Request::Enrol(applicant) => format!(
            "enrol {}, {}, {:?}, {}",
            applicant.name, applicant.phone, applicant.trades, applicant.city
        ),
        Request::Book(order) => format!(
            "book {} for {}, {}, {}",
            order.offer.start.to_zoned(zone()).strftime("%a %H:%M"),
            order.name,
            order.phone,
            order.address.line()
        ),
        Request::Cancel { job } => format!("cancel {job}"),
        Request::Move { job, offer } => {
            format!("move {job} to {}", offer.start.to_zoned(zone()).strftime("%a %H:%M"))
        }
        Request::Complain { words, .. } => format!("complaint: {words}"),
        Request::Day { act, .. } => format!("{act:?}"),
        Request::PutThrough => "put through".to_owned(),
        Request::Think(thought) => format!("think: {}", thought.reason),
        Request::CallBack { phone, reason } => format!("call back {phone:?}: {reason}"),
    }
}

pub fn known_caller() -> CallerCard {
    let packs = packs(Language::Ru);
    let pack = packs.get(Language::Ru).expect("pack");
    let code = pack.codes().next().expect("a diagnosis").to_owned();
    let findings = pack.findings(&code).expect("findings");
    let start: Timestamp = "2026-11-21T14:00:00+02:00".parse().expect("time");
    let end = start.checked_add(findings.minutes.minutes()).expect("time");
    let order = OrderCard {
        job: JobId::new("j-7"),
        number: "1007".into(),
        diagnosis: findings.diagnosis.clone(),
        status: "booked".into(),
        offer: Offer { start, end, master_id: MasterId::new("m-1") },
        master_name: "Сергей".into(),
        door_code: "4821".into(),
        findings,
        city: "Калининград".into(),
        street: Some("Черняховского".into()),
    };
    CallerCard {
        name: "Анна".into(),
        address: Some(Address {
            city: Some("Калининград".into()),
            street: Some("улица Черняховского".into()),
            house: Some("12".into()),
            flat: Some("5".into()),
            ..Address::default()
        }),
        orders: vec![order],
    }
}
