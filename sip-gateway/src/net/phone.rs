//! The telephone set: SIP's sockets around the pure user agent.
//!
//! **Never here:** what to answer; who exists.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::{mpsc, oneshot};

use super::doors::{self, Asked, Kind, Line, Room};
use super::stream::Word;
use super::switchboard::lock;
use crate::clock;
use crate::sip::agent::{Agent, Command, Event, Flow, Input, Leg, Output, Settings, Transport};
use crate::sip::gate::{Gate, Tally};

/// Orders and stream messages waiting for the user agent.
const WAITING_MAX: usize = 4_096;
/// The largest datagram UDP carries.
const DATAGRAM_MAX: usize = 65_535;
/// Where any port will do, one that is free for UDP may be taken for TCP: then another.
const ANY_PORT_TRIES: usize = 8;
/// The answer to a ping over a stream.
const PONG: &[u8] = b"\r\n";

#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    #[error("SIP {transport} port {address}: {source}; is another program using it? set {key}")]
    Bind { transport: &'static str, address: SocketAddr, key: &'static str, source: io::Error },
}

#[derive(Debug)]
enum Order {
    Command(Command),
    Connect(Line, Asked),
}

/// Gives the telephone set its orders, from any thread; never waits.
#[derive(Debug, Clone)]
pub struct Handset {
    orders: mpsc::Sender<Order>,
}

impl Handset {
    pub fn order(&self, command: Command) {
        if self.orders.try_send(Order::Command(command)).is_err() {
            tracing::error!("the telephone set takes no more orders");
        }
    }

    /// A connection that stands, a new one or one that does already; the error says why there is none.
    pub async fn connect(&self, line: Line) -> Result<Flow, String> {
        let (asked, answer) = oneshot::channel();
        if self.orders.try_send(Order::Connect(line, asked)).is_err() {
            return Err("the telephone set takes no more orders".into());
        }
        answer.await.unwrap_or_else(|_| Err("the connection broke at once".into()))
    }
}

pub struct Phone {
    agent: Agent,
    udp: Arc<UdpSocket>,
    doors: Vec<(TcpListener, Kind)>,
    local: SocketAddr,
    room: Room,
    streams: HashMap<u64, (Flow, mpsc::Sender<Vec<u8>>)>,
    /// What we opened, and where it leads.
    opened: HashMap<u64, Line>,
    connections: u64,
    words: (mpsc::Sender<Word>, mpsc::Receiver<Word>),
    orders: mpsc::Receiver<Order>,
    gate: Doorman,
}

/// The gate, shared with whoever knows the exchanges.
pub type Doorman = Arc<Mutex<Gate>>;

impl Phone {
    /// Binds UDP, and TCP on the same port where `tcp` is set.
    pub async fn open(
        listen: SocketAddr,
        tcp: bool,
        settings: Settings,
        gate: Doorman,
    ) -> Result<(Self, Handset), PhoneError> {
        let mut bound = sockets(listen, tcp).await;
        for _ in 0..ANY_PORT_TRIES {
            if bound.is_ok() || listen.port() != 0 {
                break;
            }
            bound = sockets(listen, tcp).await;
        }
        let (udp, tcp, local) = bound?;
        let (sender, orders) = mpsc::channel(WAITING_MAX);
        let phone = Self {
            agent: Agent::new(settings),
            udp: Arc::new(udp),
            doors: tcp.map(|listener| (listener, Kind::Tcp)).into_iter().collect(),
            local,
            room: Room::default(),
            streams: HashMap::new(),
            opened: HashMap::new(),
            connections: 0,
            words: mpsc::channel(WAITING_MAX),
            orders,
            gate,
        };
        Ok((phone, Handset { orders: sender }))
    }

    /// One more door; answers where it is. `key` is the setting that moves it.
    pub async fn add_door(
        &mut self,
        listen: SocketAddr,
        kind: Kind,
        key: &'static str,
    ) -> Result<SocketAddr, PhoneError> {
        let transport = kind.transport().token();
        let failed = |source| PhoneError::Bind { transport, address: listen, key, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let local = listener.local_addr().map_err(failed)?;
        self.doors.push((listener, kind));
        Ok(local)
    }

    pub fn local(&self) -> SocketAddr {
        self.local
    }

    pub fn next_leg(&mut self) -> Leg {
        self.agent.next_leg()
    }

    /// The way by UDP to this address.
    pub fn flow(&self, remote: SocketAddr) -> Flow {
        Flow { transport: Transport::Udp, local: self.local, remote, connection: 0 }
    }

    /// Serves until every handset is gone or nobody listens to the events any more.
    pub async fn run(mut self, events: mpsc::Sender<Event>) {
        for (listener, kind) in self.doors.drain(..) {
            tokio::spawn(doors::watch(listener, kind, self.words.0.clone()));
        }
        let mut datagram = vec![0; DATAGRAM_MAX];
        loop {
            let deadline = self.agent.deadline();
            tokio::select! {
                received = self.udp.recv_from(&mut datagram) => match received {
                    Ok((length, remote)) if self.lets_in(remote) => {
                        let flow = self.flow(remote);
                        self.take(Input::Message { flow, bytes: &datagram[..length] });
                    }
                    Ok(_) => {}
                    Err(error) => tracing::debug!(%error, "SIP socket"),
                },
                Some(word) = self.words.1.recv() => self.take_word(word),
                order = self.orders.recv() => match order {
                    Some(Order::Command(command)) => self.take(Input::Command(command)),
                    Some(Order::Connect(line, asked)) => self.connect(line, asked),
                    None => return,
                },
                () = sleep_until(deadline) => self.take(Input::Timeout),
            }
            if !self.carry_out(&events).await {
                return;
            }
        }
    }

    fn lets_in(&self, from: SocketAddr) -> bool {
        let now = clock::now();
        let mut gate = lock(&self.gate);
        if let Some(Tally { dropped, sources }) = gate.tell(now) {
            tracing::warn!(
                dropped,
                sources,
                "SIP from strangers was dropped; further addresses of an exchange belong in sends_from, other \
                 telephones in sip.guests"
            );
        }
        gate.lets_in(now, from.ip())
    }

    fn take(&mut self, input: Input<'_>) {
        self.agent.handle(clock::now(), input);
    }

    fn take_word(&mut self, word: Word) {
        match word {
            Word::Arrived(arrival) => {
                if self.lets_in(arrival.remote) {
                    let connection = self.next_connection();
                    self.room.serve(arrival, connection, self.words.0.clone());
                }
            }
            Word::Opened(flow, sender, asked) => {
                self.streams.insert(flow.connection, (flow, sender));
                if let Some(asked) = asked {
                    let _ = asked.send(Ok(flow));
                }
            }
            Word::Message(flow, bytes) => {
                if self.lets_in(flow.remote) {
                    self.take(Input::Message { flow, bytes: &bytes });
                }
            }
            Word::Ping(flow) => {
                if let Some((_, sender)) = self.streams.get(&flow.connection) {
                    let _ = sender.try_send(PONG.to_vec());
                }
            }
            Word::Lost(flow) => self.lose(flow),
        }
    }

    fn next_connection(&mut self) -> u64 {
        self.connections += 1;
        self.connections
    }

    /// The same line again is the same connection, as long as it stands.
    fn connect(&mut self, line: Line, asked: Asked) {
        let same = self.opened.iter().filter(|(_, opened)| opened.leads_where(&line));
        let standing = same.filter_map(|(connection, _)| self.streams.get(connection)).next();
        if let Some((flow, _)) = standing {
            let _ = asked.send(Ok(*flow));
            return;
        }
        let connection = self.next_connection();
        self.opened.retain(|connection, _| self.streams.contains_key(connection));
        self.opened.insert(connection, line.clone());
        self.room.connect(line, connection, asked, self.words.0.clone());
    }

    fn lose(&mut self, flow: Flow) {
        if self.streams.remove(&flow.connection).is_some() {
            self.take(Input::FlowLost(flow));
        }
    }

    /// False when nobody listens any more.
    async fn carry_out(&mut self, events: &mpsc::Sender<Event>) -> bool {
        while let Some(output) = self.agent.poll() {
            match output {
                Output::Send { flow, bytes } => self.send(flow, bytes).await,
                Output::Event(event) => {
                    if events.send(event).await.is_err() {
                        return false;
                    }
                }
            }
        }
        true
    }

    async fn send(&mut self, flow: Flow, bytes: Vec<u8>) {
        if flow.transport.is_reliable() {
            let sent = self.streams.get(&flow.connection).map(|(_, to)| to.try_send(bytes));
            if !matches!(sent, Some(Ok(()))) {
                self.streams.remove(&flow.connection);
                self.take(Input::FlowLost(flow));
            }
            return;
        }
        if let Err(error) = self.udp.send_to(&bytes, flow.remote).await {
            tracing::debug!(%error, "SIP datagram not sent");
        }
    }
}

/// Both on one port.
async fn sockets(
    listen: SocketAddr,
    tcp: bool,
) -> Result<(UdpSocket, Option<TcpListener>, SocketAddr), PhoneError> {
    let bind = |transport| {
        move |source| PhoneError::Bind { transport, address: listen, key: "sip.listen", source }
    };
    let udp = UdpSocket::bind(listen).await.map_err(bind("UDP"))?;
    let local = udp.local_addr().map_err(bind("UDP"))?;
    let tcp = match tcp {
        true => Some(TcpListener::bind(local).await.map_err(bind("TCP"))?),
        false => None,
    };
    Ok((udp, tcp, local))
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
