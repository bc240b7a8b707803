//! Every request gets one answer, however often the network loses or repeats either.
//!
//! **Never here:** calls and dialogs; which answer is right.

mod client;
mod server;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::time::{Duration, Instant};

pub use client::{Client, News};
pub use server::Server;

use super::event::{AccountId, Event, Flow, Leg, Output, Transport};
use super::message::Message;
use super::timer::{Timer, Timers};

/// More are refused with 503. At 1,000 calls a second each leaves two for 32 s.
pub const TRANSACTIONS_MAX: usize = 262_144;
/// What makes a branch unique by RFC 3261 section 8.1.1.7.
pub const MAGIC: &str = "z9hG4bK";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransactionId(u64);

/// Whose timer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    Server(TransactionId),
    Client(TransactionId),
    Leg(Leg),
    Account(AccountId),
}

/// Who sent a request and hears of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum User {
    Leg(Leg),
    /// Asked to talk to somebody else.
    Handover(Leg),
    /// Offered the same terms again.
    Reoffer(Leg),
    Account(AccountId),
    Nobody,
}

/// What a transaction wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Act {
    Send(Vec<u8>),
    SendTo(Flow, Vec<u8>),
    Set(Timer, Duration),
    Stop(Timer),
    Done,
}

impl Act {
    fn wait(timer: Timer, transport: Transport) -> Option<Act> {
        timer.first(transport).map(|wait| Act::Set(timer, wait))
    }
}

/// Where acts take effect: the clock's last reading, the timers and the way out.
#[derive(Debug, Default)]
pub struct Desk {
    now: Option<Instant>,
    timers: Timers<Owner>,
    outputs: VecDeque<Output>,
    /// Timers that were ever due.
    #[cfg(test)]
    pub(super) fired: BTreeSet<Timer>,
}

impl Desk {
    pub fn set_clock(&mut self, now: Instant) {
        self.now = Some(now);
    }

    pub fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        self.outputs.push_back(Output::Send { flow, bytes });
    }

    pub fn tell(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub fn wait(&mut self, owner: Owner, timer: Timer, wait: Duration) {
        let now = self.now.expect("the clock is set before anything can wait");
        self.timers.set(owner, timer, now + wait);
    }

    pub fn stop(&mut self, owner: Owner, timer: Timer) {
        self.timers.stop(owner, timer);
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The soonest timer that is due.
    pub fn due(&mut self) -> Option<(Owner, Timer)> {
        let due = self.timers.pop(self.now?);
        #[cfg(test)]
        self.fired.extend(due.map(|(_, timer)| timer));
        due
    }

    /// Carry out the acts; whether the transaction is over.
    fn carry_out(&mut self, owner: Owner, flow: Flow, acts: Vec<Act>) -> bool {
        let mut done = false;
        for act in acts {
            match act {
                Act::Send(bytes) => self.send(flow, bytes),
                Act::SendTo(flow, bytes) => self.send(flow, bytes),
                Act::Set(_, Duration::ZERO) | Act::Done => done = true,
                Act::Set(timer, wait) => self.wait(owner, timer, wait),
                Act::Stop(timer) => self.timers.stop(owner, timer),
            }
        }
        done
    }
}

/// All transactions of one agent.
#[derive(Debug, Default)]
pub struct Transactions {
    made: u64,
    servers: HashMap<TransactionId, Server>,
    clients: HashMap<TransactionId, Client>,
    server_keys: HashMap<String, TransactionId>,
    client_keys: HashMap<String, TransactionId>,
    /// Requests outside dialogs by origin, to tell a request that arrived twice by two paths.
    merges: HashMap<String, TransactionId>,
    /// What hangs on which stream.
    streams: BTreeSet<(u64, Owner)>,
}

impl Transactions {
    /// Live ones.
    pub fn count(&self) -> usize {
        self.servers.len() + self.clients.len()
    }

    pub fn is_full(&self) -> bool {
        self.count() >= TRANSACTIONS_MAX
    }

    /// The transaction this request repeats, acknowledges, or, with `method` INVITE, cancels.
    pub fn find(&self, request: &Message, method: &str) -> Option<TransactionId> {
        self.server_keys.get(&server_key(request, method)?).copied()
    }

    /// Whether a request from the same origin is being served under another branch (RFC 3261
    /// section 8.2.2.2).
    pub fn is_merged(&self, request: &Message) -> bool {
        merge_key(request).is_some_and(|key| self.merges.contains_key(&key))
    }

    pub fn server(&self, id: TransactionId) -> Option<&Server> {
        self.servers.get(&id)
    }

    pub fn client(&mut self, id: TransactionId) -> Option<&mut Client> {
        self.clients.get_mut(&id)
    }

    /// Begin to serve a request; `flow` is the way its answers take. `None` without a usable Via.
    pub fn serve(
        &mut self,
        request: &Message,
        flow: Flow,
        leg: Option<Leg>,
    ) -> Option<TransactionId> {
        let method = request.method()?.to_string();
        let key = server_key(request, &method)?;
        let merge = merge_key(request).unwrap_or_default();
        let invite = request.is(rsip::Method::Invite);
        let id = self.next_id();
        self.hang(flow, Owner::Server(id));
        self.server_keys.insert(key.clone(), id);
        if !merge.is_empty() {
            self.merges.insert(merge.clone(), id);
        }
        self.servers.insert(id, Server::new(flow, leg, key, merge, invite));
        Some(id)
    }

    pub fn repeated(&mut self, id: TransactionId, desk: &mut Desk) {
        self.at_server(id, desk, |server| server.repeated());
    }

    pub fn respond(&mut self, id: TransactionId, response: &Message, desk: &mut Desk) {
        let status = response.status().unwrap_or(500);
        self.at_server(id, desk, |server| server.respond(status, response.to_bytes()));
    }

    pub fn acknowledged(&mut self, id: TransactionId, desk: &mut Desk) {
        self.at_server(id, desk, Server::ack);
    }

    fn at_server(
        &mut self,
        id: TransactionId,
        desk: &mut Desk,
        step: impl FnOnce(&mut Server) -> Vec<Act>,
    ) {
        let Some(server) = self.servers.get_mut(&id) else {
            return;
        };
        let acts = step(server);
        if desk.carry_out(Owner::Server(id), server.flow, acts) {
            self.remove_server(id, desk);
        }
    }

    /// Send a request and see it answered. Its first Via carries the branch.
    pub fn send(
        &mut self,
        request: Message,
        flow: Flow,
        user: User,
        desk: &mut Desk,
    ) -> TransactionId {
        let id = self.next_id();
        let key = client_key(&request).unwrap_or_default();
        let mut client = Client::new(flow, user, key.clone(), request);
        let acts = client.begin();
        self.hang(flow, Owner::Client(id));
        self.client_keys.insert(key, id);
        self.clients.insert(id, client);
        desk.carry_out(Owner::Client(id), flow, acts);
        id
    }

    /// The transaction a response belongs to, and whether it is news there.
    pub fn receive(&mut self, response: &Message, desk: &mut Desk) -> Option<TransactionId> {
        let id = *self.client_keys.get(&client_key(response)?)?;
        let client = self.clients.get_mut(&id)?;
        let (acts, news) = client.receive(response);
        let over = desk.carry_out(Owner::Client(id), client.flow, acts);
        if over {
            self.end_after_news(id, desk);
        }
        (news == News::Response).then_some(id)
    }

    /// Over a stream a settled transaction lingers for nobody; it goes at the next tick, so that
    /// whoever hears the news can still look at it.
    fn end_after_news(&mut self, id: TransactionId, desk: &mut Desk) {
        desk.wait(Owner::Client(id), Timer::K, Duration::ZERO);
    }

    /// Give a cancelled INVITE this long to be answered after all (RFC 3261 section 9.1).
    pub fn expect_end(&mut self, id: TransactionId, desk: &mut Desk) {
        let Some(client) = self.clients.get(&id) else {
            return;
        };
        desk.stop(Owner::Client(id), Timer::C);
        let wait = Timer::B.first(client.transport()).unwrap_or_default();
        desk.wait(Owner::Client(id), Timer::B, wait);
    }

    pub fn fire_server(&mut self, id: TransactionId, timer: Timer, desk: &mut Desk) {
        self.at_server(id, desk, |server| server.fire(timer));
    }

    /// Who is to be told, and what.
    pub fn fire_client(
        &mut self,
        id: TransactionId,
        timer: Timer,
        desk: &mut Desk,
    ) -> Option<(User, bool, News)> {
        let client = self.clients.get_mut(&id)?;
        let (acts, news) = client.fire(timer);
        let told = Some((client.user, client.invite, news));
        if desk.carry_out(Owner::Client(id), client.flow, acts) {
            self.remove_client(id, desk);
        }
        told
    }

    /// Answers to requests within one leg's dialog belong to another leg from now on.
    pub fn pass(&mut self, from: Leg, to: Leg) {
        for client in self.clients.values_mut() {
            client.user = match client.user {
                User::Leg(leg) if leg == from => User::Leg(to),
                User::Handover(leg) if leg == from => User::Handover(to),
                User::Reoffer(leg) if leg == from => User::Reoffer(to),
                user => user,
            };
        }
    }

    /// Whatever hangs on a lost stream is over. The legs that had requests under way there.
    pub fn lose(&mut self, connection: u64, desk: &mut Desk) {
        let least = Owner::Server(TransactionId(0));
        while let Some(&(_, owner)) =
            self.streams.range((connection, least)..).next().filter(|(c, _)| *c == connection)
        {
            match owner {
                Owner::Server(id) => self.remove_server(id, desk),
                Owner::Client(id) => self.remove_client(id, desk),
                Owner::Leg(_) | Owner::Account(_) => {}
            }
            self.streams.remove(&(connection, owner));
        }
    }

    fn remove_server(&mut self, id: TransactionId, desk: &mut Desk) {
        let Some(server) = self.servers.remove(&id) else {
            return;
        };
        for timer in [Timer::G, Timer::H, Timer::I, Timer::J, Timer::L] {
            desk.stop(Owner::Server(id), timer);
        }
        self.server_keys.remove(&server.key);
        if self.merges.get(&server.merge) == Some(&id) {
            self.merges.remove(&server.merge);
        }
        if server.transport().is_reliable() {
            self.streams.remove(&(server.flow.connection, Owner::Server(id)));
        }
    }

    fn remove_client(&mut self, id: TransactionId, desk: &mut Desk) {
        let Some(client) = self.clients.remove(&id) else {
            return;
        };
        use Timer::{A, B, C, D, E, F, K, M};
        for timer in [A, B, C, D, E, F, K, M] {
            desk.stop(Owner::Client(id), timer);
        }
        self.client_keys.remove(&client.key);
        if client.transport().is_reliable() {
            self.streams.remove(&(client.flow.connection, Owner::Client(id)));
        }
    }

    fn hang(&mut self, flow: Flow, owner: Owner) {
        if flow.transport.is_reliable() {
            self.streams.insert((flow.connection, owner));
        }
    }

    fn next_id(&mut self) -> TransactionId {
        self.made += 1;
        TransactionId(self.made)
    }
}

/// RFC 3261 section 17.2.3; peers older than that are told apart by the whole of their request.
fn server_key(request: &Message, method: &str) -> Option<String> {
    let via = request.via()?;
    let method = if method == "ACK" { "INVITE" } else { method };
    if let Some(branch) = via.branch().filter(|branch| branch.starts_with(MAGIC)) {
        return Some(format!("{branch} {} {method}", via.sent_by));
    }

    let (from, call_id) = (request.from_tag().unwrap_or_default(), request.call_id()?);
    let (number, sent_by) = (request.cseq()?.number, via.sent_by);
    let branch = via.branch().unwrap_or_default();
    Some(format!("{from} {call_id} {number} {sent_by} {branch} {method}"))
}

fn client_key(message: &Message) -> Option<String> {
    let (branch, method) = (message.via()?.branch()?, message.cseq()?.method);
    Some(format!("{branch} {method}"))
}

fn merge_key(request: &Message) -> Option<String> {
    if request.to_tag().is_some() {
        return None;
    }
    let (tag, call_id, cseq) = (request.from_tag()?, request.call_id()?, request.cseq()?);
    Some(format!("{tag} {call_id} {} {}", cseq.number, cseq.method))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::tests::start;
    use super::*;

    #[test]
    fn nothing_is_left_of_a_lost_stream() {
        let (mut transactions, mut desk) = world();
        transactions.serve(&request(rsip::Method::Invite), flow(Transport::Tcp), None);
        transactions.send(
            request(rsip::Method::Bye),
            flow(Transport::Tcp),
            User::Nobody,
            &mut desk,
        );

        transactions.lose(flow(Transport::Tcp).connection, &mut desk);

        assert_eq!((transactions.count(), desk.deadline()), (0, None));
        assert!(transactions.streams.is_empty() && transactions.merges.is_empty());
    }

    #[test]
    fn a_request_by_two_paths_is_one_request() {
        let (mut transactions, _) = world();
        let first = request(rsip::Method::Invite);
        let mut second = first.clone();
        second.headers[0].value = "SIP/2.0/UDP other;branch=z9hG4bKy".to_owned();

        transactions.serve(&first, flow(Transport::Udp), None);

        assert!(transactions.find(&first, "ACK").is_some());
        assert!(transactions.find(&second, "INVITE").is_none());
        assert!(transactions.is_merged(&second));
    }

    fn world() -> (Transactions, Desk) {
        let mut desk = Desk::default();
        desk.set_clock(start());
        (Transactions::default(), desk)
    }

    pub(in crate::sip) fn flow(transport: Transport) -> Flow {
        let (local, remote) = (([192, 0, 2, 1], 5060).into(), ([192, 0, 2, 2], 5060).into());
        Flow { transport, local, remote, connection: u64::from(transport.is_reliable()) }
    }

    pub(super) fn request(method: rsip::Method) -> Message {
        Message::request(method, "sip:100@h")
            .with("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx")
            .with("From", "<sip:a@h>;tag=near")
            .with("To", "<sip:100@h>")
            .with("Call-ID", "c")
            .with("CSeq", format!("1 {method}"))
    }

    pub(super) fn waits(acts: &[Act]) -> Vec<(Timer, u128)> {
        let wait = |act: &Act| match act {
            Act::Set(timer, wait) => Some((*timer, wait.as_millis())),
            Act::Send(_) | Act::SendTo(_, _) | Act::Stop(_) | Act::Done => None,
        };
        acts.iter().filter_map(wait).collect()
    }
}
