//! The doors SIP comes in by, and the way out to an exchange over a stream: TCP, TLS, WebSocket.
//!
//! **Never here:** what is said over them, who may come in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::stream::{self, End, Word};
use super::websocket;
use crate::sip::agent::{Flow, Transport};

/// Connections at the same time; the next is closed at once.
const STREAMS_MAX: usize = 1_024;
/// A connection stands, certificates and all, within so long.
const STANDS_WITHIN: Duration = Duration::from_secs(5);
/// A listener that fails (no more files) tries again after this.
const BREATH: Duration = Duration::from_millis(100);

/// What a door leads into.
#[derive(Clone)]
pub enum Kind {
    Tcp,
    Tls(TlsAcceptor),
    /// Without a certificate of ours somebody before us has taken the encryption off.
    WebSocket(Option<TlsAcceptor>),
}

/// Somebody at a door.
pub struct Arrival {
    kind: Kind,
    socket: TcpStream,
    pub remote: SocketAddr,
}

/// Whoever asked for a connection.
pub type Asked = oneshot::Sender<Result<Flow, String>>;

/// Where to connect to.
#[derive(Clone)]
pub struct Line {
    pub transport: Transport,
    pub remote: SocketAddr,
    /// The name its certificate must bear, and whom we believe.
    pub name: String,
    pub trust: Option<Arc<rustls::ClientConfig>>,
}

/// Room for so many connections.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Room(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

impl std::fmt::Debug for Arrival {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Arrival").field("remote", &self.remote).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {} at {}", self.transport.token(), self.name, self.remote)
    }
}

impl Line {
    /// Whether a connection for the one serves the other.
    pub fn leads_where(&self, other: &Line) -> bool {
        let place =
            |line: &Line| (line.transport, line.remote, line.trust.as_ref().map(Arc::as_ptr));
        place(self) == place(other) && self.name == other.name
    }
}

impl Kind {
    pub fn transport(&self) -> Transport {
        match self {
            Kind::Tcp => Transport::Tcp,
            Kind::Tls(_) => Transport::Tls,
            Kind::WebSocket(_) => Transport::Wss,
        }
    }
}

/// Tells of everyone who comes to this door, for ever.
pub async fn watch(listener: TcpListener, kind: Kind, words: mpsc::Sender<Word>) {
    loop {
        match listener.accept().await {
            Ok((socket, remote)) => {
                let arrival = Arrival { kind: kind.clone(), socket, remote };
                if words.send(Word::Arrived(arrival)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "SIP door");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

impl Room {
    /// Serves somebody who was let in; without room the connection is closed.
    pub fn serve(&self, arrival: Arrival, connection: u64, words: mpsc::Sender<Word>) {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            tracing::warn!(most = STREAMS_MAX, "SIP connection refused");
            return;
        };
        tokio::spawn(async move {
            let remote = arrival.remote;
            if let Err(error) = receive(arrival, connection, words, permit).await {
                tracing::debug!(%remote, %error, "SIP connection closed");
            }
        });
    }

    /// Connects; `asked` hears of it, the phone before.
    pub fn connect(&self, line: Line, connection: u64, asked: Asked, words: mpsc::Sender<Word>) {
        let Ok(permit) = Arc::clone(&self.0).try_acquire_owned() else {
            let _ = asked.send(Err(format!("{STREAMS_MAX} connections are open already")));
            return;
        };
        tokio::spawn(async move {
            if let Err(error) = dial(&line, connection, asked, words, permit).await {
                tracing::debug!(?line, %error, "SIP connection closed");
            }
        });
    }
}

async fn receive(
    arrival: Arrival,
    connection: u64,
    words: mpsc::Sender<Word>,
    _permit: OwnedSemaphorePermit,
) -> io::Result<()> {
    let Arrival { kind, socket, remote } = arrival;
    let local = socket.local_addr()?;
    let flow = Flow { transport: kind.transport(), local, remote, connection };
    match kind {
        Kind::Tcp => stream::serve(socket, flow, End::Theirs, None, words).await,
        Kind::Tls(acceptor) => {
            let socket = in_time(acceptor.accept(socket)).await?;
            stream::serve(socket, flow, End::Theirs, None, words).await
        }
        Kind::WebSocket(None) => websocket::serve(socket, flow, words).await,
        Kind::WebSocket(Some(acceptor)) => {
            let socket = in_time(acceptor.accept(socket)).await?;
            websocket::serve(socket, flow, words).await
        }
    }
}

async fn dial(
    line: &Line,
    connection: u64,
    asked: Asked,
    words: mpsc::Sender<Word>,
    _permit: OwnedSemaphorePermit,
) -> io::Result<()> {
    let socket = match in_time(TcpStream::connect(line.remote)).await {
        Ok(socket) => socket,
        Err(error) => return told(asked, line, error),
    };
    let (transport, local, remote) = (line.transport, socket.local_addr()?, line.remote);
    let flow = Flow { transport, local, remote, connection };
    let Some(trust) = &line.trust else {
        return stream::serve(socket, flow, End::Ours, Some(asked), words).await;
    };
    match in_time(secured(socket, &line.name, trust)).await {
        Ok(socket) => stream::serve(socket, flow, End::Ours, Some(asked), words).await,
        Err(error) => told(asked, line, error),
    }
}

async fn secured(
    socket: TcpStream,
    name: &str,
    trust: &Arc<rustls::ClientConfig>,
) -> io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
    TlsConnector::from(Arc::clone(trust)).connect(name, socket).await
}

fn told(asked: Asked, line: &Line, error: io::Error) -> io::Result<()> {
    let _ = asked.send(Err(format!("no {line:?}: {error}")));
    Err(error)
}

async fn in_time<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    tokio::time::timeout(STANDS_WITHIN, step).await.map_err(late)?
}
