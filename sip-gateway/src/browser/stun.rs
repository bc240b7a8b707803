//! Whose datagram is this? A browser's checks name the call they belong to (RFC 8445 section 7.2.2);
//! once one has come from an address, everything else from there belongs to the same call.
//!
//! **Never here:** answering checks.

const HEADER: usize = 20;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const USERNAME: [u8; 2] = [0x00, 0x06];

/// Our half of the user name in a binding request: what stands before the colon.
pub fn called_ufrag(datagram: &[u8]) -> Option<&str> {
    let head = datagram.get(..HEADER)?;
    if head[..2] != BINDING_REQUEST || head[4..8] != COOKIE {
        return None;
    }

    let mut rest = &datagram[HEADER..];
    while let Some((head, value)) = rest.split_first_chunk::<4>() {
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let value_here = value.get(..length)?;
        if head[..2] == USERNAME {
            return std::str::from_utf8(value_here).ok()?.split_once(':').map(|(ours, _)| ours);
        }
        rest = value.get(length.next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_check_names_the_call_it_is_for() {
        let software = [0x80, 0x22, 0, 5, b'x', b'y', b'z', b'z', b'y', 0, 0, 0];
        let user = [&[0, 6, 0, 9][..], b"ours:them", &[0; 3]].concat();

        assert_eq!(called_ufrag(&request(&[&software[..], &user].concat())), Some("ours"));
        assert_eq!(called_ufrag(&request(&software)), None);
        assert_eq!(called_ufrag(&request(&[0, 6, 0, 200, b'o'])), None);
        assert_eq!(called_ufrag(b"\x80\x6f not STUN but RTP"), None);
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = called_ufrag(&bytes);
            let _ = called_ufrag(&request(&bytes));
        }
    }

    fn request(attributes: &[u8]) -> Vec<u8> {
        [&BINDING_REQUEST[..], &[0, 0], &COOKIE, &[7; 12], attributes].concat()
    }
}
