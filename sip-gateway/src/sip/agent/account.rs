//! Accounts at registrars: kept registered for as long as we want to be.
//!
//! **Never here:** what an answer means (`registration`), what becomes of it in the house.

use super::super::address::{Address, Uri};
use super::super::digest::Credentials;
use super::super::registration::{Account, Next, Registration};
use super::*;
use std::net::IpAddr;

#[derive(Debug)]
pub(super) struct Enrolled {
    registration: Registration,
    flow: Flow,
    /// What we say where we are.
    contact: String,
}

impl Enrolled {
    /// Ours at whoever has that address.
    pub(super) fn credentials_at(&self, address: IpAddr) -> Option<Credentials> {
        let same = self.flow.remote.ip() == address;
        same.then(|| self.registration.credentials().clone())
    }
}

impl Agent {
    pub(super) fn enrol(&mut self, id: AccountId, flow: Flow, account: Account) {
        let contact = self.contact_of(&user_of(&account.address), flow);
        match self.accounts.get_mut(&id) {
            Some(enrolled) => {
                enrolled.flow = flow;
                enrolled.contact = contact;
            }
            None => {
                let registration = Registration::new(account, self.word(), self.word());
                let enrolled = Enrolled { registration, flow, contact };
                self.accounts.insert(id, enrolled);
            }
        }
        self.register(id);
    }

    pub(super) fn leave_registrar(&mut self, id: AccountId) {
        if let Some(enrolled) = self.accounts.get_mut(&id) {
            enrolled.registration.leave();
            self.register(id);
        }
    }

    /// The next REGISTER.
    pub(super) fn register(&mut self, id: AccountId) {
        let cnonce = self.word();
        let Some(enrolled) = self.accounts.get_mut(&id) else {
            return;
        };
        let request = enrolled.registration.request(&enrolled.contact, &cnonce);
        let flow = enrolled.flow;
        self.send(request, flow, User::Account(id));
    }

    /// An empty line (RFC 5626 section 3.5.1 has it over streams, everybody has it over UDP).
    pub(super) fn keep_alive(&mut self, id: AccountId) {
        if let Some(enrolled) = self.accounts.get(&id) {
            self.desk.send(enrolled.flow, b"\r\n\r\n".to_vec());
            self.keep_alive_later(id);
        }
    }

    /// Streams are kept alive by whoever holds them.
    fn keep_alive_later(&mut self, id: AccountId) {
        let transport = self.accounts.get(&id).map(|enrolled| enrolled.flow.transport);
        if let Some(wait) = transport.and_then(|transport| Timer::KeepAlive.first(transport)) {
            self.desk.wait(Owner::Account(id), Timer::KeepAlive, wait);
        }
    }

    pub(super) fn registrar_answered(&mut self, id: AccountId, response: &Message) {
        let chance = self.chance.next_u32() as u16;
        let Some(enrolled) = self.accounts.get_mut(&id) else {
            return;
        };
        let next = enrolled.registration.learn(response, &enrolled.contact, chance);
        self.go_on(id, next);
    }

    /// Whoever was registered over this stream waits for a new way.
    pub(super) fn strand(&mut self, flow: Flow) {
        let over_it = |(id, enrolled): (&AccountId, &Enrolled)| {
            let theirs = enrolled.flow;
            let same = (theirs.transport, theirs.connection) == (flow.transport, flow.connection);
            same.then_some(*id)
        };
        let stranded: Vec<AccountId> = self.accounts.iter().filter_map(over_it).collect();
        for id in stranded {
            self.desk.stop(Owner::Account(id), Timer::Register);
            self.desk.tell(Event::Stranded { id });
        }
    }

    pub(super) fn registrar_silent(&mut self, id: AccountId) {
        let chance = self.chance.next_u32() as u16;
        if let Some(enrolled) = self.accounts.get_mut(&id) {
            let next = enrolled.registration.unanswered(chance);
            self.go_on(id, next);
        }
    }

    fn go_on(&mut self, id: AccountId, next: Next) {
        match next {
            Next::Again => self.register(id),
            Next::Registered { again } => {
                self.desk.wait(Owner::Account(id), Timer::Register, again);
                self.keep_alive_later(id);
                self.desk.tell(Event::Registered { id, again });
            }
            Next::Failed { why, again } => {
                self.desk.wait(Owner::Account(id), Timer::Register, again);
                self.desk.stop(Owner::Account(id), Timer::KeepAlive);
                self.desk.tell(Event::NotRegistered { id, why, again });
            }
            Next::Over => {
                self.desk.stop(Owner::Account(id), Timer::Register);
                self.desk.stop(Owner::Account(id), Timer::KeepAlive);
                self.accounts.remove(&id);
                self.desk.tell(Event::Unregistered { id });
            }
        }
    }
}

fn user_of(address: &str) -> String {
    let user = Address::read(address).ok().and_then(|address| Uri::read(address.uri).ok());
    user.map(|uri| uri.number()).unwrap_or_default()
}
