//! Asks the name servers where an exchange is: all the places it can be reached at, best first.
//!
//! **Never here:** what is asked for and in what order its answers count (`sip/locate`).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

use super::switchboard::lock;
use crate::sip::agent::Transport;
use crate::sip::locate::{self, Exchange, Place, Pointer, Server, Service, Step};

/// One name server is asked for so long.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);
/// More places are no exchange but an attack.
const PLACES_MAX: usize = 16;

/// Whoever knows where names lead.
#[derive(Clone)]
pub struct Lookup {
    resolver: Arc<TokioResolver>,
    random: Arc<Mutex<ChaCha20Rng>>,
}

impl Lookup {
    /// Asks these name servers, or the machine's own where none is named.
    pub fn new(servers: &[SocketAddr], random: Arc<Mutex<ChaCha20Rng>>) -> anyhow::Result<Self> {
        let mut builder = match servers.is_empty() {
            true => TokioResolver::builder_tokio().context("the machine's name servers")?,
            false => {
                let provider = TokioRuntimeProvider::default();
                TokioResolver::builder_with_config(named(servers), provider)
            }
        };
        builder.options_mut().timeout = ANSWERS_WITHIN;
        Ok(Self { resolver: Arc::new(builder.build()?), random })
    }

    /// At least one place, of the kind of network `like` belongs to.
    pub async fn places(
        &self,
        exchange: &Exchange,
        like: SocketAddr,
    ) -> anyhow::Result<Vec<Place>> {
        let mut places = match exchange.step() {
            Step::Go(place) => vec![place],
            Step::Addresses(transport, port) => self.at(&exchange.host, port, transport).await?,
            Step::Services(services) => self.serving(exchange, services).await?,
            Step::Pointers => {
                let pointed = locate::pointed_to(self.pointers(&exchange.host).await);
                let services = if pointed.is_empty() { exchange.services() } else { pointed };
                self.serving(exchange, services).await?
            }
        };
        places.retain(|place| place.address.is_ipv4() == like.is_ipv4());
        places.truncate(PLACES_MAX);
        anyhow::ensure!(
            !places.is_empty(),
            "{} has no address of our kind of network",
            exchange.host
        );
        Ok(places)
    }

    /// What these services' servers are, or the host itself where there is no such service.
    async fn serving(
        &self,
        exchange: &Exchange,
        services: Vec<Service>,
    ) -> anyhow::Result<Vec<Place>> {
        let mut places = Vec::new();
        for service in services {
            for server in self.servers(&service.name).await {
                let found = self.at(&server.host, server.port, service.transport).await;
                places.extend(found.unwrap_or_default());
            }
        }
        if places.is_empty() {
            let (transport, port) = exchange.plain();
            return self.at(&exchange.host, port, transport).await;
        }
        Ok(places)
    }

    async fn pointers(&self, host: &str) -> Vec<Pointer> {
        let pointer = |data: &RData| match data {
            RData::NAPTR(naptr) => Some(Pointer {
                order: naptr.order,
                preference: naptr.preference,
                flags: String::from_utf8_lossy(&naptr.flags).into_owned(),
                service: String::from_utf8_lossy(&naptr.services).into_owned(),
                replacement: naptr.replacement.to_utf8(),
            }),
            _ => None,
        };
        self.records(host, RecordType::NAPTR, pointer).await
    }

    async fn servers(&self, name: &str) -> Vec<Server> {
        let server = |data: &RData| match data {
            RData::SRV(srv) => Some(Server {
                host: srv.target.to_utf8(),
                port: srv.port,
                priority: srv.priority,
                weight: srv.weight,
            }),
            _ => None,
        };
        let servers = self.records(name, RecordType::SRV, server).await;
        locate::in_order(servers, |below| {
            ((u64::from(lock(&self.random).next_u32()) * u64::from(below)) >> 32) as u32
        })
    }

    /// None where the name server has none, or is silent: names lead somewhere without them too.
    async fn records<T>(
        &self,
        name: &str,
        kind: RecordType,
        read: impl Fn(&RData) -> Option<T>,
    ) -> Vec<T> {
        match self.resolver.lookup(full(name), kind).await {
            Ok(found) => found.answers().iter().filter_map(|it| read(&it.data)).collect(),
            Err(error) => {
                tracing::debug!(name, %kind, %error, "no records");
                Vec::new()
            }
        }
    }

    async fn at(&self, host: &str, port: u16, transport: Transport) -> anyhow::Result<Vec<Place>> {
        let found = self.resolver.lookup_ip(full(host)).await;
        let found = found.with_context(|| format!("no address for {host}"))?;
        let place = |ip| Place { transport, address: SocketAddr::new(ip, port) };
        Ok(found.iter().map(place).collect())
    }
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Lookup")
    }
}

/// An exchange's name is whole as it stands, unless it is of this machine or its network.
fn full(name: &str) -> String {
    match name.contains('.') && !name.ends_with('.') {
        true => format!("{name}."),
        false => name.to_owned(),
    }
}

fn named(servers: &[SocketAddr]) -> ResolverConfig {
    let server = |address: &SocketAddr| {
        let connections =
            [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = address.port();
                connection
            });
        NameServerConfig::new(address.ip(), true, connections.into())
    };
    ResolverConfig::from_parts(None, Vec::new(), servers.iter().map(server).collect())
}
