//! Trunks: exchanges that carry our numbers. Keeps us registered there, knows whose addresses are
//! theirs, and how each of them stands.
//!
//! **Never here:** how one registers (`sip/registration`), what is said on a call.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use web::trunk::State;

use super::phone::{Doorman, Handset};
use super::switchboard::lock;
use crate::sip::address::PORT;
use crate::sip::agent::{AccountId, Command, Flow, Transport};
use crate::sip::digest::Credentials;
use crate::sip::registration::{Account, EXPIRES};

/// An exchange without an address is looked up again after so long.
const LOOKS_UP_AGAIN: Duration = Duration::from_secs(60);
/// Closing waits so long for the registrars' farewell.
const FAREWELL: Duration = Duration::from_secs(1);

/// An exchange, as the owner's settings name it under `[trunks.NAME]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trunk {
    /// `sip.example.org`, `192.0.2.10` or either with `:port`.
    pub exchange: String,
    /// The domain of our address there, where it is not the exchange's own name.
    pub domain: String,
    /// Our number or user name there; empty: no registration, the exchange knows us by address.
    pub user: String,
    /// For the proof, where it is another name.
    pub auth_user: String,
    /// From the environment only: `GUDOK_TRUNKS__NAME__PASSWORD`.
    #[serde(skip_serializing)]
    pub password: Password,
    pub expires_seconds: u64,
    /// Further addresses its calls come from.
    pub sends_from: Vec<IpAddr>,
}

/// Never printed.
#[derive(Clone, Default, Deserialize)]
#[serde(from = "serde_json::Value")]
pub struct Password(String);

/// How a trunk stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Known by its address; nothing to register.
    ByAddress,
    Registering,
    Registered,
    Failed {
        why: String,
    },
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password")
    }
}

/// A password of digits alone comes from the environment as a number.
impl From<serde_json::Value> for Password {
    fn from(value: serde_json::Value) -> Self {
        Self(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }
}

impl Default for Trunk {
    fn default() -> Self {
        Self {
            exchange: String::new(),
            domain: String::new(),
            user: String::new(),
            auth_user: String::new(),
            password: Password::default(),
            expires_seconds: EXPIRES.as_secs(),
            sends_from: Vec::new(),
        }
    }
}

impl Trunk {
    /// The name and port to look up.
    fn host(&self) -> (&str, u16) {
        let port = self.exchange.rsplit_once(':').and_then(|(host, port)| {
            let alone = !host.contains(':') || host.ends_with(']');
            Some((host, port.parse().ok()?)).filter(|_| alone)
        });
        port.unwrap_or((&self.exchange, PORT))
    }

    fn account(&self) -> Account {
        let domain = if self.domain.is_empty() { self.host().0 } else { &self.domain };
        let auth = if self.auth_user.is_empty() { &self.user } else { &self.auth_user };
        Account {
            registrar: format!("sip:{domain}"),
            address: format!("sip:{}@{domain}", self.user),
            credentials: Credentials { user: auth.clone(), password: self.password.0.clone() },
            expires: Duration::from_secs(self.expires_seconds),
        }
    }

    /// Its first address of the family we listen on.
    async fn resolve(&self, local: SocketAddr) -> anyhow::Result<SocketAddr> {
        let (host, port) = self.host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let mut found = tokio::net::lookup_host((host, port))
            .await
            .with_context(|| format!("no address for {host}"))?;
        let wanted = found.find(|address| address.is_ipv4() == local.is_ipv4());
        wanted.with_context(|| format!("{host} has no address of our kind of network"))
    }
}

/// All trunks of this house.
#[derive(Clone)]
pub struct Trunks {
    handset: Handset,
    gate: Doorman,
    local: SocketAddr,
    all: Arc<BTreeMap<AccountId, (String, Trunk)>>,
    standings: Arc<Mutex<BTreeMap<AccountId, Standing>>>,
    /// Where each was last found.
    found: Arc<Mutex<BTreeMap<AccountId, SocketAddr>>>,
}

impl Trunks {
    pub fn new(
        settings: BTreeMap<String, Trunk>,
        handset: Handset,
        gate: Doorman,
        local: SocketAddr,
    ) -> Self {
        let all: BTreeMap<_, _> = (1..).map(AccountId).zip(settings).collect();
        let standing = |trunk: &Trunk| match trunk.user.is_empty() {
            true => Standing::ByAddress,
            false => Standing::Registering,
        };
        let standings = all.iter().map(|(id, (_, trunk))| (*id, standing(trunk))).collect();
        Self {
            handset,
            gate,
            local,
            all: Arc::new(all),
            standings: Arc::new(Mutex::new(standings)),
            found: Arc::default(),
        }
    }

    /// Looks every exchange up, opens the gate to it, and registers where there is an account.
    pub fn join(&self) {
        for (id, (_, trunk)) in self.all.iter() {
            trunk.sends_from.iter().for_each(|address| lock(&self.gate).befriend(*address));
            self.join_one(*id);
        }
    }

    /// Where it was already there is nothing to say: the registration goes on by itself.
    fn join_one(&self, id: AccountId) {
        let trunks = self.clone();
        tokio::spawn(async move {
            let Some((name, trunk)) = trunks.all.get(&id) else {
                return;
            };
            match trunk.resolve(trunks.local).await {
                Ok(remote) => {
                    lock(&trunks.gate).befriend(remote.ip());
                    let before = lock(&trunks.found).insert(id, remote);
                    if trunk.user.is_empty() || before == Some(remote) {
                        return;
                    }
                    let local = trunks.local;
                    let flow = Flow { transport: Transport::Udp, local, remote, connection: 0 };
                    let account = trunk.account();
                    trunks.handset.order(Command::Register { id, flow, account });
                }
                Err(error) => {
                    tracing::warn!(trunk = %name, error = format!("{error:#}"), "not registered");
                    trunks.note(id, Standing::Failed { why: format!("{error:#}") });
                    // Once found, its registration goes on where it was, and fails aloud.
                    if lock(&trunks.found).contains_key(&id) {
                        return;
                    }
                    tokio::time::sleep(LOOKS_UP_AGAIN).await;
                    trunks.join_one(id);
                }
            }
        });
    }

    pub fn registered(&self, id: AccountId) {
        if self.note(id, Standing::Registered) {
            tracing::info!(trunk = self.name(id), "registered");
        }
    }

    pub fn failed(&self, id: AccountId, why: String, again: Duration) {
        let seconds = again.as_secs();
        tracing::warn!(trunk = self.name(id), %why, again_in_s = seconds, "not registered");
        self.note(id, Standing::Failed { why });
        // It may have moved.
        self.join_one(id);
    }

    pub fn left(&self, id: AccountId) {
        self.note(id, Standing::ByAddress);
    }

    /// What comes from there is as true as the exchange.
    pub fn vouch(&self, address: IpAddr) -> bool {
        lock(&self.gate).is_friend(address)
    }

    /// No more calls, please; returns once every registrar has heard it, or soon.
    pub async fn leave(&self) {
        let registered = |standings: &BTreeMap<AccountId, Standing>| {
            standings.values().filter(|it| **it == Standing::Registered).count()
        };
        for (id, standing) in lock(&self.standings).iter() {
            if *standing == Standing::Registered {
                self.handset.order(Command::Unregister { id: *id });
            }
        }
        let all_left = async {
            while registered(&lock(&self.standings)) > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(FAREWELL, all_left).await;
    }

    /// Each by its name, for the pages.
    pub fn told(&self) -> Vec<web::trunk::Trunk> {
        let told = |(id, standing): (&AccountId, &Standing)| web::trunk::Trunk {
            name: self.name(*id).to_owned(),
            state: match standing {
                Standing::ByAddress | Standing::Registered => State::Up,
                Standing::Registering => State::Joining,
                Standing::Failed { why } => State::Down(why.clone()),
            },
        };
        lock(&self.standings).iter().map(told).collect()
    }

    fn name(&self, id: AccountId) -> &str {
        self.all.get(&id).map_or("", |(name, _)| name)
    }

    /// Whether that is news.
    fn note(&self, id: AccountId, standing: Standing) -> bool {
        let before = lock(&self.standings).insert(id, standing.clone());
        before.as_ref() != Some(&standing)
    }
}

impl std::fmt::Debug for Trunks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trunks").field("standings", &self.standings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_is_named_with_or_without_its_port() {
        let named = |exchange: &str| Trunk { exchange: exchange.into(), ..Trunk::default() };

        assert_eq!(named("sip.example.org").host(), ("sip.example.org", 5060));
        assert_eq!(named("192.0.2.10:5080").host(), ("192.0.2.10", 5080));
        assert_eq!(named("2001:db8::1").host(), ("2001:db8::1", 5060));
        assert_eq!(named("[2001:db8::1]:5080").host(), ("[2001:db8::1]", 5080));
    }

    #[test]
    fn an_account_is_what_the_settings_say_and_its_password_is_nobodys_business() {
        let text = "exchange = \"10.0.0.1:5070\"\nuser = \"74012000000\"\npassword = 12345\n\
                    domain = \"pbx.example\"";
        let trunk: Trunk = toml::from_str(text).unwrap();

        let account = trunk.account();

        assert_eq!(account.registrar, "sip:pbx.example");
        assert_eq!(account.address, "sip:74012000000@pbx.example");
        assert_eq!(account.credentials.password, "12345");
        assert!(!format!("{trunk:?} {account:?}").contains("12345"));
        assert!(!toml::to_string(&trunk).unwrap().contains("12345"));
    }
}
