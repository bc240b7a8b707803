//! Reports about a telephone's sound on the port beside it (RFC 3550 section 11), where the two do not
//! share one.
//!
//! They come every few seconds, so a task waits for them and no beat looks for them in vain.
//!
//! **Never here:** what they say, encryption.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

use super::pacemaker::{Beat, Message};
use crate::sip::agent::Leg;

/// No report is larger.
const DATAGRAM_MAX: usize = 1_500;
/// Who sends more often than this is not heard: no flood reaches the pacemaker.
const REST: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub struct Beside {
    socket: Arc<UdpSocket>,
    remote: SocketAddr,
    listening: AbortHandle,
}

impl Beside {
    /// Passes what comes on to the call; needs the runtime around it.
    pub fn open(
        socket: std::net::UdpSocket,
        remote: SocketAddr,
        beat: Beat,
        leg: Leg,
    ) -> io::Result<Self> {
        let socket = Arc::new(UdpSocket::from_std(socket)?);
        let listening = tokio::spawn(listen(Arc::clone(&socket), beat, leg)).abort_handle();
        Ok(Self { socket, remote, listening })
    }

    /// A report really came from there: that is where ours go.
    pub fn came_from(&mut self, remote: SocketAddr) {
        self.remote = remote;
    }

    pub fn send(&self, report: &[u8]) {
        if let Err(error) = self.socket.try_send_to(report, self.remote) {
            tracing::trace!(%error, "report not sent");
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(socket: Arc<UdpSocket>, beat: Beat, leg: Leg) {
    let mut room = vec![0; DATAGRAM_MAX];
    loop {
        match socket.recv_from(&mut room).await {
            Ok((length, from)) => {
                beat.send(Message::Report(leg, from, room[..length].to_vec()));
            }
            Err(error) => tracing::trace!(%error, "the port beside the sound"),
        }
        tokio::time::sleep(REST).await;
    }
}
