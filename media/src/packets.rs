//! The packets of one tick, back to back in one piece of memory that is used again.
//!
//! **Never here:** what they hold.

#[derive(Debug, Clone, Default)]
pub struct Packets {
    bytes: Vec<u8>,
    /// Where each packet ends.
    ends: Vec<usize>,
}

impl Packets {
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// Adds what `write` appends.
    pub fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(from, &to)| &self.bytes[from..to])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_come_out_as_they_went_in() {
        let mut packets = Packets::default();
        packets.add(|out| out.extend([1, 2]));
        packets.add(|_| {});
        packets.add(|out| out.extend([3]));

        assert_eq!(packets.iter().collect::<Vec<_>>(), [&[1, 2][..], &[], &[3]]);

        packets.clear();
        assert!(packets.is_empty());
    }
}
