//! Is the house open? For whoever watches the process from outside.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::House;
use crate::refusal::Refusal;

#[derive(Debug, Serialize)]
pub(crate) struct Health {
    status: &'static str,
    /// `up`, `joining` or `down`, by name.
    trunks: BTreeMap<String, &'static str>,
}

/// `GET /healthz`: answers once the database has. An exchange that is down is told, but another house
/// would not mend it: the status stays.
pub(crate) async fn health(State(house): State<House>) -> Result<Json<Health>, Refusal> {
    house.store.api_key("").await.map_err(Refusal::trouble)?;
    let trunks = (house.trunks)().into_iter().map(|trunk| (trunk.name, trunk.state.word()));
    Ok(Json(Health { status: "ok", trunks: trunks.collect() }))
}
