//! A telephone: takes calls, places calls, hangs up.
//!
//! Bytes, commands and the passing of time go in; bytes to send and news about calls come out.
//! `callee` serves what others ask of us, `caller` is what we ask of others, `reliable` has both ends know
//! of the ringing, `handover` passes a call on, `referred` follows
//! to somebody else, `takeover` has somebody else come in; `midcall` serves what is asked within a call, `within` asks there,
//! with a proof where one is wanted, `refresh` gives signs of life; `account` makes us known.
//!
//! **Never here:** tokio, sockets, SQL, `Instant::now`; whether a number exists or a call fits.

mod account;
mod callee;
mod caller;
mod handover;
mod midcall;
mod referred;
mod refresh;
mod reliable;
mod takeover;
mod within;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::Instant;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use self::account::Enrolled;
use super::dialog::Dialog;
pub use super::event::{
    AccountId, Caller, Command, Event, Flow, Input, Leg, Output, Settings, Transport, Why,
};
use super::leg::{Call, Early, Referred, Ringing, State, Unconfirmed};
use super::message::{Header, Message, Start};
use super::refer::{Failure, Handover};
use super::session_timer::{self, SessionTimer};
use super::timer::Timer;
use super::transaction::{Desk, MAGIC, News, Owner, TransactionId, Transactions, User};
use super::wire;

/// More calls than this are refused with 503.
pub const LEGS_MAX: usize = 16_384;
/// What a peer refused for want of room is asked to wait, in seconds.
const COME_BACK_IN: &str = "5";
/// What we serve.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, PRACK, NOTIFY, REFER";

#[derive(Debug)]
pub struct Agent {
    settings: Settings,
    chance: ChaCha8Rng,
    legs_made: u64,
    calls: HashMap<Leg, Call>,
    /// Our tag finds the leg; it is ours, so it is unique.
    by_tag: HashMap<String, Leg>,
    on_streams: BTreeSet<(u64, Leg)>,
    accounts: BTreeMap<AccountId, Enrolled>,
    transactions: Transactions,
    desk: Desk,
}

impl Agent {
    pub fn new(settings: Settings) -> Self {
        Agent {
            chance: ChaCha8Rng::seed_from_u64(settings.seed),
            settings,
            legs_made: 0,
            calls: HashMap::new(),
            by_tag: HashMap::new(),
            on_streams: BTreeSet::new(),
            accounts: BTreeMap::new(),
            transactions: Transactions::default(),
            desk: Desk::default(),
        }
    }

    /// The number for the next `Command::Call`.
    pub fn next_leg(&mut self) -> Leg {
        self.legs_made += 1;
        Leg(self.legs_made)
    }

    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        self.desk.set_clock(now);
        match input {
            Input::Message { flow, bytes } => self.hear(flow, bytes),
            Input::Timeout => {}
            Input::Command(command) => self.obey(command),
            Input::FlowLost(flow) => self.lose(flow),
        }
        while let Some((owner, timer)) = self.desk.due() {
            self.fire(owner, timer);
        }
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.desk.poll()
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.desk.deadline()
    }

    /// Live legs and transactions.
    pub fn open(&self) -> usize {
        self.calls.len() + self.transactions.count()
    }

    /// Live legs alone.
    pub fn legs(&self) -> usize {
        self.calls.len()
    }

    /// Every kind of timer that was ever due.
    #[cfg(test)]
    pub(super) fn fired(&self) -> &BTreeSet<Timer> {
        &self.desk.fired
    }

    fn hear(&mut self, flow: Flow, bytes: &[u8]) {
        let Ok(reading) = wire::read(bytes) else {
            return;
        };
        match reading.message.start {
            Start::Request { .. } => self.serve(flow, reading),
            Start::Response { .. } if reading.fault.is_none() => self.learn(&reading.message),
            Start::Response { .. } => {}
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Call { leg, flow, to, from, sdp, credentials } => {
                self.call(leg, flow, &to, &from, sdp);
                if let Some(call) = self.calls.get_mut(&leg) {
                    call.credentials = credentials;
                }
            }
            Command::Ring { leg } => self.ring(leg),
            Command::Answer { leg, sdp } => self.answer(leg, sdp),
            Command::Refuse { leg, status, reason, retry_after } => {
                self.refuse(leg, status, reason, retry_after);
            }
            Command::HangUp { leg } => self.hang_up(leg),
            Command::HandOver { leg, to } => self.hand_over(leg, &to),
            Command::Register { id, flow, account } => self.enrol(id, flow, account),
            Command::Unregister { id } => self.leave_registrar(id),
        }
    }

    fn fire(&mut self, owner: Owner, timer: Timer) {
        match owner {
            Owner::Server(id) => self.transactions.fire_server(id, timer, &mut self.desk),
            Owner::Client(id) => {
                let news = self.transactions.fire_client(id, timer, &mut self.desk);
                match news {
                    Some((User::Leg(leg), invite, news)) => self.unanswered(leg, invite, news),
                    Some((User::Account(id), _, News::TimedOut)) => self.registrar_silent(id),
                    Some((User::Handover(leg), _, News::TimedOut)) => {
                        self.handover_silent(leg);
                    }
                    Some((User::Reoffer(leg), _, news)) => self.offer_unanswered(leg, news),
                    Some((User::Account(_) | User::Handover(_) | User::Nobody, _, _)) | None => {}
                }
            }
            Owner::Leg(leg) => self.fire_leg(leg, timer),
            Owner::Account(id) if timer == Timer::KeepAlive => self.keep_alive(id),
            Owner::Account(id) => self.register(id),
        }
    }

    fn fire_leg(&mut self, leg: Leg, timer: Timer) {
        match timer {
            Timer::Session => return self.session_due(leg),
            Timer::Undecided => return self.refuse(leg, 480, "", None),
            Timer::RingAgain => return self.ring_again(leg),
            Timer::PrackMissing => return self.ringing_unheard(leg),
            Timer::HandoverSilent => return self.handover_silent(leg),
            Timer::GlareOver => return self.offer_again(leg),
            _ => {}
        }
        let unconfirmed = self.calls.get_mut(&leg).and_then(|call| call.unconfirmed.as_mut());
        let Some(unconfirmed) = unconfirmed else {
            return;
        };
        if timer == Timer::AckMissing {
            self.end_unconfirmed(leg);
            return;
        }

        self.desk.send(unconfirmed.flow, unconfirmed.bytes.clone());
        if let Some(pause) = Timer::OkAgain.next(unconfirmed.pause) {
            unconfirmed.pause = pause;
            self.desk.wait(Owner::Leg(leg), Timer::OkAgain, pause);
        }
    }

    /// Our sign of life is due, or theirs has not come.
    fn session_due(&mut self, leg: Leg) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        let (Some(session), State::Up) = (call.session, &call.state) else {
            return;
        };
        if !session.ours {
            return self.begin_to_hang_up(leg, Why::Lapsed);
        }
        self.give_sign_of_life(leg);
        self.desk.wait(Owner::Leg(leg), Timer::Session, session.due());
    }

    /// From this sign of life on the time counts anew.
    fn count_session(&mut self, leg: Leg, session: Option<SessionTimer>) {
        if let Some(call) = self.calls.get_mut(&leg) {
            call.session = session;
        }
        match session {
            Some(session) => self.desk.wait(Owner::Leg(leg), Timer::Session, session.due()),
            None => self.desk.stop(Owner::Leg(leg), Timer::Session),
        }
    }

    /// Nobody acknowledged our 200: the peer is told with a BYE that nobody waits for.
    fn end_unconfirmed(&mut self, leg: Leg) {
        self.send_bye(leg);
        self.end(leg, Why::NotConfirmed);
    }

    fn lose(&mut self, flow: Flow) {
        if !flow.transport.is_reliable() {
            return;
        }

        self.transactions.lose(flow.connection, &mut self.desk);
        let hanging = (flow.connection, Leg(0))..=(flow.connection, Leg(u64::MAX));
        let legs: Vec<Leg> = self.on_streams.range(hanging).map(|(_, leg)| *leg).collect();
        for leg in legs {
            self.end(leg, Why::FlowLost);
        }
        self.strand(flow);
    }

    fn hang_up(&mut self, leg: Leg) {
        let Some(call) = self.calls.get_mut(&leg) else {
            return;
        };
        match &mut call.state {
            State::Invited { .. } => self.refuse(leg, 480, "", None),
            State::Answered { hang_up } => *hang_up = true,
            State::Calling { .. } => self.cancel(leg, Why::Cancelled),
            State::Up => self.begin_to_hang_up(leg, Why::HungUp),
            State::Cancelling { .. } | State::HangingUp { .. } => {}
        }
    }

    fn begin_to_hang_up(&mut self, leg: Leg, why: Why) {
        self.forget_unconfirmed(leg);
        self.send_bye(leg);
        if let Some(call) = self.calls.get_mut(&leg) {
            call.state = State::HangingUp { why };
        }
    }

    fn send_bye(&mut self, leg: Leg) {
        self.ask_within(leg, rsip::Method::Bye, User::Leg(leg), |bye| bye);
    }

    /// A request of ours, given the Via of a new transaction.
    fn send(&mut self, request: Message, flow: Flow, user: User) -> TransactionId {
        let request = self.signed(request, flow);
        self.transactions.send(request, flow, user, &mut self.desk)
    }

    /// With a Via of our own on top and our name below.
    fn signed(&mut self, mut request: Message, flow: Flow) -> Message {
        let (transport, here) = (flow.transport.token(), self.here(flow));
        let branch = self.word();
        let value = format!("SIP/2.0/{transport} {here};branch={MAGIC}{branch};rport");
        request.headers.insert(0, Header { name: "Via".into(), value });
        request.with("User-Agent", self.settings.user_agent.clone())
    }

    fn insert(&mut self, leg: Leg, call: Call) {
        self.by_tag.insert(call.local_tag.clone(), leg);
        if call.flow.transport.is_reliable() {
            self.on_streams.insert((call.flow.connection, leg));
        }
        self.calls.insert(leg, call);
    }

    /// The end of every leg.
    fn end(&mut self, leg: Leg, why: Why) {
        let Some(call) = self.lift(leg) else {
            return;
        };
        self.desk.tell(Event::Ended { leg, why });
        if let Some(by) = call.referred.and_then(|order| order.by) {
            self.cancel(by, Why::Cancelled);
        }
        if let Some(referrer) = call.following {
            self.followed_in_vain(referrer, why);
        }
    }

    /// Our 200 needs no repeating any more.
    fn forget_unconfirmed(&mut self, leg: Leg) -> Option<Unconfirmed> {
        self.desk.stop(Owner::Leg(leg), Timer::OkAgain);
        self.desk.stop(Owner::Leg(leg), Timer::AckMissing);
        self.calls.get_mut(&leg)?.unconfirmed.take()
    }

    /// Where peers reach us on this flow.
    fn here(&self, flow: Flow) -> SocketAddr {
        let ip = self.settings.advertised.unwrap_or(flow.local.ip());
        SocketAddr::new(ip, flow.local.port())
    }

    fn contact(&self, flow: Flow) -> String {
        self.contact_of(&self.settings.contact_user, flow)
    }

    fn contact_of(&self, user: &str, flow: Flow) -> String {
        format!("<sip:{user}@{}{}>", self.here(flow), flow.transport.uri_param())
    }

    /// A word nobody else uses.
    fn word(&mut self) -> String {
        format!("{:016x}", self.chance.next_u64())
    }
}
