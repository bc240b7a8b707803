//! The stage: one rehearsal over a job core of its own, in words, and what its books say afterwards.
//!
//! **Never here:** sound, files, the clock: the day on stage is always the same.

use std::collections::VecDeque;
use std::pin::Pin;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use job_core::conversation::Kind;
use job_core::conversation::Page;
use job_core::demo::{ORG, seed_demo};
use job_core::ids::{ConversationId, Ids, JobId, OrgId};
use job_core::job::{Job, JobStatus};
use job_core::place::place_key;
use job_core::store::{JobFilter, OrgStore, Store, StoreError};
use job_core::trade::Channel;

use super::{Act, Mind, Noise, Outcome, Run, Scenario};
use crate::clerk;
use crate::conversation::{Conversation, Input, Output, Packs, Setup};
use crate::state::{Awaiting, Intent, Slots, State, Status};

/// A Friday morning.
const DAY: &str = "2026-11-20T10:00:00+02:00";
const ZONE: &str = "Europe/Kaliningrad";
/// A number nobody in the demo has.
const CALLER: &str = "+79114441122";
/// Somebody who has an order.
const CLIENT: &str = "+79114441133";
/// Between a reply and its answer.
const TURN_SECONDS: i64 = 8;

#[derive(Debug, thiserror::Error)]
pub enum StageError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the stage cannot be set: {0}")]
    Time(#[from] jiff::Error),
    #[error("the client with an order was not booked: {0}")]
    NoOrder(String),
    #[error("the way to the house is broken: {0}")]
    Way(String),
}

/// Where rehearsals are played.
#[derive(Debug, Clone)]
pub struct Stage {
    packs: Packs,
    noise: Option<Noise>,
}

/// What the books held before the call.
struct Before {
    jobs: usize,
    order: Option<Job>,
}

impl Stage {
    /// `packs`: the caller's language first.
    pub fn new(packs: Packs, noise: Option<Noise>) -> Self {
        Self { packs, noise }
    }

    /// Plays one scenario as a conversation of its own. Everything that depends on chance follows from
    /// `seed`.
    pub async fn play(&self, scenario: &Scenario, seed: u64) -> Result<Run, StageError> {
        let packs = self.packs.clone();
        self.play_by(scenario, seed, async |hall| {
            Ok(Box::new(Spoken::new(packs, scenario, hall, seed)?) as Box<dyn Way>)
        })
        .await
    }

    /// Plays one scenario by whatever way leads to the house.
    pub async fn play_by(
        &self,
        scenario: &Scenario,
        seed: u64,
        way: impl AsyncFnOnce(Hall) -> Result<Box<dyn Way>, StageError>,
    ) -> Result<Run, StageError> {
        let now: Timestamp = DAY.parse()?;
        let store = Store::open(":memory:", Ids::new(seed)).await?;
        seed_demo(&store, now).await?;
        let rows = store.org(&OrgId::new(ORG));
        let order = if scenario.known { Some(self.order(&rows, now).await?) } else { None };
        let jobs = jobs(&rows).await?.len();
        let hall = Hall { store: store.clone(), rows: rows.clone(), phone: phone(scenario), now };
        let mut call = Call {
            way: way(hall).await?,
            packs: self.packs.clone(),
            noise: self.noise.clone(),
            state: State::default(),
            transcript: Vec::new(),
            alarmed: false,
            gave_up: None,
            turns: 0,
        };
        call.play(scenario, seed).await?;
        let run = call.judge(scenario, seed, &rows, &Before { jobs, order }).await?;
        store.close().await;
        Ok(run)
    }

    /// An order of the known client, made as every order is: by a conversation.
    async fn order(&self, rows: &OrgStore, now: Timestamp) -> Result<Job, StageError> {
        const SAID: [&str; 7] = [
            "не работает розетка",
            "только одна",
            "улица горького двадцать один квартира семь",
            "в понедельник в два часа дня",
            "да",
            "анна",
            "да всё верно",
        ];
        let setup = Setup {
            id: ConversationId::new(rows.new_id(now)),
            kind: Kind::ClientRequest,
            channel: Channel::Phone,
            language: job_core::trade::Language::Ru,
            phone: Some(CLIENT.to_owned()),
            zone: TimeZone::get(ZONE)?,
        };
        let conversation = Conversation::new(self.packs.clone(), setup);
        let mut call = Spoken { conversation, rows: rows.clone(), now, random: 7 };
        call.input(Input::Opened).await;
        let mut last = String::new();
        for said in SAID {
            last = call.input(Input::Said { text: said.into(), confidence: 1.0 }).await;
        }
        let booked = call.conversation.state().job_id;
        let job = match &booked {
            Some(job) => rows.job(job).await?,
            None => None,
        };
        job.ok_or(StageError::NoOrder(last))
    }
}

/// The house a scenario is played in.
#[derive(Debug, Clone)]
pub struct Hall {
    pub store: Store,
    pub rows: OrgStore,
    /// E.164 of whoever comes, where the way may show it: masters who join are asked.
    pub phone: Option<String>,
    pub now: Timestamp,
}

fn phone(scenario: &Scenario) -> Option<String> {
    (scenario.kind != Kind::MasterOnboarding).then(|| number(scenario).to_owned())
}

/// E.164 of whoever comes.
pub(super) fn number(scenario: &Scenario) -> &'static str {
    if scenario.known { CLIENT } else { CALLER }
}

/// Carries what is said to the house, and brings the reply and how it stands.
pub trait Way: Send {
    fn open(&mut self) -> Turning<'_>;
    /// `confidence` 0..=1.
    fn say<'a>(&'a mut self, text: &'a str, confidence: f32) -> Turning<'a>;
    /// Whoever came is gone.
    fn close(&mut self) -> Turning<'_>;
}

pub type Turning<'a> =
    Pin<Box<dyn Future<Output = Result<(String, State), StageError>> + Send + 'a>>;

/// The conversation itself, as on the telephone but for the sound.
struct Spoken {
    conversation: Conversation,
    rows: OrgStore,
    now: Timestamp,
    random: u64,
}

impl Way for Spoken {
    fn open(&mut self) -> Turning<'_> {
        Box::pin(self.turn(Input::Opened))
    }

    fn say<'a>(&'a mut self, text: &'a str, confidence: f32) -> Turning<'a> {
        self.now = self.now.checked_add(TURN_SECONDS.seconds()).unwrap_or(self.now);
        Box::pin(self.turn(Input::Said { text: text.to_owned(), confidence }))
    }

    fn close(&mut self) -> Turning<'_> {
        Box::pin(self.turn(Input::Closed))
    }
}

impl Spoken {
    fn new(packs: Packs, scenario: &Scenario, hall: Hall, seed: u64) -> Result<Self, StageError> {
        let setup = Setup {
            id: ConversationId::new(hall.rows.new_id(hall.now)),
            kind: scenario.kind,
            channel: Channel::Phone,
            language: scenario.language,
            phone: hall.phone,
            zone: TimeZone::get(ZONE)?,
        };
        let conversation = Conversation::new(packs, setup);
        Ok(Self { conversation, rows: hall.rows, now: hall.now, random: seed | 1 })
    }

    async fn turn(&mut self, input: Input) -> Result<(String, State), StageError> {
        let reply = self.input(input).await;
        Ok((reply, self.conversation.state()))
    }

    /// One input, the core's answers to what it asks, and the reply that comes of it.
    async fn input(&mut self, input: Input) -> String {
        let mut replies = Vec::new();
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.conversation.handle(self.now, input);
            while let Some(output) = self.conversation.poll() {
                match output {
                    Output::Say(reply) => replies.push(reply.text),
                    Output::Ask(id, request) => {
                        let of = self.conversation.memory().setup.id.clone();
                        self.random =
                            self.random.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                        let pack = self.conversation.pack();
                        let answer =
                            clerk::answer(&self.rows, pack, &of, self.random, self.now, &request)
                                .await;
                        inputs.push_back(Input::Answered(id, answer));
                    }
                    Output::Mark(_) | Output::End(_) => {}
                }
            }
        }
        replies.join(" ")
    }
}

/// A call on stage.
struct Call {
    way: Box<dyn Way>,
    packs: Packs,
    noise: Option<Noise>,
    /// How it stands.
    state: State,
    transcript: Vec<(String, String)>,
    /// The safety instruction opened a reply.
    alarmed: bool,
    gave_up: Option<&'static str>,
    turns: usize,
}

impl Call {
    async fn play(&mut self, scenario: &Scenario, seed: u64) -> Result<(), StageError> {
        let mut mind = Mind::new(scenario, seed);
        let own = scenario.name.bytes().fold(seed, |sum, byte| {
            sum.rotate_left(9).wrapping_add(u64::from(byte)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        let mut chance = super::Chance::new(own);
        let mut heard = self.way.open().await?;
        loop {
            let reply = self.hear(heard);
            self.watch(scenario, &reply);
            match mind.hear(&reply, &self.state) {
                Act::Part => break,
                Act::HangUp(why) => {
                    self.gave_up = Some(why);
                    self.state = self.way.close().await?.1;
                    break;
                }
                Act::Say(said) => {
                    let through = match &self.noise {
                        Some(noise) => noise.through(&said, &mut chance),
                        None => said.clone(),
                    };
                    self.note("caller", &said, &through);
                    let confidence = if through == said { 0.95 } else { 0.7 };
                    heard = self.way.say(&through, confidence).await?;
                }
            }
        }
        self.turns = mind.turns();
        Ok(())
    }

    fn hear(&mut self, (reply, state): (String, State)) -> String {
        self.state = state;
        if !reply.is_empty() {
            self.note("gudok", &reply, &reply);
        }
        reply
    }

    fn note(&mut self, who: &str, said: &str, heard: &str) {
        let text = if said == heard { said.to_owned() } else { format!("{said} ⟶ {heard}") };
        self.transcript.push((who.to_owned(), text));
    }

    /// The first words of the reply are the instruction.
    fn watch(&mut self, scenario: &Scenario, reply: &str) {
        let Some(rule) = &scenario.expects.safety else { return };
        let pack = self.packs.get_or_first(self.state.language);
        let instruction = pack.safety(rule);
        self.alarmed |= instruction.is_some_and(|it| reply.starts_with(&it.text));
    }

    async fn judge(
        self,
        scenario: &Scenario,
        seed: u64,
        rows: &OrgStore,
        before: &Before,
    ) -> Result<Run, StageError> {
        let state = self.state;
        // Whoever has heard what to do may hang up and do it.
        let left =
            self.gave_up.filter(|_| !(self.alarmed && scenario.expects.outcome == Outcome::Any));
        let mut faults: Vec<String> = left.map(str::to_owned).into_iter().collect();
        if scenario.expects.safety.is_some() && !self.alarmed {
            faults.push("the safety instruction did not open the reply".into());
        }
        let after = Books::read(rows, before).await?;
        faults.extend(after.fault(scenario, &state));
        let slots = match after.new_job(&state) {
            Some(job) if scenario.expects.outcome == Outcome::Booked => {
                slots(scenario, job, CALLER, &state.slots)
            }
            _ => Vec::new(),
        };
        let wrong = slots.iter().filter_map(|(right, what)| (!right).then_some(what));
        faults.extend(wrong.cloned());
        Ok(Run {
            scenario: scenario.name.clone(),
            goal: scenario.goal.clone(),
            persona: scenario.persona.clone(),
            seed,
            slots_right: slots.iter().filter(|(right, _)| *right).count(),
            slots: slots.len(),
            faults,
            turns: self.turns,
            seconds: 0.0,
            cut_offs: 0,
            transcript: self.transcript,
        })
    }
}

/// The job core's books after the call.
struct Books<'a> {
    before: &'a Before,
    jobs: Vec<Job>,
    order: Option<Job>,
    complaints: usize,
    call_backs: usize,
}

impl<'a> Books<'a> {
    async fn read(rows: &OrgStore, before: &'a Before) -> Result<Self, StageError> {
        let order = match &before.order {
            Some(order) => rows.job(&order.id).await?,
            None => None,
        };
        Ok(Self {
            before,
            jobs: jobs(rows).await?,
            order,
            complaints: rows.complaints().await?.len(),
            call_backs: rows.call_backs().await?.len(),
        })
    }

    fn new_job(&self, state: &State) -> Option<&Job> {
        let id: &JobId = state.job_id.as_ref()?;
        self.jobs.iter().find(|job| job.id == *id)
    }

    /// Why the books are not as the caller wanted them.
    fn fault(&self, scenario: &Scenario, state: &State) -> Option<String> {
        let grown = self.jobs.len() - self.before.jobs;
        let (order, was) = (self.order.as_ref(), self.before.order.as_ref());
        let moved = order.zip(was).is_some_and(|(now, was)| now.offer.start != was.offer.start);
        let cancelled = order.is_some_and(|order| order.status == JobStatus::Cancelled);
        let ended = state.status == Status::Completed && state.awaiting == Awaiting::None;
        let good = match scenario.expects.outcome {
            Outcome::Booked => grown == 1 && self.new_job(state).is_some() && ended,
            Outcome::Cancelled => grown == 0 && cancelled,
            Outcome::Moved => grown == 0 && moved && !cancelled,
            Outcome::Told => grown == 0 && !moved && !cancelled && ended,
            Outcome::Complained => grown == 0 && self.complaints > 0,
            Outcome::CalledBack => grown == 0 && self.call_backs > 0,
            Outcome::WrongNumber => grown == 0 && ended && state.intent == Intent::WrongNumber,
            Outcome::Joined => grown == 0 && ended && joined(state),
            Outcome::NoJob => grown == 0 && state.status != Status::Active,
            Outcome::Any => true,
        };
        let told = || {
            format!(
                "wanted {:?}: {grown} new jobs, {:?}, awaiting {:?}",
                scenario.expects.outcome, state.status, state.awaiting
            )
        };
        (!good).then(told)
    }
}

fn joined(state: &State) -> bool {
    state.slots.joined.as_ref().is_some_and(|joined| {
        joined.full_name.is_some()
            && joined.city.is_some()
            && !joined.specializations.is_empty()
            && joined.experience.is_some()
            && !joined.schedule.is_empty()
            && joined.terminal.is_some()
    })
}

/// What the order says against what the caller said: right or not, and how not.
pub fn slots(
    scenario: &Scenario,
    job: &Job,
    phone: &str,
    understood: &Slots,
) -> Vec<(bool, String)> {
    let mut checked = Vec::new();
    let mut check = |name: &str, wanted: &str, found: Option<&str>| {
        let right = found.is_some_and(|found| place_key(found).contains(&place_key(wanted)));
        checked.push((right, format!("{name}: wanted {wanted:?}, got {found:?}")));
    };
    if let Some(address) = &scenario.address {
        check("street", &address.street, job.address.street.as_deref());
        check("house", &address.house, job.address.house.as_deref());
        check("flat", &address.flat, job.address.flat.as_deref());
    }
    if let Some(name) = &scenario.called {
        check("name", name, Some(&job.client_name));
    }
    check("phone", phone, Some(&job.client_phone));
    if let Some(category) = scenario.expects.category {
        let right = job.category == category;
        checked.push((right, format!("category: wanted {category:?}, got {:?}", job.category)));
    }
    if let (Some(date), Some(wish)) = (&scenario.date, &understood.requested_time) {
        let from = wish.from.as_deref().unwrap_or_default();
        checked.push((from.starts_with(date), format!("day: wanted {date}, got {from:?}")));
    }
    checked
}

/// So many days after the day on stage.
pub(super) fn date(ahead: i64) -> String {
    let day: Result<jiff::Zoned, _> = format!("{DAY}[{ZONE}]").parse();
    let day = day.and_then(|day| day.date().checked_add(ahead.days()));
    day.map_or_else(|_| String::new(), |day| day.to_string())
}

async fn jobs(rows: &OrgStore) -> Result<Vec<Job>, StoreError> {
    rows.jobs(&JobFilter::default(), Page::default()).await
}
