//! SIP over TCP: one task per connection cuts the stream into messages and writes what is sent.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use crate::sip::agent::{Flow, Transport};
use crate::sip::wire::{Piece, Stream};

/// A connection that says nothing for this long is closed.
const SILENT_FOR: Duration = Duration::from_secs(600);
/// Messages waiting to be written to one connection; one more closes it.
const WAITING_MAX: usize = 256;

/// What a connection tells the phone.
#[derive(Debug)]
pub enum Word {
    Opened(Flow, mpsc::Sender<Vec<u8>>),
    Message(Flow, Vec<u8>),
    /// The other end asks whether the connection is alive (RFC 5626 section 3.5.1).
    Ping(Flow),
    Lost(Flow),
}

/// Serves one connection until it closes, errs or falls silent.
pub async fn serve(
    socket: TcpStream,
    remote: SocketAddr,
    connection: u64,
    words: mpsc::Sender<Word>,
) -> io::Result<()> {
    let local = socket.local_addr()?;
    let flow = Flow { transport: Transport::Tcp, local, remote, connection };
    let (sender, outgoing) = mpsc::channel(WAITING_MAX);
    if words.send(Word::Opened(flow, sender)).await.is_err() {
        return Ok(());
    }

    let (mut read, mut write) = socket.into_split();
    let result = tokio::select! {
        result = listen(&mut read, flow, &words) => result,
        result = speak(&mut write, outgoing) => result,
    };
    let _ = words.send(Word::Lost(flow)).await;
    result
}

async fn listen(
    read: &mut (impl AsyncReadExt + Unpin),
    flow: Flow,
    words: &mpsc::Sender<Word>,
) -> io::Result<()> {
    let mut reader = Stream::default();
    let mut chunk = vec![0; 16 * 1024];
    loop {
        let read = tokio::time::timeout(SILENT_FOR, read.read(&mut chunk)).await;
        let length = read.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if length == 0 {
            return Ok(());
        }

        reader.feed(&chunk[..length]);
        while let Some(piece) = reader.next_piece().map_err(io::Error::other)? {
            let word = match piece {
                Piece::Message(message) => Word::Message(flow, message),
                Piece::Ping => Word::Ping(flow),
            };
            if words.send(word).await.is_err() {
                return Ok(());
            }
        }
    }
}

async fn speak(
    write: &mut (impl AsyncWriteExt + Unpin),
    mut outgoing: mpsc::Receiver<Vec<u8>>,
) -> io::Result<()> {
    while let Some(bytes) = outgoing.recv().await {
        write.write_all(&bytes).await?;
    }
    Ok(())
}
