//! The wire to the other end: a socket of the call's own, or the browsers' common one.
//!
//! **Never here:** what the packets hold.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc::Receiver;

use media::packets::Packets;

use super::beside::Beside;
use super::browsers::Way;
use super::secure::Secure;
use crate::sip::sdp::{Crypto, Secret};

/// What one look at the wire brings.
#[derive(Debug)]
pub enum Received<'a> {
    Packet(&'a [u8]),
    /// Somebody else's datagram, a forged one, or an error of the socket: more may wait behind it.
    Dropped,
    Nothing,
}

#[derive(Debug)]
pub enum Wire {
    Socket(Socket),
    Browser { heard: Receiver<Vec<u8>>, way: Way },
}

/// A telephone's.
#[derive(Debug)]
pub struct Socket {
    socket: UdpSocket,
    /// Where sound goes: from SDP at first, then where packets come from.
    remote: SocketAddr,
    /// Where the other end said it listens.
    told: SocketAddr,
    latched: bool,
    /// On an encrypted line.
    secure: Option<Box<Secure>>,
    /// Where reports do not share the port.
    beside: Option<Beside>,
}

impl Wire {
    pub fn socket(
        socket: UdpSocket,
        remote: SocketAddr,
        secure: Option<Secure>,
        beside: Option<Beside>,
    ) -> Self {
        let secure = secure.map(Box::new);
        Wire::Socket(Socket { socket, remote, told: remote, latched: false, secure, beside })
    }

    /// The next packet that waits, laid into `room`. At most one datagram is read, so that a flood of
    /// foreign ones holds nobody up.
    pub fn receive<'a>(&mut self, room: &'a mut [u8]) -> Received<'a> {
        match self {
            Wire::Socket(socket) => socket.receive(room),
            Wire::Browser { heard, .. } => {
                let Ok(packet) = heard.try_recv() else {
                    return Received::Nothing;
                };
                match room.get_mut(..packet.len()) {
                    Some(room) => {
                        room.copy_from_slice(&packet);
                        Received::Packet(room)
                    }
                    None => Received::Dropped,
                }
            }
        }
    }

    pub fn send(&mut self, packets: &Packets) {
        match self {
            Wire::Socket(socket) => packets.iter().for_each(|packet| socket.send(packet)),
            Wire::Browser { way, .. } => packets.iter().for_each(|packet| way.say(packet)),
        }
    }

    /// The other end listens elsewhere from now on.
    pub fn move_to(&mut self, remote: SocketAddr) {
        match self {
            Wire::Socket(socket) => socket.move_to(remote),
            Wire::Browser { .. } => {}
        }
    }

    /// The line is encrypted by these keys from now on, or not at all; the same ones go on counting.
    pub fn secure_by(&mut self, theirs: Option<&Crypto>, ours: &Secret) -> anyhow::Result<()> {
        let Wire::Socket(socket) = self else {
            return Ok(());
        };
        if socket.secure.as_ref().map(|secure| secure.keys()) != theirs {
            let secure = theirs.map(|theirs| Secure::new(theirs, ours)).transpose()?;
            socket.secure = secure.map(Box::new);
        }
        Ok(())
    }

    pub fn report(&mut self, report: &[u8]) {
        match self {
            Wire::Socket(socket) => socket.report(report),
            Wire::Browser { way, .. } => way.say(report),
        }
    }

    /// A report that came beside the sound, in the clear; nothing if it is not from the other end.
    pub fn open_beside(&mut self, from: SocketAddr, report: Vec<u8>) -> Option<Vec<u8>> {
        match self {
            Wire::Socket(socket) => socket.open_beside(from, report),
            Wire::Browser { .. } => None,
        }
    }
}

impl Socket {
    fn receive<'a>(&mut self, room: &'a mut [u8]) -> Received<'a> {
        match self.next_datagram(room) {
            Ok((length, from)) if from == self.remote => match self.open(room, length) {
                Some(length) => Received::Packet(&room[..length]),
                None => Received::Dropped,
            },
            Ok(_) => Received::Dropped,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Received::Nothing,
            Err(error) => {
                tracing::trace!(%error, "media socket");
                Received::Dropped
            }
        }
    }

    fn move_to(&mut self, remote: SocketAddr) {
        if remote == self.told || remote.ip().is_unspecified() {
            return;
        }
        // Who sits behind a NAT does not know where it is seen.
        let behind_nat = self.latched && self.remote != self.told;
        self.told = remote;
        if behind_nat {
            return;
        }
        self.remote = remote;
        if self.latched
            && let Err(error) = self.socket.connect(remote)
        {
            tracing::warn!(%error, "the sound stays where it was");
        }
    }

    /// The packet in the clear, in the same place; a forged one is dropped.
    fn open(&mut self, room: &mut [u8], length: usize) -> Option<usize> {
        let Some(secure) = &mut self.secure else {
            return Some(length);
        };
        match secure.open(&room[..length]) {
            Ok(packet) => {
                let packet = packet.as_ref();
                room.get_mut(..packet.len())?.copy_from_slice(packet);
                Some(packet.len())
            }
            Err(error) => {
                tracing::debug!(%error, "encrypted packet dropped");
                None
            }
        }
    }

    fn open_beside(&mut self, from: SocketAddr, report: Vec<u8>) -> Option<Vec<u8>> {
        if !self.latched || from.ip() != self.remote.ip() {
            return None;
        }
        let report = match &mut self.secure {
            None => report,
            Some(secure) => secure.open(&report).ok()?.as_ref().to_vec(),
        };
        self.beside.as_mut()?.came_from(from);
        Some(report)
    }

    /// Symmetric RTP: the first packet shows where the phone really is, once and for good. From then
    /// on the kernel keeps everybody else's packets away.
    fn next_datagram(&mut self, room: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        if self.latched {
            return self.socket.recv(room).map(|length| (length, self.remote));
        }
        let (length, from) = self.socket.recv_from(room)?;
        self.latched = true;
        self.remote = from;
        self.socket.connect(from)?;
        Ok((length, from))
    }

    fn send(&mut self, packet: &[u8]) {
        let Some(secure) = &mut self.secure else {
            self.put(packet);
            return;
        };
        match secure.seal(packet) {
            Ok(sealed) => self.put(sealed.as_ref()),
            Err(error) => tracing::debug!(%error, "packet not encrypted"),
        }
    }

    fn report(&mut self, report: &[u8]) {
        let sealed = self.secure.as_mut().map(|secure| secure.seal(report));
        let report = match &sealed {
            None => report,
            Some(Ok(sealed)) => sealed.as_ref(),
            Some(Err(_)) => return,
        };
        match &self.beside {
            Some(beside) => beside.send(report),
            None => self.put(report),
        }
    }

    fn put(&self, packet: &[u8]) {
        let sent = match self.latched {
            true => self.socket.send(packet),
            false => self.socket.send_to(packet, self.remote),
        };
        if let Err(error) = sent {
            tracing::trace!(%error, "packet not sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use media::audio::SILENCE;
    use media::codec::Codec;

    use super::*;
    use crate::call::line::{Agreed, Line, Origin};
    use crate::sip::sdp::{Cipher, Crypto, Secret};

    #[test]
    fn the_sound_follows_a_peer_that_moves_and_nobody_else() {
        let bound = || UdpSocket::bind("127.0.0.1:0").unwrap();
        let (here, first, second, stranger) = (bound(), bound(), bound(), bound());
        here.set_nonblocking(true).unwrap();
        let to = here.local_addr().unwrap();
        let mut wire = Wire::socket(here, first.local_addr().unwrap(), None, None);
        let mut room = [0; 200];
        let mut hears = |wire: &mut Wire, from: &UdpSocket| {
            from.send_to(&[0x80; 60], to).unwrap();
            matches!(wire.receive(&mut room), Received::Packet(_))
        };

        assert!(hears(&mut wire, &first));
        wire.move_to(second.local_addr().unwrap());
        assert!(hears(&mut wire, &second));
        assert!(!hears(&mut wire, &first) && !hears(&mut wire, &stranger));

        let mut line =
            Line::new(Agreed::usual(Codec::Pcma), Origin { ssrc: 1, sequence: 1, timestamp: 1 });
        let mut packets = Packets::default();
        line.say(&SILENCE, &mut packets);
        wire.send(&packets);
        second.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        assert!(second.recv(&mut [0; 200]).is_ok());
    }

    #[test]
    fn forged_packets_are_dropped_one_look_at_a_time() {
        let [here, there] = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
        here.set_nonblocking(true).unwrap();
        let crypto = Crypto {
            tag: 1,
            cipher: Cipher::AesCm128HmacSha1_80,
            secret: Secret([1; Secret::BYTES]),
        };
        let secure = Secure::new(&crypto, &Secret([2; Secret::BYTES])).unwrap();
        let to = here.local_addr().unwrap();
        let mut wire = Wire::socket(here, there.local_addr().unwrap(), Some(secure), None);

        for _ in 0..3 {
            there.send_to(&[0x80; 60], to).unwrap();
        }

        let mut room = [0; 200];
        for _ in 0..3 {
            assert!(matches!(wire.receive(&mut room), Received::Dropped));
        }
        assert!(matches!(wire.receive(&mut room), Received::Nothing));
    }
}
