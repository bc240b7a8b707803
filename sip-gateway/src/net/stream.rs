//! SIP over streams: one task per connection cuts it into messages and writes what is sent.
//!
//! A connection we opened ourselves is kept alive with empty lines; one that does not get its bytes
//! written, or that begins a message and does not end it, is closed.
//!
//! **Never here:** who may connect, certificates.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;

use super::doors::Arrival;
use crate::clock;
use crate::sip::agent::Flow;
use crate::sip::wire::{Piece, Stream};

/// A connection that says nothing for this long is closed.
pub const SILENT_FOR: Duration = Duration::from_secs(600);
/// What is begun must be ended, a message read as well as one written.
pub const WHOLE_WITHIN: Duration = Duration::from_secs(10);
/// Messages waiting to be written to one connection; one more closes it.
pub const WAITING_MAX: usize = 256;
/// A network between forgets a connection that is silent for longer (RFC 5626 section 4.4.1 asks for
/// at most two minutes; many forget sooner).
const ALIVE_EVERY: Duration = Duration::from_secs(30);
/// Someone who has answered this before answers it within so long (RFC 5626 section 4.4.1).
const ALIVE_WITHIN: Duration = Duration::from_secs(10);
const PING: &[u8] = b"\r\n\r\n";
const PONG: &[u8] = b"\r\n";

/// What a connection tells the phone.
#[derive(Debug)]
pub enum Word {
    /// Somebody is at a door.
    Arrived(Arrival),
    /// A connection stands, and whoever asked for it is to be told.
    Opened(Flow, mpsc::Sender<Vec<u8>>, Option<super::doors::Asked>),
    Message(Flow, Vec<u8>),
    /// The other end asks whether the connection is alive (RFC 5626 section 3.5.1).
    Ping(Flow),
    Lost(Flow),
}

/// Which end opened the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Theirs,
    Ours,
}

/// Serves one connection until it closes, errs or falls silent.
pub async fn serve(
    socket: impl AsyncRead + AsyncWrite,
    flow: Flow,
    end: End,
    asked: Option<super::doors::Asked>,
    words: mpsc::Sender<Word>,
) -> io::Result<()> {
    let (sender, outgoing) = mpsc::channel(WAITING_MAX);
    let pings = sender.clone();
    if words.send(Word::Opened(flow, sender, asked)).await.is_err() {
        return Ok(());
    }

    let (read, write) = tokio::io::split(socket);
    let ear = Listening { flow, words: words.clone(), pings, end };
    let result = tokio::select! {
        result = ear.listen(read) => result,
        result = speak(write, outgoing) => result,
    };
    let _ = words.send(Word::Lost(flow)).await;
    result
}

struct Listening {
    flow: Flow,
    words: mpsc::Sender<Word>,
    pings: mpsc::Sender<Vec<u8>>,
    end: End,
}

/// What has been heard of the other end lately.
struct Pulse {
    heard: Instant,
    asked: Option<Instant>,
    /// It has answered before.
    answers: bool,
}

impl Listening {
    async fn listen(self, mut read: impl AsyncRead + Unpin) -> io::Result<()> {
        let mut reader = Stream::default();
        let mut chunk = vec![0; 16 * 1024];
        let mut pulse = Pulse { heard: clock::now(), asked: None, answers: false };
        let mut begun: Option<Instant> = None;
        loop {
            let patience = self.patience(&pulse, begun);
            let length = match tokio::time::timeout(patience, read.read(&mut chunk)).await {
                Ok(length) => length?,
                Err(_) => {
                    self.tired(&mut pulse, begun)?;
                    continue;
                }
            };
            if length == 0 {
                return Ok(());
            }
            let now = clock::now();
            pulse.answers |= pulse.asked.is_some() && &chunk[..length] == PONG;
            (pulse.heard, pulse.asked) = (now, None);
            reader.feed(&chunk[..length]);
            while let Some(piece) = reader.next_piece().map_err(io::Error::other)? {
                begun = None;
                let word = match piece {
                    Piece::Message(message) => Word::Message(self.flow, message),
                    Piece::Ping => Word::Ping(self.flow),
                };
                if self.words.send(word).await.is_err() {
                    return Ok(());
                }
            }
            begun = reader.is_within_message().then(|| begun.unwrap_or(now));
        }
    }

    /// How long to wait for the next bytes.
    fn patience(&self, pulse: &Pulse, begun: Option<Instant>) -> Duration {
        let since = |at: Instant| clock::now().saturating_duration_since(at);
        let unfinished = begun.map(|at| WHOLE_WITHIN.saturating_sub(since(at)));
        let usual = match (self.end, pulse.asked) {
            (End::Theirs, _) => SILENT_FOR,
            (End::Ours, None) => ALIVE_EVERY.saturating_sub(since(pulse.heard)),
            (End::Ours, Some(asked)) if pulse.answers => ALIVE_WITHIN.saturating_sub(since(asked)),
            (End::Ours, Some(asked)) => ALIVE_EVERY.saturating_sub(since(asked)),
        };
        unfinished.map_or(usual, |unfinished| unfinished.min(usual))
    }

    /// Nothing came for as long as we had patience: a sign of life is asked for, or it is over.
    fn tired(&self, pulse: &mut Pulse, begun: Option<Instant>) -> io::Result<()> {
        let now = clock::now();
        let late = begun.is_some_and(|at| now.saturating_duration_since(at) >= WHOLE_WITHIN);
        let dead = pulse.answers && pulse.asked.is_some();
        if late || dead || self.end == End::Theirs {
            return Err(io::ErrorKind::TimedOut.into());
        }
        pulse.asked = Some(now);
        self.pings.try_send(PING.to_vec()).map_err(io::Error::other)
    }
}

async fn speak(
    mut write: impl AsyncWrite + Unpin,
    mut outgoing: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(bytes) = outgoing.recv().await {
        let written = async {
            write.write_all(&bytes).await?;
            write.flush().await
        };
        let written = tokio::time::timeout(WHOLE_WITHIN, written).await;
        written.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
    }
    Ok(())
}
