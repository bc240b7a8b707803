//! Trunks: exchanges that carry our numbers. Keeps us registered there, knows whose addresses are
//! theirs, and how each of them stands.
//!
//! **Never here:** how one registers (`sip/registration`), what is said on a call.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use web::trunk::State;

use super::certificates;
use super::doors::Line;
use super::lookup::Lookup;
use super::phone::{Doorman, Handset};
use super::switchboard::lock;
use crate::sip::agent::{AccountId, Command, Flow, Transport};
use crate::sip::digest::Credentials;
use crate::sip::locate::{Exchange, Place};
use crate::sip::registration::{Account, EXPIRES};

/// An exchange that cannot be found or reached is looked up again after so long.
const LOOKS_UP_AGAIN: Duration = Duration::from_secs(60);
/// A lost connection is opened again after this, doubled each time.
const CONNECTS_AGAIN: Duration = Duration::from_secs(1);
/// Closing waits so long for the registrars' farewell.
const FAREWELL: Duration = Duration::from_secs(1);

/// An exchange, as the owner's settings name it under `[trunks.NAME]`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Trunk {
    /// `sip.example.org`, `192.0.2.10` or either with `:port`.
    pub exchange: String,
    /// `udp`, `tcp` or `tls`; nothing: what the exchange's records ask for, UDP where they do not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<By>,
    /// PEM file of whoever vouches for the exchange's certificate; empty: whoever this machine believes.
    pub trust: PathBuf,
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

/// How an exchange is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    Udp,
    Tcp,
    Tls,
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

impl From<By> for Transport {
    fn from(by: By) -> Self {
        match by {
            By::Udp => Transport::Udp,
            By::Tcp => Transport::Tcp,
            By::Tls => Transport::Tls,
        }
    }
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
            transport: None,
            trust: PathBuf::new(),
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
    fn place(&self) -> Exchange {
        Exchange::read(&self.exchange, self.transport.map(Transport::from))
    }

    /// What follows a number there.
    fn domain(&self) -> String {
        if self.domain.is_empty() { self.place().host } else { self.domain.clone() }
    }

    fn account(&self) -> Account {
        let domain = self.domain();
        let auth = if self.auth_user.is_empty() { &self.user } else { &self.auth_user };
        Account {
            registrar: format!("sip:{domain}"),
            address: format!("sip:{}@{domain}", self.user),
            credentials: Credentials { user: auth.clone(), password: self.password.0.clone() },
            expires: Duration::from_secs(self.expires_seconds),
        }
    }
}

/// All trunks of this house.
#[derive(Clone)]
pub struct Trunks {
    handset: Handset,
    gate: Doorman,
    lookup: Lookup,
    local: SocketAddr,
    all: Arc<BTreeMap<AccountId, Known>>,
    standings: Arc<Mutex<BTreeMap<AccountId, Standing>>>,
    ways: Arc<Mutex<BTreeMap<AccountId, Way>>>,
}

/// The way out for a call of ours.
#[derive(Debug, Clone)]
pub struct WayOut {
    pub flow: Flow,
    /// What follows the number called.
    pub domain: String,
    pub us: String,
    pub credentials: Option<Credentials>,
}

/// A trunk, and whose certificates it believes.
struct Known {
    name: String,
    trunk: Trunk,
    /// Read when TLS is first wanted: a trunk by UDP needs none.
    trust: OnceLock<Arc<rustls::ClientConfig>>,
}

impl Known {
    fn trust(&self) -> anyhow::Result<Arc<rustls::ClientConfig>> {
        if let Some(trust) = self.trust.get() {
            return Ok(Arc::clone(trust));
        }
        let read = certificates::trust(&self.trunk.trust)?;
        Ok(Arc::clone(self.trust.get_or_init(|| read)))
    }
}

/// Where an exchange was last found, and which of its places is used.
#[derive(Debug, Default)]
struct Way {
    places: Vec<Place>,
    at: usize,
    /// Places tried in vain since it last went well.
    tried: usize,
    /// Connections lost since then.
    lost: u32,
}

impl Way {
    /// The next place to try; none once all were tried in vain.
    fn next(&mut self) -> Option<Place> {
        self.tried += 1;
        if self.tried >= self.places.len() {
            self.tried = 0;
            return None;
        }
        self.at = (self.at + 1) % self.places.len();
        self.places.get(self.at).copied()
    }

    /// What was found; the place in use stays in use if it is still there.
    fn found(&mut self, places: Vec<Place>) -> Place {
        let used = self.places.get(self.at).copied();
        let still = used.and_then(|used| places.iter().position(|place| *place == used));
        (self.at, self.places) = (still.unwrap_or(0), places);
        self.places[self.at]
    }
}

impl Trunks {
    pub fn new(
        settings: BTreeMap<String, Trunk>,
        handset: Handset,
        gate: Doorman,
        lookup: Lookup,
        local: SocketAddr,
    ) -> anyhow::Result<Self> {
        let mut all = BTreeMap::new();
        for (id, (name, trunk)) in (1..).map(AccountId).zip(settings) {
            let told_at_once =
                trunk.transport == Some(By::Tls) || !trunk.trust.as_os_str().is_empty();
            let known = Known { name, trunk, trust: OnceLock::new() };
            if told_at_once {
                known.trust().with_context(|| format!("trunks.{}", known.name))?;
            }
            all.insert(id, known);
        }
        let standing = |known: &Known| match known.trunk.user.is_empty() {
            true => Standing::ByAddress,
            false => Standing::Registering,
        };
        let standings = all.iter().map(|(id, known)| (*id, standing(known))).collect();
        Ok(Self {
            handset,
            gate,
            lookup,
            local,
            all: Arc::new(all),
            standings: Arc::new(Mutex::new(standings)),
            ways: Arc::default(),
        })
    }

    /// Looks every exchange up, opens the gate to it, and registers where there is an account.
    pub fn join(&self) {
        for (id, known) in self.all.iter() {
            known.trunk.sends_from.iter().for_each(|address| lock(&self.gate).befriend(*address));
            self.join_one(*id, Duration::ZERO);
        }
    }

    /// Where it was already there is nothing to say: the registration goes on by itself.
    fn join_one(&self, id: AccountId, after: Duration) {
        let trunks = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let Some(known) = trunks.all.get(&id) else {
                return;
            };
            let found = trunks.lookup.places(&known.trunk.place(), trunks.local).await;
            match found {
                Ok(places) => {
                    places.iter().for_each(|it| lock(&trunks.gate).befriend(it.address.ip()));
                    let place = lock(&trunks.ways).entry(id).or_default().found(places);
                    trunks.register(id, known, place).await;
                }
                Err(error) => trunks.astray(id, known, format!("{error:#}")),
            }
        });
    }

    /// It has no address, or none that lets us connect.
    fn astray(&self, id: AccountId, known: &Known, why: String) {
        tracing::warn!(trunk = %known.name, %why, "not registered");
        self.note(id, Standing::Failed { why });
        self.join_one(id, LOOKS_UP_AGAIN);
    }

    /// At this place, or the next where it cannot be reached.
    async fn register(&self, id: AccountId, known: &Known, mut place: Place) {
        if known.trunk.user.is_empty() {
            return;
        }
        loop {
            match self.flow(known, place).await {
                Ok(flow) => {
                    let account = known.trunk.account();
                    return self.handset.order(Command::Register { id, flow, account });
                }
                Err(why) => match self.next_place(id) {
                    Some(next) => {
                        tracing::info!(trunk = %known.name, %why, "the next place is tried");
                        place = next;
                    }
                    None => return self.astray(id, known, why),
                },
            }
        }
    }

    async fn flow(&self, known: &Known, place: Place) -> Result<Flow, String> {
        let Place { transport, address: remote } = place;
        if !transport.is_reliable() {
            return Ok(Flow { transport, local: self.local, remote, connection: 0 });
        }
        let trust = match transport {
            Transport::Tls => Some(known.trust().map_err(|error| format!("{error:#}"))?),
            Transport::Udp | Transport::Tcp | Transport::Wss => None,
        };
        // Records may lead anywhere; the certificate must be the exchange's own (RFC 5922 section 4).
        let name = known.trunk.place().host;
        self.handset.connect(Line { transport, remote, name, trust }).await
    }

    fn next_place(&self, id: AccountId) -> Option<Place> {
        lock(&self.ways).get_mut(&id)?.next()
    }

    pub fn registered(&self, id: AccountId) {
        if let Some(way) = lock(&self.ways).get_mut(&id) {
            (way.tried, way.lost) = (0, 0);
        }
        if self.note(id, Standing::Registered) {
            tracing::info!(trunk = self.name(id), "registered");
        }
    }

    /// The next place is tried at once; where there is none, and it has not moved, the registration goes
    /// on where it was.
    pub fn failed(&self, id: AccountId, why: String, again: Duration) {
        let seconds = again.as_secs();
        tracing::warn!(trunk = self.name(id), %why, again_in_s = seconds, "not registered");
        self.note(id, Standing::Failed { why });
        let next = self.next_place(id);
        let trunks = self.clone();
        tokio::spawn(async move {
            let Some(known) = trunks.all.get(&id) else {
                return;
            };
            let place = match next {
                Some(place) => Some(place),
                None => trunks.moved(id, known).await,
            };
            if let Some(place) = place {
                trunks.register(id, known, place).await;
            }
        });
    }

    /// Where it is now, if that is somewhere else.
    async fn moved(&self, id: AccountId, known: &Known) -> Option<Place> {
        let places = self.lookup.places(&known.trunk.place(), self.local).await.ok()?;
        places.iter().for_each(|it| lock(&self.gate).befriend(it.address.ip()));
        let mut ways = lock(&self.ways);
        let way = ways.entry(id).or_default();
        let used = way.places.get(way.at).copied();
        let place = way.found(places);
        (used != Some(place)).then_some(place)
    }

    /// Its connection broke: another one, at once the first time, then less and less often.
    pub fn stranded(&self, id: AccountId) {
        let why = "the connection was lost".to_owned();
        tracing::warn!(trunk = self.name(id), %why, "not registered");
        self.note(id, Standing::Failed { why });
        let lost = {
            let mut ways = lock(&self.ways);
            let way = ways.entry(id).or_default();
            way.lost += 1;
            way.lost
        };
        let wait = CONNECTS_AGAIN * 2_u32.saturating_pow(lost.min(10) - 1);
        self.join_one(id, wait.min(LOOKS_UP_AGAIN));
    }

    /// How a call of ours leaves by the trunk of that name, and who we are there.
    pub async fn way_out(&self, name: &str) -> Result<WayOut, String> {
        let known = self.all.iter().find(|(_, known)| known.name == name);
        let (id, known) = known.ok_or_else(|| format!("there is no trunk {name:?}"))?;
        if let Some(Standing::Failed { why }) = lock(&self.standings).get(id) {
            return Err(format!("trunk {name} is down: {why}"));
        }
        let place = lock(&self.ways).get(id).and_then(|way| way.places.get(way.at).copied());
        let place = place.ok_or_else(|| format!("trunk {name} has not been found yet"))?;
        let flow = self.flow(known, place).await?;
        let account = known.trunk.account();
        let domain = known.trunk.domain();
        let us =
            if known.trunk.user.is_empty() { format!("sip:{domain}") } else { account.address };
        let credentials = (!known.trunk.user.is_empty()).then_some(account.credentials);
        Ok(WayOut { flow, domain, us, credentials })
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
        self.all.get(&id).map_or("", |known| &known.name)
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
    fn every_place_is_tried_before_it_is_a_failure_and_the_one_in_use_is_kept() {
        let place = |last: u8| Place {
            transport: Transport::Udp,
            address: ([192, 0, 2, last], 5060).into(),
        };
        let mut way = Way::default();

        assert_eq!(way.found(vec![place(1), place(2), place(3)]), place(1));
        assert_eq!(way.next(), Some(place(2)));
        assert_eq!(way.found(vec![place(3), place(2), place(1)]), place(2));
        assert_eq!((way.next(), way.next()), (Some(place(1)), None));
        assert_eq!(way.found(vec![place(4)]), place(4));
        assert_eq!(way.next(), None);
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
