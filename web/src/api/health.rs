//! Is the house open? For whoever watches the process from outside.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::House;
use crate::refusal::Refusal;

#[derive(Debug, Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

/// `GET /healthz`: answers once the database has.
pub(crate) async fn health(State(house): State<House>) -> Result<Json<Health>, Refusal> {
    house.store.api_key("").await.map_err(Refusal::trouble)?;
    Ok(Json(Health { status: "ok" }))
}
