//! Callers who want a person: their exchange is asked to put them through, or we phone the person, say what
//! it is about and join both lines.
//!
//! **Never here:** when a caller wants one, what is said.

use std::sync::atomic::AtomicU64;

use dialog::pack::Spelling;
use job_core::ids::OrgId;

use super::*;
use crate::call::handover::Handover;
use crate::config::OperatorBy;
use crate::sip::address::{Address, Uri};
use crate::sip::refer::{Failure, Handover as Transfer};

/// Calls to persons, numbered apart from all others.
const FIRST_LEG: u64 = 1 << 53;

/// Puts a caller through; the brief is for whoever takes over.
pub type PutThrough = Arc<dyn Fn(Leg, Spelling) + Send + Sync>;

/// Callers who are being put through.
#[derive(Clone)]
pub(super) struct Persons {
    wanted: Arc<Mutex<HashMap<Leg, Wanted>>>,
    next: Arc<AtomicU64>,
}

struct Wanted {
    org: OrgId,
    language: Language,
    brief: Spelling,
    /// Our call to the person.
    by: Option<Leg>,
}

impl Default for Persons {
    fn default() -> Self {
        Persons { wanted: Arc::default(), next: Arc::new(AtomicU64::new(FIRST_LEG)) }
    }
}

impl Switchboard {
    /// How a caller on this line comes to a person; `transfers` where their exchange could be asked to.
    pub fn way_to_a_person(&self, number: &Number, transfers: bool) -> Option<PutThrough> {
        let operator = self.parts.operator.clone()?;
        let asks = transfers && operator.by == OperatorBy::Transfer;
        if !asks && operator.trunk.is_none() {
            return None;
        }
        let (board, org, language) = (self.clone(), number.org.clone(), number.language);
        Some(Arc::new(move |leg, brief| {
            let wanted = Wanted { org: org.clone(), language, brief, by: None };
            lock(&board.persons.wanted).insert(leg, wanted);
            match asks {
                true => {
                    let to = operator.address.clone();
                    board.parts.handset.order(Command::HandOver { leg, to });
                }
                false => board.phone_a_person(leg),
            }
        }))
    }

    /// News of a transfer. An exchange that does not do that leaves it to us.
    pub(super) fn handed_over(&self, leg: Leg, how: Transfer) {
        let we_phone = self.parts.operator.as_ref().is_some_and(|it| it.trunk.is_some());
        let how = match how {
            Transfer::Failed(Failure::Refused(_)) if we_phone => return self.phone_a_person(leg),
            Transfer::Begun | Transfer::Rings => Handover::Rings,
            Transfer::Done => Handover::Done,
            Transfer::Failed(why) => Handover::Failed(why.to_string()),
        };
        self.pass_on(leg, Message::HandedOver(leg, how));
    }

    fn phone_a_person(&self, client: Leg) {
        let board = self.clone();
        // Orders come from a pacemaker, events from the switchboard: neither waits for a call to be placed.
        self.parts.runtime.spawn(async move {
            if let Err(why) = board.place(client).await {
                board.no_person(client, why);
            }
        });
    }

    async fn place(&self, client: Leg) -> Result<(), String> {
        let operator = self.parts.operator.clone().ok_or("nobody is named in calls.operator")?;
        let trunk = operator.trunk.ok_or("no outgoing.trunk")?;
        let leg = Leg(self.persons.next.fetch_add(1, Ordering::Relaxed));
        let errand = {
            let mut wanted = lock(&self.persons.wanted);
            let wanted = wanted.get_mut(&client).ok_or("the caller has left")?;
            wanted.by = Some(leg);
            Errand {
                org: wanted.org.clone(),
                number: number_of(&operator.address),
                language: wanted.language,
                words: wanted.brief.text.clone(),
                speech: Some(wanted.brief.speech.clone()),
                talks: false,
                joins: Some((client, operator.address.clone())),
            }
        };
        let board = self.clone();
        let ended = Arc::new(move |ended| board.no_person(client, format!("{ended:?}")));
        self.phone(leg, &trunk, errand, ended).await
    }

    /// It rings at a person's.
    pub(super) fn person_rings(&self, leg: Leg) {
        let wanted = lock(&self.persons.wanted);
        let client = wanted.iter().find(|(_, wanted)| wanted.by == Some(leg));
        if let Some((client, _)) = client {
            self.pass_on(*client, Message::HandedOver(*client, Handover::WePhone));
        }
    }

    /// Nobody is there; a call that has been joined meanwhile takes no notice.
    fn no_person(&self, client: Leg, why: String) {
        self.pass_on(client, Message::HandedOver(client, Handover::Failed(why)));
    }

    /// The caller has left: nobody need be phoned for them.
    pub(super) fn needs_no_person(&self, client: Leg) {
        let by = lock(&self.persons.wanted).remove(&client).and_then(|wanted| wanted.by);
        let Some(by) = by else { return };
        match lock(&self.calling).contains_key(&by) {
            true => self.parts.handset.order(Command::HangUp { leg: by }),
            false => self.pass_on(by, Message::Stop(by, End::HandedOver)),
        }
    }
}

/// The number or name in an address.
fn number_of(address: &str) -> String {
    let uri = Address::read(address).ok().and_then(|address| Uri::read(address.uri).ok());
    uri.map(|uri| uri.number()).unwrap_or_default()
}
