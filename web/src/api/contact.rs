//! Where else somebody with a telephone number can be written to.

use axum::Json;
use job_core::outbox::Channel;
use job_core::phone;
use serde::{Deserialize, Serialize};

use super::body::Body;
use crate::access::Integration;
use crate::refusal::Refusal;

const ADDRESS_MAX: usize = 200;

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Contact {
    phone: String,
    channel: Channel,
    /// A Telegram chat's id, an e-mail address, a push topic.
    address: String,
}

/// `POST /contacts`: messages go there from now on; the same channel again takes its place.
pub(super) async fn add(
    key: Integration,
    Body(mut wanted): Body<Contact>,
) -> Result<Json<Contact>, Refusal> {
    let invalid = |field, fact: String| Err(Refusal::Invalid { field, fact });
    let Some(phone) = phone::e164(&wanted.phone) else {
        return invalid("phone", format!("{:?} is no telephone number", wanted.phone));
    };
    if wanted.channel.goes_to_phone() {
        return invalid("channel", "goes to the telephone number itself".into());
    }
    if !(1..=ADDRESS_MAX).contains(&wanted.address.len()) {
        return invalid("address", format!("1 to {ADDRESS_MAX} bytes"));
    }
    let added = key.rows.add_contact(&phone, wanted.channel, &wanted.address).await;
    added.map_err(Refusal::trouble)?;
    wanted.phone = phone;

    Ok(Json(wanted))
}
