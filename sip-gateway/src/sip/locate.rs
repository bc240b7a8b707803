//! Where an exchange's name leads: which records to ask for, and in what order to try what they say
//! (RFC 3263 section 4, RFC 2782).
//!
//! **Never here:** asking, connecting.

use std::net::{IpAddr, SocketAddr};

use super::address;
use super::event::Transport;

/// Where a `sips:` or TLS address without a port leads (RFC 3261 section 19.1.2).
pub const TLS_PORT: u16 = 5061;
/// What we can go out by, the usual first.
const WAYS: [Transport; 3] = [Transport::Udp, Transport::Tcp, Transport::Tls];

/// A place to be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    pub transport: Transport,
    pub address: SocketAddr,
}

/// An exchange as the owner names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// A name, or an address without brackets.
    pub host: String,
    pub port: Option<u16>,
    /// Nothing: whatever its records say.
    pub transport: Option<Transport>,
}

/// What to do first to find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// It is there already.
    Go(Place),
    /// The host's own addresses, at this port.
    Addresses(Transport, u16),
    /// SRV records of these names; where none of them is there, the host's own addresses.
    Services(Vec<Service>),
    /// NAPTR records first; where they name nothing of ours, `services`.
    Pointers,
}

/// A name that has SRV records, and how one goes to what they name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub transport: Transport,
    pub name: String,
}

/// One SRV record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub priority: u16,
    pub weight: u16,
}

/// One NAPTR record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pointer {
    pub order: u16,
    pub preference: u16,
    /// `s` points to SRV records; other kinds are not for us.
    pub flags: String,
    /// `SIP+D2U`, `SIP+D2T`, `SIPS+D2T`
    pub service: String,
    pub replacement: String,
}

impl Exchange {
    /// `sip.example.org`, `192.0.2.10`, `2001:db8::1`, each with or without a port (in brackets then).
    pub fn read(text: &str, transport: Option<Transport>) -> Self {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, port.parse().ok())
            }
            Some(_) | None => (text, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Exchange { host, port, transport }
    }

    pub fn step(&self) -> Step {
        let transport = self.transport.unwrap_or(Transport::Udp);
        let port = self.port.unwrap_or(usual_port(transport));
        match (self.host.parse::<IpAddr>(), self.port, self.transport) {
            (Ok(address), _, _) => {
                Step::Go(Place { transport, address: SocketAddr::new(address, port) })
            }
            (Err(_), Some(_), _) => Step::Addresses(transport, port),
            (Err(_), None, Some(transport)) => Step::Services(vec![self.service(transport)]),
            (Err(_), None, None) => Step::Pointers,
        }
    }

    /// What the host's SRV records would be called.
    fn service(&self, transport: Transport) -> Service {
        let label = match transport {
            Transport::Udp => "_sip._udp",
            Transport::Tcp => "_sip._tcp",
            Transport::Tls | Transport::Wss => "_sips._tcp",
        };
        Service { transport, name: format!("{label}.{}", self.host) }
    }

    /// Every service we could use, for an exchange that points to none.
    pub fn services(&self) -> Vec<Service> {
        WAYS.map(|transport| self.service(transport)).into()
    }

    /// Where no record says more: the host itself.
    pub fn plain(&self) -> (Transport, u16) {
        let transport = self.transport.unwrap_or(Transport::Udp);
        (transport, usual_port(transport))
    }
}

fn usual_port(transport: Transport) -> u16 {
    match transport {
        Transport::Udp | Transport::Tcp => address::PORT,
        Transport::Tls | Transport::Wss => TLS_PORT,
    }
}

/// The services these records point to, best first, of those we know.
pub fn pointed_to(mut pointers: Vec<Pointer>) -> Vec<Service> {
    pointers.sort_by_key(|pointer| (pointer.order, pointer.preference));
    let service = |pointer: Pointer| {
        let transport = match pointer.service.to_ascii_uppercase().as_str() {
            "SIP+D2U" => Transport::Udp,
            "SIP+D2T" => Transport::Tcp,
            "SIPS+D2T" => Transport::Tls,
            _ => return None,
        };
        let ours = pointer.flags.eq_ignore_ascii_case("s");
        ours.then_some(Service { transport, name: pointer.replacement })
    };
    pointers.into_iter().filter_map(service).collect()
}

/// Lower priorities first; among equals by lot, heavier ones likelier (RFC 2782). `chance` draws a
/// number below its argument.
pub fn in_order(mut servers: Vec<Server>, mut chance: impl FnMut(u32) -> u32) -> Vec<Server> {
    // A single dot says: no such service here.
    servers.retain(|server| !server.host.trim_end_matches('.').is_empty());
    servers.sort_by_key(|server| (server.priority, server.weight));
    let mut ordered = Vec::with_capacity(servers.len());
    while let Some(first) = servers.first() {
        let equals = servers.iter().take_while(|server| server.priority == first.priority).count();
        let total: u32 = servers[..equals].iter().map(|server| u32::from(server.weight)).sum();
        let mut drawn = chance(total + 1);
        let chosen = servers[..equals].iter().position(|server| {
            let weight = u32::from(server.weight);
            let here = drawn <= weight;
            drawn = drawn.saturating_sub(weight);
            here
        });
        ordered.push(servers.remove(chosen.unwrap_or(0)));
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(text: &str, transport: Option<Transport>) -> Step {
        Exchange::read(text, transport).step()
    }

    fn go(transport: Transport, address: &str) -> Step {
        Step::Go(Place { transport, address: address.parse().unwrap() })
    }

    #[test]
    fn what_is_asked_depends_on_what_is_said_already() {
        use Transport::{Tcp, Tls, Udp};
        assert_eq!(exchange("192.0.2.10", None), go(Udp, "192.0.2.10:5060"));
        assert_eq!(exchange("192.0.2.10:5080", Some(Tcp)), go(Tcp, "192.0.2.10:5080"));
        assert_eq!(exchange("2001:db8::1", Some(Tls)), go(Tls, "[2001:db8::1]:5061"));
        assert_eq!(exchange("[2001:db8::1]:5080", None), go(Udp, "[2001:db8::1]:5080"));
        assert_eq!(exchange("sip.example.org:5070", None), Step::Addresses(Udp, 5070));
        let tls = Service { transport: Tls, name: "_sips._tcp.sip.example.org".into() };
        assert_eq!(exchange("sip.example.org", Some(Tls)), Step::Services(vec![tls]));
        assert_eq!(exchange("sip.example.org", None), Step::Pointers);
    }

    #[test]
    fn pointers_are_followed_in_their_order_where_we_know_the_way() {
        let pointer = |order, preference, flags: &str, service: &str| Pointer {
            order,
            preference,
            flags: flags.into(),
            service: service.into(),
            replacement: format!("{order}.{preference}"),
        };
        let services = pointed_to(vec![
            pointer(50, 50, "s", "SIP+D2U"),
            pointer(10, 90, "s", "SIPS+D2T"),
            pointer(10, 10, "s", "SIP+D2S"),
            pointer(10, 20, "u", "E2U+sip"),
            pointer(10, 30, "S", "sip+d2t"),
        ]);

        let ways: Vec<_> = services.iter().map(|it| (it.transport, it.name.as_str())).collect();
        let expected =
            [(Transport::Tcp, "10.30"), (Transport::Tls, "10.90"), (Transport::Udp, "50.50")];
        assert_eq!(ways, expected);
    }

    #[test]
    fn heavier_servers_come_first_more_often_and_priorities_are_kept() {
        let server = |host: &str, priority, weight| Server {
            host: host.into(),
            port: 5060,
            priority,
            weight,
        };
        let all = vec![
            server("last", 20, 100),
            server("light", 10, 10),
            server("heavy", 10, 90),
            server("none", 10, 0),
            server(".", 1, 1),
        ];
        let mut state = 1_u32;
        let mut chance = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((u64::from(state) * u64::from(below)) >> 32) as u32
        };
        let mut firsts = std::collections::HashMap::new();
        for _ in 0..1_000 {
            let order = in_order(all.clone(), &mut chance);
            assert_eq!(order.len(), 4);
            assert_eq!(order[3].host, "last");
            *firsts.entry(order[0].host.clone()).or_insert(0) += 1;
        }
        assert!((850..950).contains(&firsts["heavy"]), "{firsts:?}");
        assert!(firsts["light"] > 60 && firsts["none"] > 0, "{firsts:?}");
    }
}
