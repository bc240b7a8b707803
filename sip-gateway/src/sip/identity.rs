//! Who a caller is, by their own word and by the word of an exchange.
//!
//! **Never here:** whom to believe.

use super::address::{Address, Uri};
use super::event::Caller;
use super::message::Message;
use super::wire;

/// What From says, for a caller who does not hide.
pub fn caller_of(invite: &Message) -> Caller {
    let Some(from) = invite.from() else {
        return Caller::default();
    };
    let uri = Uri::read(from.uri).ok().filter(|uri| uri.host != "anonymous.invalid");
    let number = uri.map(|uri| uri.number()).map(|number| wire::readable(&number));
    Caller {
        number: number.filter(|number| !number.is_empty() && number != "anonymous"),
        display: from.display.map(|display| wire::readable(&display)),
        asserted: asserted(invite),
    }
}

/// The first number among what was asserted: a header may hold a `sip:` and a `tel:` address.
fn asserted(invite: &Message) -> Option<String> {
    let said = ["P-Asserted-Identity", "Remote-Party-ID"]
        .into_iter()
        .flat_map(|name| invite.members(name))
        .filter_map(|member| Address::read(member).ok());
    let numbers = said.filter_map(|address| Some(Uri::read(address.uri).ok()?.number()));
    numbers
        .map(|number| wire::readable(&number))
        .find(|number| number.len() > 2 && number.chars().all(|c| c.is_ascii_digit() || c == '+'))
}
