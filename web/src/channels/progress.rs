//! How far an order has come, in one line under a reply.

use dialog::pack::Pack;
use dialog::state::State;

const STEPS: [&str; 5] = ["problem", "address", "time", "contact", "booked"];

/// The step an order is at; `None` where there is no order.
fn step(state: &State) -> Option<usize> {
    match state.phase.as_str() {
        "problem" => Some(0),
        "address" => Some(1),
        "time" | "offer" => Some(2),
        "contact" | "confirmation" => Some(3),
        "booked" => Some(4),
        _ => None,
    }
}

/// "✓ Проблема  ▸ Адрес  · Время": told when another step is reached, and not at the first one.
pub(super) fn line(before: Option<&State>, now: &State, pack: &Pack) -> Option<String> {
    let at = step(now)?;
    if at == 0 || before.and_then(step) == Some(at) {
        return None;
    }
    let named = |(number, name): (usize, &&str)| {
        let words = pack.written(&format!("step_{name}"))?.to_owned();
        let last = at == STEPS.len() - 1;
        let sign = match number.cmp(&at) {
            std::cmp::Ordering::Less => "✓",
            std::cmp::Ordering::Equal if last => "✓",
            std::cmp::Ordering::Equal => "▸",
            std::cmp::Ordering::Greater => "·",
        };
        Some(format!("{sign} {words}"))
    };
    let steps: Option<Vec<String>> = STEPS.iter().enumerate().map(named).collect();
    Some(steps?.join("  "))
}
