//! A browser's reports about our sound, taken off the library's belt: it keeps them to itself.
//!
//! **Never here:** what they say.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rtc::interceptor::{Interceptor, Packet, StreamInfo, TaggedPacket};
use rtc::sansio::Protocol;
use rtc::shared::error::Error as RtcError;

/// Waiting for the call; a browser sends one every few seconds.
const WAITING_MAX: usize = 8;

/// Reports as they came, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Overheard(Arc<Mutex<VecDeque<Vec<u8>>>>);

impl Overheard {
    pub(super) fn next(&self) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn add(&self, report: Vec<u8>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < WAITING_MAX {
            waiting.push_back(report);
        }
    }
}

/// Passes everything on and keeps a copy of each report.
#[derive(Default)]
pub(super) struct Listener {
    pub(super) overheard: Overheard,
    read: VecDeque<TaggedPacket>,
    written: VecDeque<TaggedPacket>,
}

impl Listener {
    pub(super) fn new(overheard: Overheard) -> Self {
        Self { overheard, ..Self::default() }
    }
}

impl Protocol<TaggedPacket, TaggedPacket, ()> for Listener {
    type Rout = TaggedPacket;
    type Wout = TaggedPacket;
    type Eout = ();
    type Error = RtcError;
    type Time = Instant;

    fn handle_read(&mut self, packet: TaggedPacket) -> Result<(), RtcError> {
        if let Packet::Rtcp(reports) = &packet.message.packet
            && let Ok(report) = rtc::rtcp::packet::marshal(reports)
        {
            self.overheard.add(report.to_vec());
        }
        self.read.push_back(packet);
        Ok(())
    }

    fn poll_read(&mut self) -> Option<TaggedPacket> {
        self.read.pop_front()
    }

    fn handle_write(&mut self, packet: TaggedPacket) -> Result<(), RtcError> {
        self.written.push_back(packet);
        Ok(())
    }

    fn poll_write(&mut self) -> Option<TaggedPacket> {
        self.written.pop_front()
    }
}

impl Interceptor for Listener {
    fn bind_local_stream(&mut self, _: &StreamInfo) {}
    fn unbind_local_stream(&mut self, _: &StreamInfo) {}
    fn bind_remote_stream(&mut self, _: &StreamInfo) {}
    fn unbind_remote_stream(&mut self, _: &StreamInfo) {}
}
