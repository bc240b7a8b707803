//! Who and where: URIs, named addresses, Via, and lists of them, as peers really write them.
//!
//! Everything borrows from the header and keeps its spelling; nothing is escaped anew.
//!
//! **Never here:** which address we prefer or trust.

use std::net::{IpAddr, SocketAddr};

/// Where a SIP URI without a port leads (RFC 3261 section 19.1.2).
pub const PORT: u16 = 5060;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("quoted name is not closed")]
    Quote,
    #[error("angle bracket is not closed")]
    Bracket,
    #[error("URI has no scheme")]
    Scheme,
    #[error("URI has no host")]
    Host,
    #[error("port is not a number below 65536")]
    Port,
    #[error("URI holds a space or bracket")]
    Character,
    #[error("URI brings headers")]
    Headers,
    #[error("Via is not protocol, transport and host")]
    Via,
}

/// A URI taken apart; `sip:`, `sips:` and `tel:` in detail, others by scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uri<'a> {
    pub scheme: &'a str,
    /// As written, percent signs and all; for `tel:` the number.
    pub user: Option<&'a str>,
    /// An IPv6 reference without its brackets.
    pub host: &'a str,
    pub port: Option<u16>,
    /// What follows the first `;`.
    pub params: &'a str,
    /// What follows the `?`: headers for a request made from this URI.
    pub headers: &'a str,
}

impl<'a> Uri<'a> {
    pub fn read(text: &'a str) -> Result<Self, AddressError> {
        let foreign = |c: char| c.is_whitespace() || c.is_control() || "<>\"".contains(c);
        if text.contains(foreign) {
            return Err(AddressError::Character);
        }

        let (scheme, rest) = text.split_once(':').ok_or(AddressError::Scheme)?;
        let letter = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if scheme.is_empty() || !scheme.chars().all(letter) {
            return Err(AddressError::Scheme);
        }
        if is_sip(scheme) {
            return Self::read_sip(scheme, rest);
        }

        let (user, params) = rest.split_once(';').unwrap_or((rest, ""));
        Ok(Uri { scheme, user: Some(user), host: "", port: None, params, headers: "" })
    }

    fn read_sip(scheme: &'a str, rest: &'a str) -> Result<Self, AddressError> {
        let (user, place) = match rest.rsplit_once('@') {
            Some((info, place)) => (Some(info.split(':').next().unwrap_or(info)), place),
            None => (None, rest),
        };
        let (place, headers) = place.split_once('?').unwrap_or((place, ""));
        let (place, params) = place.split_once(';').unwrap_or((place, ""));
        let (host, port) = read_host_port(place)?;
        Ok(Uri { scheme, user, host, port, params, headers })
    }

    pub fn is_sip(&self) -> bool {
        is_sip(self.scheme)
    }

    pub fn is_tel(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("tel")
    }

    /// The number or name called, percent-decoded, without the user's parameters; visual
    /// separators are dropped from a telephone number (RFC 3966 section 5.1.1).
    pub fn number(&self) -> String {
        let user = self.user.unwrap_or_default();
        let decoded = percent_decoded(user.split(';').next().unwrap_or(user));
        let by_phone = param(self.params, "user").is_some_and(|user| user == "phone");
        if self.is_tel() || by_phone {
            return decoded.chars().filter(|c| !"-.()".contains(*c)).collect();
        }
        decoded
    }

    /// The socket it names, if it names one without asking DNS.
    pub fn socket(&self) -> Option<SocketAddr> {
        let host = param(self.params, "maddr").unwrap_or(self.host);
        Some(SocketAddr::new(host.parse().ok()?, self.port.unwrap_or(PORT)))
    }

    /// Whether a Route URI is a loose router's (RFC 3261 section 16.12).
    pub fn is_loose(&self) -> bool {
        param(self.params, "lr").is_some()
    }
}

fn is_sip(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips")
}

fn read_host_port(place: &str) -> Result<(&str, Option<u16>), AddressError> {
    let (host, port) = if let Some(reference) = place.strip_prefix('[') {
        let (host, rest) = reference.split_once(']').ok_or(AddressError::Bracket)?;
        (host, rest.trim_start().strip_prefix(':'))
    } else {
        match place.split_once(':') {
            Some((host, port)) => (host.trim_end(), Some(port)),
            None => (place, None),
        }
    };
    if host.is_empty() {
        return Err(AddressError::Host);
    }

    let port = port.map(|port| port.trim().parse().map_err(|_| AddressError::Port)).transpose()?;
    Ok((host, port))
}

pub fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if first == b'%' => {
                bytes.push(byte);
                rest = &after[2..];
            }
            Some(_) | None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A From, To, Contact or Route value: a name, a URI, and the header's own parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address<'a> {
    /// Unquoted and unescaped; `None` if there is none or it is blank.
    pub display: Option<String>,
    pub uri: &'a str,
    /// What follows the first `;` after the URI.
    pub params: &'a str,
}

impl<'a> Address<'a> {
    pub fn read(value: &'a str) -> Result<Self, AddressError> {
        let value = value.trim();
        if let Some(quoted) = value.strip_prefix('"') {
            let end = end_of_quote(quoted).ok_or(AddressError::Quote)?;
            let after = quoted[end + 1..].trim_start();
            let inside = after.strip_prefix('<').ok_or(AddressError::Bracket)?;
            return Self::bracketed(unescaped(&quoted[..end]), inside);
        }
        if let Some((name, inside)) = value.split_once('<') {
            return Self::bracketed(name.to_owned(), inside);
        }

        let (uri, params) = value.split_once(';').unwrap_or((value, ""));
        Ok(Address { display: None, uri: uri.trim_end(), params })
    }

    fn bracketed(name: String, inside: &'a str) -> Result<Self, AddressError> {
        let (uri, rest) = inside.split_once('>').ok_or(AddressError::Bracket)?;
        let params = rest.trim_start().strip_prefix(';').unwrap_or_default();
        let name = name.trim();
        let display = (!name.is_empty()).then(|| name.to_owned());
        Ok(Address { display, uri: uri.trim(), params })
    }

    pub fn tag(&self) -> Option<&'a str> {
        param(self.params, "tag").filter(|tag| !tag.is_empty())
    }
}

/// Where the closing quote stands in what follows the opening one.
fn end_of_quote(quoted: &str) -> Option<usize> {
    let mut escaped = false;
    quoted.char_indices().find_map(|(at, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at)
    })
}

pub(super) fn unescaped(quoted: &str) -> String {
    let mut out = String::with_capacity(quoted.len());
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        out.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    out
}

/// One hop of a Via header (RFC 3261 section 20.42).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Via<'a> {
    pub transport: &'a str,
    /// Host and port as written.
    pub sent_by: &'a str,
    pub host: &'a str,
    pub port: Option<u16>,
    pub params: &'a str,
}

impl<'a> Via<'a> {
    pub fn read(value: &'a str) -> Result<Self, AddressError> {
        let (hop, params) = value.split_once(';').unwrap_or((value, ""));
        let mut parts = hop.splitn(3, '/');
        let protocol = parts.next().ok_or(AddressError::Via)?.trim();
        let _version = parts.next().ok_or(AddressError::Via)?;
        let rest = parts.next().ok_or(AddressError::Via)?.trim();
        let space = rest.find(char::is_whitespace).ok_or(AddressError::Via)?;
        if !protocol.eq_ignore_ascii_case("SIP") {
            return Err(AddressError::Via);
        }

        let (transport, sent_by) = (&rest[..space], rest[space..].trim());
        let (host, port) = read_host_port(sent_by)?;
        Ok(Via { transport, sent_by, host, port, params })
    }

    pub fn branch(&self) -> Option<&'a str> {
        param(self.params, "branch").filter(|branch| !branch.is_empty())
    }

    /// Whether the sender asked for its port to be filled in (RFC 3581).
    pub fn wants_rport(&self) -> bool {
        param(self.params, "rport").is_some()
    }

    /// Whether the sender's own idea of its address is what the network saw.
    pub fn names(&self, seen: IpAddr) -> bool {
        self.host.parse() == Ok(seen)
    }
}

/// The header value with `received` and `rport` filled in on its first hop, as the transport
/// that took the request in must (RFC 3261 section 18.2.1, RFC 3581 section 4).
pub fn stamped(value: &str, seen: SocketAddr) -> Option<String> {
    let first = list(value).next()?;
    let via = Via::read(first).ok()?;
    let others = value[offset_in(first, value) + first.len()..].trim_end();

    let hop = first.split(';').next().unwrap_or(first).trim_end();
    let mut out = hop.to_owned();
    for (name, whole) in params(via.params) {
        if !name.eq_ignore_ascii_case("received") && !name.eq_ignore_ascii_case("rport") {
            out.push(';');
            out.push_str(whole);
        }
    }
    if via.wants_rport() || !via.names(seen.ip()) {
        out.push_str(&format!(";received={}", seen.ip()));
    }
    if via.wants_rport() {
        out.push_str(&format!(";rport={}", seen.port()));
    }
    out.push_str(others);
    Some(out)
}

fn offset_in(part: &str, whole: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

/// The members of a comma-separated header; commas inside quotes and brackets do not count.
pub fn list(value: &str) -> impl Iterator<Item = &str> {
    split_outside(value, ',').map(str::trim).filter(|member| !member.is_empty())
}

/// Whether a member of a list is nothing but separators.
pub fn has_gap(value: &str) -> bool {
    split_outside(value, ',').any(|member| member.trim_matches([' ', '\t', ';']).is_empty())
}

/// The value of a parameter: empty for one without `=`, `None` if absent.
pub fn param<'a>(params_text: &'a str, name: &str) -> Option<&'a str> {
    let (_, whole) = params(params_text).find(|(said, _)| said.eq_ignore_ascii_case(name))?;
    Some(whole.split_once('=').map_or("", |(_, value)| value.trim()))
}

/// Each parameter's name and its whole text.
fn params(text: &str) -> impl Iterator<Item = (&str, &str)> {
    split_outside(text, ';').map(str::trim).filter(|whole| !whole.is_empty()).map(|whole| {
        let name = whole.split_once('=').map_or(whole, |(name, _)| name.trim_end());
        (name, whole)
    })
}

fn split_outside(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped, mut bracketed) = (false, false, false);
    text.split(move |c: char| {
        let literal = escaped;
        escaped = quoted && c == '\\' && !literal;
        match c {
            '"' if !literal => quoted = !quoted,
            '<' if !quoted => bracketed = true,
            '>' if !quoted => bracketed = false,
            _ => {}
        }
        c == separator && !quoted && !bracketed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_name_cannot_pass_for_the_address() {
        let value = r#""Bank <sip:112@bank>, \"the\" one;tag=9" <sip:bob@x.example>;tag=7"#;

        let address = Address::read(value).expect("readable");

        assert_eq!(address.uri, "sip:bob@x.example");
        assert_eq!(address.tag(), Some("7"));
        assert_eq!(address.display.as_deref(), Some(r#"Bank <sip:112@bank>, "the" one;tag=9"#));
        assert_eq!(list(value).count(), 1);
    }

    #[test]
    fn without_brackets_parameters_are_the_headers() {
        let address = Address::read("sip:a@b;tag=1").expect("readable");

        assert_eq!((address.uri, address.tag()), ("sip:a@b", Some("1")));
    }

    #[test]
    fn unclosed_quotes_and_brackets_are_named() {
        assert_eq!(Address::read("\"Bob <sip:b@x>"), Err(AddressError::Quote));
        assert_eq!(Address::read("Bob <sip:b@x"), Err(AddressError::Bracket));
    }

    #[test]
    fn uris_of_every_shape_are_taken_apart() {
        let crazy = "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1@example.com";
        let cases = [
            ("sip:100@127.0.0.1:5070;transport=tcp", "100", "127.0.0.1", Some(5070)),
            ("sips:[2001:db8::10]:5061", "", "2001:db8::10", Some(5061)),
            ("tel:+7-401-255(01)01;phone-context=ru", "+74012550101", "", None),
            ("sip:*21%23@h", "*21#", "h", None),
            ("sip:+1.201;isub=1@h;user=phone", "+1201", "h", None),
            ("sip:alice:secret@h?subject=x", "alice", "h", None),
            (crazy, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/", "example.com", None),
        ];

        for (text, number, host, port) in cases {
            let uri = Uri::read(text).expect(text);
            assert_eq!((uri.number().as_str(), uri.host, uri.port), (number, host, port), "{text}");
        }
    }

    #[test]
    fn what_is_no_uri_is_refused() {
        assert_eq!(Uri::read("100"), Err(AddressError::Scheme));
        assert_eq!(Uri::read("sip:"), Err(AddressError::Host));
        assert_eq!(Uri::read("sip:a@h:99999"), Err(AddressError::Port));
        assert_eq!(Uri::read("<sip:a@h>"), Err(AddressError::Character));
        assert_eq!(Uri::read("sip:a@[::1"), Err(AddressError::Bracket));
    }

    #[test]
    fn the_first_hop_is_stamped_with_what_the_network_saw() {
        let value = "SIP / 2.0 / UDP 10.0.0.5:5060 ;rport;branch=z9hG4bKa , SIP/2.0/TCP p;branch=b";

        let stamped = stamped(value, "203.0.113.7:40000".parse().expect("socket"));

        assert_eq!(
            stamped.as_deref(),
            Some(
                "SIP / 2.0 / UDP 10.0.0.5:5060;branch=z9hG4bKa;received=203.0.113.7;rport=40000 \
                 , SIP/2.0/TCP p;branch=b"
            )
        );
    }

    #[test]
    fn a_truthful_via_stays_as_it_is() {
        let value = "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111";

        let stamped = stamped(value, "[2001:db8::9:1]:5060".parse().expect("socket"));

        assert_eq!(stamped.as_deref(), Some(value));
    }
}
