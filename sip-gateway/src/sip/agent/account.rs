//! Accounts at registrars: kept registered for as long as we want to be.
//!
//! **Never here:** what an answer means (`registration`), what becomes of it in the house.

use super::super::address::{Address, Uri};
use super::super::registration::{Account, Next, Registration};
use super::*;

#[derive(Debug)]
pub(super) struct Enrolled {
    registration: Registration,
    flow: Flow,
    /// What we say where we are.
    contact: String,
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

    pub(super) fn registrar_answered(&mut self, id: AccountId, response: &Message) {
        let chance = self.chance.next_u32() as u16;
        let Some(enrolled) = self.accounts.get_mut(&id) else {
            return;
        };
        let next = enrolled.registration.learn(response, &enrolled.contact, chance);
        self.go_on(id, next);
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
                self.desk.tell(Event::Registered { id, again });
            }
            Next::Failed { why, again } => {
                self.desk.wait(Owner::Account(id), Timer::Register, again);
                self.desk.tell(Event::NotRegistered { id, why, again });
            }
            Next::Over => {
                self.desk.stop(Owner::Account(id), Timer::Register);
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
