//! The telephone set: SIP's sockets around the pure user agent.
//!
//! **Never here:** what to answer; who exists.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::mpsc;

use super::stream::{self, Word};
use super::switchboard::lock;
use crate::clock;
use crate::sip::agent::{Agent, Command, Event, Flow, Input, Leg, Output, Settings, Transport};
use crate::sip::gate::{Gate, Tally};

/// Commands and stream messages waiting for the user agent.
const WAITING_MAX: usize = 4_096;
/// The largest datagram UDP carries.
const DATAGRAM_MAX: usize = 65_535;
/// Where any port will do, one that is free for UDP may be taken for TCP: then another.
const ANY_PORT_TRIES: usize = 8;
/// The answer to a ping over a stream.
const PONG: &[u8] = b"\r\n";
/// TCP connections at the same time; the next is closed at once.
const STREAMS_MAX: usize = 1_024;

#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    #[error(
        "SIP {transport} port {address}: {source}; is another program using it? set sip.listen"
    )]
    Bind { transport: &'static str, address: SocketAddr, source: io::Error },
}

/// Gives the telephone set its orders, from any thread; never waits.
#[derive(Debug, Clone)]
pub struct Handset {
    commands: mpsc::Sender<Command>,
}

impl Handset {
    pub fn order(&self, command: Command) {
        if self.commands.try_send(command).is_err() {
            tracing::error!("the telephone set takes no more orders");
        }
    }
}

#[derive(Debug)]
pub struct Phone {
    agent: Agent,
    udp: Arc<UdpSocket>,
    tcp: Option<TcpListener>,
    local: SocketAddr,
    streams: HashMap<u64, mpsc::Sender<Vec<u8>>>,
    connections: u64,
    words: (mpsc::Sender<Word>, mpsc::Receiver<Word>),
    commands: mpsc::Receiver<Command>,
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
        let (sender, commands) = mpsc::channel(WAITING_MAX);
        let phone = Self {
            agent: Agent::new(settings),
            udp: Arc::new(udp),
            tcp,
            local,
            streams: HashMap::new(),
            connections: 0,
            words: mpsc::channel(WAITING_MAX),
            commands,
            gate,
        };
        Ok((phone, Handset { commands: sender }))
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
                accepted = accept(self.tcp.as_ref()) => self.connect(accepted),
                Some(word) = self.words.1.recv() => self.take_word(word),
                command = self.commands.recv() => match command {
                    Some(command) => self.take(Input::Command(command)),
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
            Word::Opened(flow, sender) => {
                self.streams.insert(flow.connection, sender);
            }
            Word::Message(flow, bytes) => {
                if self.lets_in(flow.remote) {
                    self.take(Input::Message { flow, bytes: &bytes });
                }
            }
            Word::Ping(flow) => {
                if let Some(sender) = self.streams.get(&flow.connection) {
                    let _ = sender.try_send(PONG.to_vec());
                }
            }
            Word::Lost(flow) => {
                self.streams.remove(&flow.connection);
                self.take(Input::FlowLost(flow));
            }
        }
    }

    fn connect(&mut self, accepted: io::Result<(tokio::net::TcpStream, SocketAddr)>) {
        let Ok((socket, remote)) = accepted else {
            return;
        };
        if !self.lets_in(remote) {
            return;
        }
        if self.streams.len() >= STREAMS_MAX {
            tracing::warn!(most = STREAMS_MAX, "TCP connection refused");
            return;
        }
        self.connections += 1;
        let (connection, words) = (self.connections, self.words.0.clone());
        tokio::spawn(async move {
            if let Err(error) = stream::serve(socket, remote, connection, words).await {
                tracing::debug!(%error, "TCP connection closed");
            }
        });
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
        match flow.transport {
            Transport::Udp => {
                if let Err(error) = self.udp.send_to(&bytes, flow.remote).await {
                    tracing::debug!(%error, "SIP datagram not sent");
                }
            }
            Transport::Tcp => {
                let sent = self.streams.get(&flow.connection).map(|to| to.try_send(bytes));
                if !matches!(sent, Some(Ok(()))) {
                    self.streams.remove(&flow.connection);
                    self.take(Input::FlowLost(flow));
                }
            }
        }
    }
}

/// Both on one port.
async fn sockets(
    listen: SocketAddr,
    tcp: bool,
) -> Result<(UdpSocket, Option<TcpListener>, SocketAddr), PhoneError> {
    let bind = |transport| move |source| PhoneError::Bind { transport, address: listen, source };
    let udp = UdpSocket::bind(listen).await.map_err(bind("UDP"))?;
    let local = udp.local_addr().map_err(bind("UDP"))?;
    let tcp = match tcp {
        true => Some(TcpListener::bind(local).await.map_err(bind("TCP"))?),
        false => None,
    };
    Ok((udp, tcp, local))
}

async fn accept(listener: Option<&TcpListener>) -> io::Result<(tokio::net::TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
