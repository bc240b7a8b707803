//! UDP ports for sound: one socket per call out of the configured range.

use std::io;
use std::net::{IpAddr, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};

#[derive(Debug)]
pub struct Ports {
    address: IpAddr,
    first: u16,
    /// Even ports in the range; the odd ones are left to RTCP.
    pairs: u16,
    next: AtomicU16,
}

#[derive(Debug, thiserror::Error)]
pub enum PortsError {
    #[error("no free UDP port among {pairs} from {first}: widen media.ports")]
    Exhausted { first: u16, pairs: u16 },
    #[error("media socket: {0}")]
    Socket(#[from] io::Error),
}

impl Ports {
    pub fn new(address: IpAddr, (first, last): (u16, u16)) -> Self {
        let first = first + first % 2;
        let pairs = (last.saturating_sub(first)) / 2 + 1;
        Self { address, first, pairs, next: AtomicU16::new(0) }
    }

    /// A bound, non-blocking socket on the next free even port.
    pub fn open(&self) -> Result<UdpSocket, PortsError> {
        for _ in 0..self.pairs {
            let nth = self.next.fetch_add(1, Ordering::Relaxed) % self.pairs;
            match UdpSocket::bind((self.address, self.first + nth * 2)) {
                Ok(socket) => {
                    socket.set_nonblocking(true)?;
                    return Ok(socket);
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(PortsError::Exhausted { first: self.first, pairs: self.pairs })
    }
}
