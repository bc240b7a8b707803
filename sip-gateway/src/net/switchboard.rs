//! The switchboard: decides who answers a ringing line and seats the call at a pacemaker.
//!
//! **Never here:** SIP messages, sound, what is said.

mod persons;
mod phoning;
mod seating;

use std::collections::HashMap;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dialog::conversation::{Conversation, Kind, Memory, Packs, Reply, Setup};
use dialog::llm::Thinker;
use dialog::state::Awaiting;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::conversation::Conversation as Record;
use job_core::ids::{ConversationId, OrgId};
use job_core::store::{Line as Number, OrgStore, Store};
use job_core::trade::{Channel, Language};
use media::speech::{Meter, SpeechError};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use tokio::sync::mpsc;

use self::persons::Persons;
pub use self::persons::PutThrough;
use self::phoning::Calling;
pub use self::phoning::Told;
use super::beside::Beside;
use super::clerk::Clerk;
use super::house::PACKS;
use super::lines::{Lines, NoLine};
use super::outgoing::{Ended, Errand};
use super::pacemaker::{Beat, Message};
use super::phone::Handset;
use super::ports::Ports;
use super::scribe::{Page, Scribe};
use super::seat::{Partner, Seat, Studio, events};
use super::secure::Secure;
use super::services::tariff::Tariff;
use super::trunks::Trunks;
use super::wire::Wire;
use crate::call::end::End;
use crate::call::line::{Agreed, Origin};
use crate::call::note::Note;
use crate::call::{Call, Start, Talk};
use crate::clock;
use crate::config::{LoadLine, Operator};
use crate::sip::agent::{Caller, Command, Event, Leg, Why};
use crate::sip::sdp::{self, Session};
use web::live;

/// Asked to phone again when all lines are taken, in seconds.
const RETRY_AFTER: u32 = 30;

/// Packs by name.
pub type Shelf = HashMap<String, Packs>;

/// What the switchboard works with.
pub struct Parts {
    pub runtime: tokio::runtime::Handle,
    pub store: Store,
    pub shelf: Shelf,
    pub studio: Studio,
    pub handset: Handset,
    pub trunks: Trunks,
    pub beats: Vec<Beat>,
    pub ports: Ports,
    pub scribe: Scribe,
    pub random: Mutex<ChaCha20Rng>,
    pub recordings: PathBuf,
    /// Calls at the same time.
    pub most: usize,
    pub longest: Duration,
    pub drafts: bool,
    /// Recognisers hear callers with less noise around them.
    pub denoises: bool,
    pub tariff: Arc<Tariff>,
    /// Models that may be asked.
    pub thinker: Option<Arc<dyn Thinker>>,
    /// Who takes over callers that ask for a person.
    pub operator: Option<Operator>,
    pub load_line: LoadLine,
    /// Told to peers in SDP.
    pub media_address: std::net::IpAddr,
}

#[derive(Clone)]
pub struct Switchboard {
    parts: Arc<Parts>,
    lines: Arc<Mutex<Lines>>,
    /// Calls whose INVITE brought no offer: they are seated when the ACK brings the answer.
    waiting: Arc<Mutex<HashMap<Leg, Waiting>>>,
    /// Whom we phone and who has not picked up yet.
    calling: Arc<Mutex<HashMap<Leg, Calling>>>,
    /// Callers who are being put through to a person.
    persons: Persons,
    /// The house is about to close: nobody new comes in.
    closing: Arc<AtomicBool>,
}

struct Waiting {
    /// For sound and for reports about it.
    sockets: [UdpSocket; 2],
    local: sdp::Local,
    number: Number,
    dialled: String,
    caller: Caller,
}

/// A line that rings.
struct Ringing {
    leg: Leg,
    dialled: String,
    caller: Caller,
    offer: Option<Vec<u8>>,
}

/// Cuts a line, or puts it through.
pub type Order = Arc<dyn Fn(Leg) + Send + Sync>;

/// A call that is answered and about to be seated.
pub struct Joining {
    pub leg: Leg,
    pub number: Number,
    pub dialled: String,
    pub caller: Caller,
    pub wire: Wire,
    pub agreed: Agreed,
    pub origin: Origin,
    /// How its line is cut.
    pub hang_up: Order,
    /// How its caller is put through to a person, where one can be.
    pub hand_over: Option<PutThrough>,
    /// Where we phoned: what for, and who hears how it ended.
    pub errand: Option<(Errand, Told)>,
}

/// Why nobody answers.
#[derive(Debug)]
pub enum Refusal {
    NoSuchNumber,
    AllLinesTaken,
    Overloaded,
    NoCommonSound(String),
    Trouble(anyhow::Error),
}

impl Switchboard {
    pub fn new(parts: Parts) -> Self {
        let lines = Arc::new(Mutex::new(Lines::new(parts.most, parts.beats.len())));
        let parts = Arc::new(parts);
        Self {
            parts,
            lines,
            waiting: Arc::default(),
            calling: Arc::default(),
            persons: Persons::default(),
            closing: Arc::default(),
        }
    }

    /// Serves until the telephone set is gone.
    pub async fn run(self, mut events: mpsc::Receiver<Event>) {
        while let Some(event) = events.recv().await {
            match event {
                Event::Invited { leg, flow, number, mut caller, offer, .. } => {
                    if caller.asserted.is_some() && self.parts.trunks.vouch(flow.remote.ip()) {
                        caller.number = caller.asserted.take();
                    }
                    let board = self.clone();
                    let ringing = Ringing { leg, dialled: number, caller, offer };
                    tokio::spawn(async move { board.ring(ringing).await });
                }
                Event::Confirmed { leg, answer } => self.confirmed(leg, answer).await,
                Event::Ended { leg, why } => self.ended(leg, why),
                Event::Registered { id, .. } => self.parts.trunks.registered(id),
                Event::NotRegistered { id, why, again } => {
                    self.parts.trunks.failed(id, why, again);
                }
                Event::Unregistered { id } => self.parts.trunks.left(id),
                Event::Stranded { id } => self.parts.trunks.stranded(id),
                Event::Pressed { leg, key } => self.pass_on(leg, Message::Key(leg, key)),
                Event::Reoffered { leg, offer, ours, with } => {
                    if let Some(with) = with {
                        self.pass_on(leg, Message::GoesOnWith(leg, with));
                    }
                    self.reagreed(leg, &offer, &ours);
                }
                Event::HandedOver { leg, how } => self.handed_over(leg, how),
                Event::Answered { leg, sdp } => self.picked_up(leg, sdp).await,
                Event::Ringing { leg, .. } => self.person_rings(leg),
            }
        }
    }

    fn pass_on(&self, leg: Leg, message: Message) {
        if let Some(pacemaker) = lock(&self.lines).pacemaker(leg) {
            self.parts.beats[pacemaker].send(message);
        }
    }

    /// From now on new calls are sent away.
    pub fn take_no_more(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    /// Calls under way.
    pub fn calls(&self) -> usize {
        lock(&self.lines).calls()
    }

    /// Every call ends now, each with its reason on its page.
    pub fn stop_all(&self) {
        for beat in &self.parts.beats {
            beat.send(Message::StopAll(End::ShutDown));
        }
    }

    async fn ring(&self, ringing: Ringing) {
        let leg = ringing.leg;
        if let Err(refusal) = self.answer(ringing).await {
            let (status, reason, retry_after) = match &refusal {
                Refusal::NoSuchNumber => (404, "Not Found", None),
                Refusal::AllLinesTaken => (486, "Busy Here", Some(RETRY_AFTER)),
                Refusal::Overloaded => (503, "Service Unavailable", Some(RETRY_AFTER)),
                Refusal::NoCommonSound(_) => (488, "Not Acceptable Here", None),
                Refusal::Trouble(_) => (500, "Server Internal Error", Some(RETRY_AFTER)),
            };
            match refusal {
                Refusal::NoCommonSound(error) => tracing::info!(%leg, %error, "call refused"),
                Refusal::Trouble(error) => tracing::error!(%leg, %error, "call refused"),
                Refusal::NoSuchNumber | Refusal::AllLinesTaken | Refusal::Overloaded => {
                    tracing::info!(%leg, status, "call refused");
                }
            }
            self.let_go(leg);
            self.parts.handset.order(Command::Refuse { leg, status, reason, retry_after });
        }
    }

    /// A line for a call to that number, unless nobody can answer it now.
    pub async fn admit(&self, leg: Leg, dialled: &str) -> Result<Number, Refusal> {
        let number = self.number(dialled).await.map_err(trouble)?.ok_or(Refusal::NoSuchNumber)?;
        self.packs(&number).map_err(trouble)?;
        if self.closing.load(Ordering::Relaxed) {
            return Err(Refusal::Overloaded);
        }
        let strained = |nth: usize| self.parts.beats[nth].strained();
        match lock(&self.lines).take(leg, strained) {
            Ok(()) => Ok(number),
            Err(NoLine::AllTaken) => Err(Refusal::AllLinesTaken),
            Err(NoLine::Overloaded) => Err(Refusal::Overloaded),
        }
    }

    /// Exchanges write the same number in many ways: as it was dialled, or else in full.
    async fn number(&self, dialled: &str) -> anyhow::Result<Option<Number>> {
        let store = &self.parts.store;
        if let Some(number) = store.organisation_by_number(dialled).await? {
            return Ok(Some(number));
        }
        match job_core::phone::e164(dialled) {
            Some(full) => Ok(store.organisation_by_number(&full).await?),
            None => Ok(None),
        }
    }

    /// The line is free again.
    pub fn let_go(&self, leg: Leg) {
        lock(&self.lines).let_go(leg);
    }

    async fn answer(&self, ringing: Ringing) -> Result<(), Refusal> {
        let Ringing { leg, dialled, caller, offer } = ringing;
        let number = self.admit(leg, &dialled).await?;
        let sockets = self.parts.ports.open().map_err(trouble)?;
        let local = self.local(sockets[0].local_addr().map_err(trouble)?.port());
        let waiting = Waiting { sockets, local, number, dialled, caller };

        let Some(offer) = offer else {
            let sdp = sdp::offer(local.address, local.port);
            lock(&self.waiting).insert(leg, waiting);
            self.parts.handset.order(Command::Answer { leg, sdp });
            return Ok(());
        };
        let answer = sdp::answer(&offer, &local);
        let answer = answer.map_err(|error| Refusal::NoCommonSound(error.to_string()))?;
        self.parts.handset.order(Command::Answer { leg, sdp: answer.sdp });
        self.join_telephone(leg, waiting, &answer.session, None).await;
        Ok(())
    }

    async fn join_telephone(
        &self,
        leg: Leg,
        waiting: Waiting,
        session: &Session,
        errand: Option<(Errand, Told)>,
    ) {
        let Waiting { sockets: [socket, reports], local, number, dialled, caller } = waiting;
        let secure = session.crypto.map(|theirs| Secure::new(&theirs, &local.secret)).transpose();
        let secure = match secure {
            Ok(secure) => secure,
            Err(error) => {
                tracing::error!(%leg, %error, "no encryption");
                self.parts.handset.order(Command::HangUp { leg });
                return;
            }
        };
        let beside = (!session.rtcp_mux)
            .then(|| Beside::open(reports, session.remote_rtcp, self.beat(leg).clone(), leg))
            .transpose()
            .inspect_err(|error| tracing::warn!(%leg, %error, "no reports about the sound"))
            .unwrap_or_default();
        let handset = self.parts.handset.clone();
        let hand_over = self.way_to_a_person(&number, true);
        self.join(Joining {
            leg,
            number,
            dialled,
            caller,
            wire: Wire::socket(socket, session.remote, secure, beside),
            agreed: Agreed::from(session),
            origin: self.origin(),
            hang_up: Arc::new(move |leg| handset.order(Command::HangUp { leg })),
            hand_over,
            errand,
        })
        .await;
    }

    /// An answered call that finds no seat is let go at once.
    pub async fn join(&self, joining: Joining) {
        let (leg, hang_up) = (joining.leg, Arc::clone(&joining.hang_up));
        let told = joining.errand.as_ref().map(|(_, told)| Arc::clone(told));
        if let Err(error) = self.seat(joining).await {
            tracing::error!(%leg, %error, "call not seated");
            hang_up(leg);
            if let Some(told) = told {
                told(Ended::Answered(End::Crashed));
            }
        }
    }

    /// The call goes on under other terms, or with somebody else.
    fn reagreed(&self, leg: Leg, offer: &[u8], ours: &[u8]) {
        if offer.is_empty() {
            return;
        }
        let secret = sdp::own(ours).map(|(local, _)| local.secret).unwrap_or_default();
        match sdp::read_answer(offer) {
            Ok(session) => self.pass_on(leg, Message::Reagreed(leg, Box::new((session, secret)))),
            Err(error) => tracing::info!(%leg, %error, "new terms not understood"),
        }
    }

    async fn confirmed(&self, leg: Leg, answer: Option<Vec<u8>>) {
        let Some(waiting) = lock(&self.waiting).remove(&leg) else {
            if let Some(answer) = answer {
                self.reagreed(leg, &answer, &[]);
            }
            return;
        };
        let session = answer.and_then(|answer| sdp::read_answer(&answer).ok());
        let Some(session) = session else {
            self.parts.handset.order(Command::HangUp { leg });
            return;
        };
        self.join_telephone(leg, waiting, &session, None).await;
    }

    /// The other end has left.
    pub fn ended(&self, leg: Leg, why: Why) {
        let sat = lock(&self.lines).let_go(leg);
        self.needs_no_person(leg);
        lock(&self.waiting).remove(&leg);
        if let Some(calling) = lock(&self.calling).remove(&leg) {
            (calling.ended)(Ended::Unanswered(why));
        }
        let message = match why {
            Why::NotConfirmed => Message::Stop(leg, End::NotConfirmed),
            Why::Lapsed => Message::Stop(leg, End::MediaLost),
            Why::CallerHungUp
            | Why::Cancelled
            | Why::Refused(_)
            | Why::NoAnswer
            | Why::FlowLost
            | Why::HungUp
            | Why::NotPlaced => Message::HungUp(leg),
        };
        if let Some(pacemaker) = sat {
            self.parts.beats[pacemaker].send(message);
        }
    }

    /// The number's pack; a load line borrows the first one's words.
    fn packs(&self, number: &Number) -> anyhow::Result<Packs> {
        let name = number.pack.as_deref().unwrap_or(PACKS[0]);
        let packs = self.parts.shelf.get(name).cloned();
        packs.ok_or_else(|| anyhow::anyhow!("the number's pack {name:?} is not loaded"))
    }

    /// Any will do for a call that is over: it will not be seated.
    fn beat(&self, leg: Leg) -> &Beat {
        &self.parts.beats[lock(&self.lines).pacemaker(leg).unwrap_or(0)]
    }

    fn local(&self, port: u16) -> sdp::Local {
        let mut secret = sdp::Secret::default();
        lock(&self.parts.random).fill_bytes(&mut secret.0);
        sdp::Local { address: self.parts.media_address, port, secret }
    }

    pub(super) fn origin(&self) -> Origin {
        let mut random = lock(&self.parts.random);
        Origin {
            ssrc: random.next_u32(),
            sequence: (random.next_u32() & 0x7fff) as u16,
            timestamp: random.next_u32(),
        }
    }
}

impl web::live::Live for Switchboard {
    fn order(&self, org: &OrgId, conversation: &ConversationId, order: live::Order) -> bool {
        let Some(leg) = lock(&self.lines).call_of(org, conversation) else {
            return false;
        };
        self.pass_on(
            leg,
            match order {
                live::Order::HangUp => Message::Stop(leg, End::HungUpByOffice),
                live::Order::PauseRecording => Message::Hide(leg, true),
                live::Order::ResumeRecording => Message::Hide(leg, false),
            },
        );
        true
    }
}

fn fixed(packs: &Packs, language: Language, name: &str) -> Reply {
    let line = packs.get(language).map(|pack| pack.line(name, 0, &[])).unwrap_or_default();
    Reply { text: line.text, speech: line.speech, awaiting: Awaiting::None }
}

fn trouble(error: impl Into<anyhow::Error>) -> Refusal {
    Refusal::Trouble(error.into())
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
