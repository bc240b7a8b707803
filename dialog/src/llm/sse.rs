//! Server-sent events as they arrive in pieces (WHATWG HTML, "Server-sent events").
//!
//! **Never here:** what an event holds.

/// An event longer than this is none.
const EVENT_MAX: usize = 1 << 20;

#[derive(Debug, Default)]
pub struct Events {
    rest: Vec<u8>,
    data: String,
}

impl Events {
    /// The data of every event that these bytes complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<String> {
        self.rest.extend_from_slice(bytes);
        let mut whole = Vec::new();
        while let Some(at) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=at).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            match line.strip_prefix("data:") {
                Some(data) => {
                    if !self.data.is_empty() {
                        self.data.push('\n');
                    }
                    self.data.push_str(data.strip_prefix(' ').unwrap_or(data));
                }
                None if line.is_empty() && !self.data.is_empty() => {
                    whole.push(std::mem::take(&mut self.data));
                }
                None => {}
            }
        }
        if self.rest.len() + self.data.len() > EVENT_MAX {
            (self.rest, self.data) = (Vec::new(), String::new());
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_whatever_pieces_they_arrive_in() {
        let text = ": hello\r\nevent: a\r\ndata: {\"x\":\r\ndata: 1}\r\n\r\ndata:[DONE]\n\n";
        for at_once in [1, 3, 100] {
            let mut events = Events::default();
            let whole: Vec<String> =
                text.as_bytes().chunks(at_once).flat_map(|piece| events.push(piece)).collect();
            assert_eq!(whole, ["{\"x\":\n1}", "[DONE]"]);
        }
    }

    #[test]
    fn an_event_without_end_is_forgotten() {
        let mut events = Events::default();
        for _ in 0..40 {
            assert!(events.push(&[b'x'; 100_000]).is_empty());
        }
        assert!(events.rest.len() <= EVENT_MAX);
    }
}
