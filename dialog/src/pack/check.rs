//! Whether a pack is complete: nothing the conversation will reach for may be missing.
//!
//! **Never here:** mending it.

use std::collections::HashSet;

use job_core::trade::Category;

use super::{Pack, PackError};
use crate::phrase;

/// Fewest wordings by which a diagnosis is to be reached.
const SAID_MIN: usize = 5;
/// Slots that answers of the callers may use.
const CALLER_SLOTS: [&str; 9] =
    ["street", "house", "flat", "city", "name", "phone", "weekday", "hour", "date"];

/// Every line the conversation says, with the values it may be given.
pub(super) const LINES: &[(&str, &[&str])] = &[
    ("greeting_phone", &[]),
    ("greeting_text", &[]),
    ("greeting_known", &["name"]),
    ("resume", &["problem", "name"]),
    ("ask_problem", &[]),
    ("ask_problem_again", &[]),
    ("not_understood_1", &[]),
    ("not_understood_2", &[]),
    ("ask_address", &[]),
    ("ask_street", &[]),
    ("ask_house", &["street"]),
    ("ask_flat", &[]),
    ("ask_city", &[]),
    ("confirm_address", &["address"]),
    ("address_noted", &["address"]),
    ("ask_time", &[]),
    ("ask_time_again", &[]),
    ("time_past", &[]),
    ("offer_can", &["when", "price", "duration", "master"]),
    ("offer_partly", &["when", "price", "duration", "master"]),
    ("offer_cannot", &["when", "price", "duration", "trade"]),
    ("offer_full", &["trade"]),
    ("no_masters", &["city"]),
    ("offer_choice", &["when1", "when2"]),
    ("ask_slot_again", &["when"]),
    ("price_breakdown", &["base", "modifiers", "parts"]),
    ("price_plain", &["base", "parts"]),
    ("price_only", &["price"]),
    ("price_from", &["price"]),
    ("price_stands", &["price"]),
    ("modifier_urgent", &[]),
    ("modifier_today", &[]),
    ("modifier_long_description", &[]),
    ("modifier_several_problems", &[]),
    ("modifier_evening_or_weekend", &[]),
    ("ask_name", &[]),
    ("ask_name_again", &[]),
    ("confirm_name", &["name"]),
    ("ask_phone", &[]),
    ("ask_phone_again", &[]),
    ("confirm_phone", &["phone"]),
    ("read_back", &["problem", "address", "when", "price", "name", "phone"]),
    ("read_back_nameless", &["problem", "address", "when", "price", "phone"]),
    ("read_back_voice", &["address", "when", "price", "name", "phone"]),
    ("read_back_voice_own", &["address", "when", "price", "name"]),
    ("read_back_voice_nameless", &["address", "when", "price", "phone"]),
    ("read_back_voice_nameless_own", &["address", "when", "price"]),
    ("safety_done", &[]),
    ("aside_duration", &["duration"]),
    ("aside_duration_unknown", &[]),
    ("price_now", &["price"]),
    ("phone_more", &[]),
    ("deaf_keys", &[]),
    ("join_greeting", &[]),
    ("join_full_name", &[]),
    ("join_city", &[]),
    ("join_specializations", &[]),
    ("join_experience", &[]),
    ("join_certificates", &[]),
    ("join_schedule", &[]),
    ("join_email", &[]),
    ("join_terminal", &[]),
    ("join_done_smartphone", &[]),
    ("join_done_physical", &[]),
    ("ask_confirm", &[]),
    ("ask_what_to_change", &[]),
    ("booked", &["number", "when", "master", "code"]),
    ("booked_link", &["link"]),
    ("already_booked", &["number", "when", "master", "code"]),
    ("goodbye", &["name"]),
    ("anything_else", &[]),
    ("repeat_prefix", &[]),
    ("wait_ok", &[]),
    ("still_there", &[]),
    ("silence_2", &[]),
    ("silence_goodbye", &[]),
    ("keypad_phone", &[]),
    ("keypad_yes_no", &[]),
    ("deaf", &[]),
    ("call_back", &["phone"]),
    ("call_back_text", &[]),
    ("operator", &["phone"]),
    ("operator_text", &[]),
    ("put_through", &[]),
    ("nobody_there", &[]),
    ("brief", &[]),
    ("brief_problem", &["problem"]),
    ("brief_address", &["address"]),
    ("brief_when", &["when"]),
    ("brief_name", &["name"]),
    ("brief_phone", &["phone"]),
    ("brief_end", &[]),
    ("model_rules", &[]),
    ("errand_begin", &[]),
    ("errand_end", &[]),
    ("slot_taken", &["when"]),
    ("slot_taken_none", &[]),
    ("core_failed", &[]),
    ("status", &["number", "status", "when", "master", "code"]),
    ("no_orders", &[]),
    ("which_order", &["orders"]),
    ("ask_cancel_sure", &["when", "problem"]),
    ("cancelled", &["number"]),
    ("cancel_kept", &["when"]),
    ("too_late", &["status"]),
    ("reschedule_ask", &["when"]),
    ("move_sure", &["when"]),
    ("moved", &["when", "master"]),
    ("complaint_ask", &[]),
    ("complaint_taken", &[]),
    ("wrong_number_bye", &[]),
    ("work_application", &["phone"]),
    ("busy_lines", &[]),
    ("load_line", &[]),
    ("time_far", &[]),
    ("day_greeting", &["name"]),
    ("day_ask", &[]),
    ("day_ask_again", &[]),
    ("day_next", &["number", "when", "address", "problem", "client", "client_phone", "code"]),
    ("day_none", &[]),
    ("day_accepted", &["number", "when"]),
    ("day_on_the_way", &["number", "address", "code"]),
    ("day_arrived", &["number", "problem"]),
    ("day_ask_price", &["number", "told"]),
    ("day_price_sure", &["sum", "told"]),
    ("day_client_refused", &["told"]),
    ("day_client_asked", &["number"]),
    ("day_needs_consent", &["told"]),
    ("day_finished", &["number", "share", "earned"]),
    ("day_earned", &["earned", "finished"]),
    ("day_ask_hours", &[]),
    ("day_hours_set", &[]),
    ("day_hours_outside", &["outside"]),
    ("day_dropped_out", &["number"]),
    ("day_dropped_out_queued", &["number"]),
    ("day_not_yours", &[]),
    ("day_busy", &["number"]),
    ("day_refused", &["number", "status"]),
    ("day_no_price", &[]),
    ("day_goodbye", &["name"]),
    ("time_limit", &[]),
    ("language_switched", &[]),
    ("safety_then", &[]),
    ("safety_still", &[]),
    ("clarify_prefix", &[]),
    ("clarify_again", &[]),
    ("understood", &["diagnosis"]),
    ("understood_several", &["diagnosis"]),
    ("which_problem", &["first", "second"]),
    ("correction_ok", &[]),
    ("thanks", &[]),
    ("filler", &[]),
    ("slower_ok", &[]),
    ("robot", &[]),
    ("rude", &[]),
    ("yes_or_no", &[]),
    ("trade_electrical", &[]),
    ("trade_plumbing", &[]),
    ("trade_appliance", &[]),
    ("trade_general", &[]),
    ("step_queued", &[]),
    ("step_offered", &[]),
    ("step_booked", &[]),
    ("step_accepted", &[]),
    ("step_on_the_way", &[]),
    ("step_arrived", &[]),
    ("step_started", &[]),
    ("step_done", &[]),
    ("step_paid", &[]),
    ("step_cancelled", &[]),
];

impl Pack {
    /// Everything wrong with this pack; empty when it can be used.
    pub fn check(&self) -> Vec<PackError> {
        let mut wrong = self.check_shape();
        wrong.extend(self.unreachable());
        wrong
    }

    /// What loading insists on.
    pub(super) fn check_shape(&self) -> Vec<PackError> {
        let mut facts: Vec<(String, String)> = Vec::new();
        self.check_prices(&mut facts);
        self.check_lines(&mut facts);
        self.check_diagnoses(&mut facts);
        self.check_callers(&mut facts);
        facts.into_iter().map(|(key, fact)| self.wrong(key, fact)).collect()
    }

    fn wrong(&self, key: String, fact: String) -> PackError {
        PackError::Wrong { file: self.file.clone(), key, fact }
    }

    fn check_prices(&self, facts: &mut Vec<(String, String)>) {
        for category in
            [Category::Electrical, Category::Plumbing, Category::Appliance, Category::General]
        {
            match self.prices.base.iter().find(|(priced, _)| *priced == category) {
                Some((_, base)) if *base > 0 => {}
                Some((_, base)) => {
                    facts
                        .push((format!("prices.base.{category:?}"), format!("{base} is no price")));
                }
                None => facts.push((format!("prices.base.{category:?}"), "is missing".into())),
            }
        }
    }

    fn check_lines(&self, facts: &mut Vec<(String, String)>) {
        for (key, slots) in LINES {
            match self.lines.get(*key) {
                Some(wordings) if !wordings.is_empty() => {
                    for wording in wordings {
                        check_wording(key, slots, [wording.text(), wording.speech()], facts);
                    }
                }
                Some(_) | None => facts.push((format!("lines.{key}"), "has no wording".into())),
            }
        }
    }

    fn check_diagnoses(&self, facts: &mut Vec<(String, String)>) {
        let mut codes = HashSet::new();
        for diagnosis in &self.diagnoses {
            let key = format!("diagnosis.{}", diagnosis.code);
            if !codes.insert(&diagnosis.code) {
                facts.push((key.clone(), "stands twice".into()));
            }
            let said: HashSet<&String> = diagnosis.said.iter().collect();
            if said.len() < SAID_MIN {
                facts.push((format!("{key}.said"), format!("{} wordings are too few", said.len())));
            }
            if diagnosis.minutes <= 0 {
                facts.push((format!("{key}.minutes"), format!("{} minutes", diagnosis.minutes)));
            }
            if diagnosis.steps.is_empty() || diagnosis.test.is_empty() {
                facts.push((key.clone(), "lacks steps or test".into()));
            }
            if let Some(part) = diagnosis.parts.iter().find(|part| part.cost < 0) {
                facts.push((format!("{key}.parts"), format!("{} costs {}", part.name, part.cost)));
            }
            self.check_questions(&key, diagnosis, facts);
        }
    }

    fn check_questions(
        &self,
        key: &str,
        diagnosis: &super::file::Diagnosis,
        facts: &mut Vec<(String, String)>,
    ) {
        for ask in &diagnosis.ask {
            if ask.answers.len() < 2 {
                facts
                    .push((format!("{key}.ask.{}", ask.name), "has fewer than two answers".into()));
            }
            for answer in &ask.answers {
                if !self.by_code.contains_key(&answer.to) {
                    let fact = format!("leads to {}, which does not exist", answer.to);
                    facts.push((format!("{key}.ask.{}", ask.name), fact));
                }
            }
        }
    }

    fn check_callers(&self, facts: &mut Vec<(String, String)>) {
        let callers = &self.callers;
        let templates = [
            ("anything", &callers.anything),
            ("time", &callers.time),
            ("address", &callers.address),
            ("name", &callers.name),
            ("digits", &callers.digits),
        ];
        for (key, sentences) in templates {
            for slot in sentences.iter().flat_map(|sentence| phrase::placeholders(sentence)) {
                if slot != "problem" && !CALLER_SLOTS.contains(&slot) {
                    facts.push((format!("callers.{key}"), format!("{{{slot}}} is unknown")));
                }
            }
        }
    }

    /// A diagnosis none of whose own wordings reads as itself.
    fn unreachable(&self) -> Vec<PackError> {
        let lost = |diagnosis: &&super::file::Diagnosis| {
            !diagnosis.said.iter().any(|said| {
                self.reading(said).symptoms.first().is_some_and(|top| top.code == diagnosis.code)
            })
        };
        self.diagnoses
            .iter()
            .filter(lost)
            .map(|d| self.wrong(format!("diagnosis.{}", d.code), "is never recognised".into()))
            .collect()
    }
}

fn check_wording(
    key: &str,
    slots: &[&str],
    spellings: [&str; 2],
    facts: &mut Vec<(String, String)>,
) {
    for spelling in spellings {
        for slot in phrase::placeholders(spelling) {
            if !slots.contains(&slot) {
                facts.push((format!("lines.{key}"), format!("{{{slot}}} is not given to it")));
            }
        }
        if has_bare_figure(spelling) {
            facts.push((format!("lines.{key}"), "names a price or time of its own".into()));
        }
    }
}

/// A price or a time of day that is not a slot.
fn has_bare_figure(text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    let clock =
        chars.windows(3).any(|w| w[0].is_ascii_digit() && w[1] == ':' && w[2].is_ascii_digit());
    clock || text.contains('₽') || chars.windows(3).any(|w| w.iter().all(char::is_ascii_digit))
}
