//! UDP ports for sound: a pair of sockets per call out of the configured range.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

#[derive(Debug)]
pub struct Ports {
    address: IpAddr,
    first: u16,
    /// Even ports in the range for sound; the odd ones are for reports about it.
    pairs: u16,
    next: AtomicU16,
}

#[derive(Debug, thiserror::Error)]
pub enum PortsError {
    #[error("no free pair of UDP ports among {pairs} from {first}: widen media.ports")]
    Exhausted { first: u16, pairs: u16 },
    #[error("media socket: {0}")]
    Socket(#[from] io::Error),
}

impl Ports {
    pub fn new(address: IpAddr, (first, last): (u16, u16)) -> Self {
        let first = first + first % 2;
        let pairs = ((last.saturating_sub(first)).saturating_add(1) / 2).max(1);
        Self { address, first, pairs, next: AtomicU16::new(0) }
    }

    /// Bound, non-blocking sockets on the next free pair: for sound, and for reports one port up.
    pub fn open(&self) -> Result<[UdpSocket; 2], PortsError> {
        for _ in 0..self.pairs {
            let nth = self.next.fetch_add(1, Ordering::Relaxed) % self.pairs;
            let port = self.first + nth * 2;
            match self.bind(port).and_then(|sound| Ok([sound, self.bind(port + 1)?])) {
                Ok(pair) => return Ok(pair),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PortsError::Exhausted { first: self.first, pairs: self.pairs })
    }

    fn bind(&self, port: u16) -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind((self.address, port))?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }
}
