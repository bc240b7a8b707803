//! Gauges for whoever draws curves: `GET /metrics`, in Prometheus' text format 0.0.4. Nothing about anybody.
//!
//! **Never here:** how anything came about; the console tells that.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use crate::{House, trunk};

/// One value of this moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Gauge {
    pub name: &'static str,
    pub help: &'static str,
    pub value: f64,
}

/// All of them.
pub type Gauges = Arc<dyn Fn() -> Vec<Gauge> + Send + Sync>;

pub(crate) async fn metrics(State(house): State<House>) -> impl IntoResponse {
    let mut text = String::new();
    for Gauge { name, help, value } in (house.gauges)() {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
    }
    let trunks = (house.trunks)();
    if !trunks.is_empty() {
        text.push_str("# HELP gudok_trunk_up Whether calls come from this exchange.\n");
        text.push_str("# TYPE gudok_trunk_up gauge\n");
    }
    for trunk in trunks {
        let up = u8::from(trunk.state == trunk::State::Up);
        let _ = writeln!(text, "gudok_trunk_up{{trunk=\"{}\"}} {up}", escaped(&trunk.name));
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
