//! All browser calls on one UDP port: finds whose datagram came, and keeps their timers.
//!
//! One task, because a browser's packets are few and its encryption cheap. Queues are bounded: what a
//! call does not fetch in time is dropped, as a network would.
//!
//! **Never here:** ICE, DTLS, SRTP (`browser/`), what is said.

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};
use web::ring::{Answered, Refused, Ring};

use super::switchboard::{Joining, Order as LineOrder, Refusal, Switchboard, lock};
use super::wire::Wire;
use crate::browser::{Output, Peer, Terms, stun};
use crate::call::line::Origin;
use crate::clock;
use crate::sip::agent::{Caller, Leg, Why};

/// Orders waiting for the task, over all calls.
const ORDERS_MAX: usize = 4_096;
/// Packets waiting for one call: more than half a second is of no use.
const HEARD_MAX: usize = 32;
/// No datagram of a browser is larger.
const DATAGRAM_MAX: usize = 2_048;
/// Browser calls are numbered apart from telephone calls.
const FIRST_LEG: u64 = 1 << 48;

/// What the record says instead of a telephone number.
const PARTICIPANT: &str = "browser";

enum Order {
    Join(Box<Joiner>),
    Say(Leg, Vec<u8>),
    HangUp(Leg),
}

/// A browser that was answered and is expected at the port.
struct Joiner {
    leg: Leg,
    ufrag: String,
    peer: Peer,
    heard: SyncSender<Vec<u8>>,
    joining: Option<Joining>,
    /// Told to the page when the call is over.
    ended: oneshot::Sender<&'static str>,
}

/// The way out for one browser call's packets.
#[derive(Debug, Clone)]
pub struct Way {
    leg: Leg,
    orders: mpsc::Sender<Order>,
}

/// Takes calls from browsers.
#[derive(Clone)]
pub struct Browsers {
    orders: mpsc::Sender<Order>,
    board: Switchboard,
    random: Arc<Mutex<ChaCha20Rng>>,
    /// Where browsers are told to send.
    address: SocketAddr,
    next: Arc<std::sync::atomic::AtomicU64>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Order::Join(_) => "Join",
            Order::Say(..) => "Say",
            Order::HangUp(_) => "HangUp",
        })
    }
}

impl Way {
    pub fn say(&self, packet: &[u8]) {
        let _ = self.orders.try_send(Order::Say(self.leg, packet.to_vec()));
    }

    pub fn hang_up(&self) {
        if self.orders.try_send(Order::HangUp(self.leg)).is_err() {
            tracing::error!(leg = %self.leg, "a browser was not told that its call is over");
        }
    }
}

impl Browsers {
    /// Serves browsers at that socket; they are told `advertised`, or the socket's own address.
    pub fn open(
        socket: UdpSocket,
        advertised: Option<std::net::IpAddr>,
        board: Switchboard,
        random: Arc<Mutex<ChaCha20Rng>>,
    ) -> std::io::Result<Browsers> {
        let mut address = socket.local_addr()?;
        if let Some(advertised) = advertised {
            address.set_ip(advertised);
        }
        let (orders, inbox) = mpsc::channel(ORDERS_MAX);
        let port = Port {
            socket,
            board: board.clone(),
            calls: HashMap::new(),
            by_ufrag: HashMap::new(),
            by_address: HashMap::new(),
            timers: BTreeSet::new(),
        };
        tokio::spawn(port.serve(inbox));
        let next = Arc::new(FIRST_LEG.into());
        Ok(Browsers { orders, board, random, address, next })
    }

    async fn answer(&self, ring: Ring) -> Result<Answered, Refusal> {
        let leg = Leg(self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        let number = self.board.admit(leg, &ring.number).await?;
        let origin = self.board.origin();
        let terms = self.terms(&origin);
        let answered = Peer::answer(clock::now(), &ring.offer, &terms);
        let (peer, answer) = answered.map_err(|error| {
            self.board.let_go(leg);
            Refusal::NoCommonSound(error.to_string())
        })?;

        let (heard, wire) = self.wire(leg);
        let way = Way { leg, orders: self.orders.clone() };
        let caller = Caller { number: Some(PARTICIPANT.to_owned()), ..Caller::default() };
        let hang_up: LineOrder = Arc::new({
            let way = way.clone();
            move |_| way.hang_up()
        });
        let agreed = peer.agreed();
        let hand_over = self.board.way_to_a_person(&number, false);
        let joining = Joining {
            leg,
            number,
            dialled: ring.number,
            caller,
            wire,
            agreed,
            origin,
            hang_up,
            hand_over,
            errand: None,
        };
        let (ended, over) = oneshot::channel();
        let joiner = Joiner { leg, ufrag: terms.ufrag, peer, heard, joining: Some(joining), ended };
        if self.orders.send(Order::Join(Box::new(joiner))).await.is_err() {
            self.board.let_go(leg);
            return Err(Refusal::Overloaded);
        }
        Ok(Answered { answer, over, hang_up: Box::new(move || way.hang_up()) })
    }

    fn terms(&self, origin: &Origin) -> Terms {
        let mut random = lock(&self.random);
        let mut word = || format!("{:016x}{:016x}", random.next_u64(), random.next_u64());
        Terms { ufrag: word(), password: word(), ssrc: origin.ssrc, address: self.address }
    }

    fn wire(&self, leg: Leg) -> (SyncSender<Vec<u8>>, Wire) {
        let (heard, inbox): (_, Receiver<Vec<u8>>) = sync_channel(HEARD_MAX);
        let way = Way { leg, orders: self.orders.clone() };
        (heard, Wire::Browser { heard: inbox, way })
    }
}

impl web::ring::Exchange for Browsers {
    fn ring(&self, ring: Ring) -> web::ring::Answering<'_> {
        Box::pin(async move {
            self.answer(ring).await.map_err(|refusal| match refusal {
                Refusal::NoSuchNumber => Refused::NoSuchNumber,
                Refusal::AllLinesTaken | Refusal::Overloaded => Refused::Busy,
                Refusal::NoCommonSound(error) => Refused::NoCommonSound(error),
                Refusal::Trouble(error) => {
                    tracing::error!(%error, "a browser's call was refused");
                    Refused::Trouble
                }
            })
        })
    }
}

/// The port and everybody who calls through it.
struct Port {
    socket: UdpSocket,
    board: Switchboard,
    calls: HashMap<Leg, Talking>,
    by_ufrag: HashMap<String, Leg>,
    by_address: HashMap<SocketAddr, Leg>,
    timers: BTreeSet<(Instant, Leg)>,
}

struct Talking {
    joiner: Joiner,
    due: Instant,
}

impl Port {
    async fn serve(mut self, mut inbox: mpsc::Receiver<Order>) {
        let mut room = vec![0; DATAGRAM_MAX];
        loop {
            let next = self.timers.first().map(|(due, _)| *due);
            tokio::select! {
                received = self.socket.recv_from(&mut room) => match received {
                    Ok((length, from)) => self.receive(from, &room[..length]).await,
                    Err(error) => tracing::debug!(%error, "the browsers' port"),
                },
                order = inbox.recv() => match order {
                    Some(order) => self.carry_out(order).await,
                    None => return,
                },
                () = until(next) => self.pass().await,
            }
        }
    }

    async fn receive(&mut self, from: SocketAddr, datagram: &[u8]) {
        let called = stun::called_ufrag(datagram).and_then(|ufrag| self.by_ufrag.get(ufrag));
        let Some(leg) = called.or_else(|| self.by_address.get(&from)).copied() else {
            return;
        };
        if let Some(call) = self.calls.get_mut(&leg) {
            self.by_address.insert(from, leg);
            call.joiner.peer.receive(clock::now(), from, datagram);
            self.follow(leg).await;
        }
    }

    async fn carry_out(&mut self, order: Order) {
        match order {
            Order::Join(joiner) => {
                let leg = joiner.leg;
                self.by_ufrag.insert(joiner.ufrag.clone(), leg);
                let due = clock::now();
                self.timers.insert((due, leg));
                self.calls.insert(leg, Talking { joiner: *joiner, due });
                self.follow(leg).await;
            }
            Order::Say(leg, packet) => {
                if let Some(call) = self.calls.get_mut(&leg) {
                    call.joiner.peer.say(clock::now(), &packet);
                    self.follow(leg).await;
                }
            }
            Order::HangUp(leg) => self.part(leg, "over").await,
        }
    }

    async fn pass(&mut self) {
        let now = clock::now();
        while let Some((due, leg)) = self.timers.first().copied()
            && due <= now
        {
            self.timers.remove(&(due, leg));
            if let Some(call) = self.calls.get_mut(&leg) {
                call.joiner.peer.pass(now);
                self.follow(leg).await;
            }
        }
    }

    /// Does what the peer wants done, and notes when it wants to be woken.
    async fn follow(&mut self, leg: Leg) {
        let mut gone = false;
        loop {
            let Some(call) = self.calls.get_mut(&leg) else { return };
            let Some(output) = call.joiner.peer.poll() else { break };
            match output {
                Output::Send { to, datagram } => {
                    if let Err(error) = self.socket.send_to(&datagram, to).await {
                        tracing::trace!(%error, "datagram to a browser not sent");
                    }
                }
                Output::Heard(packet) => {
                    let _ = call.joiner.heard.try_send(packet);
                }
                Output::Connected => {
                    let joining = call.joiner.joining.take();
                    let board = self.board.clone();
                    tokio::spawn(async move {
                        if let Some(joining) = joining {
                            board.join(joining).await;
                        }
                    });
                }
                Output::Gone => gone = true,
            }
        }
        match gone {
            true => self.part(leg, "gone").await,
            false => self.wake(leg),
        }
    }

    fn wake(&mut self, leg: Leg) {
        let Some(call) = self.calls.get_mut(&leg) else { return };
        let due = call.joiner.peer.deadline();
        if due != call.due || !self.timers.contains(&(due, leg)) {
            self.timers.remove(&(call.due, leg));
            call.due = due;
            self.timers.insert((due, leg));
        }
    }

    async fn part(&mut self, leg: Leg, why: &'static str) {
        let Some(mut call) = self.calls.remove(&leg) else {
            return;
        };
        call.joiner.peer.close();
        while let Some(output) = call.joiner.peer.poll() {
            if let Output::Send { to, datagram } = output {
                let _ = self.socket.send_to(&datagram, to).await;
            }
        }
        self.timers.remove(&(call.due, leg));
        self.by_ufrag.remove(&call.joiner.ufrag);
        self.by_address.retain(|_, other| *other != leg);
        let _ = call.joiner.ended.send(why);
        self.board.ended(leg, Why::CallerHungUp);
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
