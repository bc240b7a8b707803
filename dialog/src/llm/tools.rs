//! What a model may propose, and nothing else: none of these is a price, a slot or a booking, which follow from
//! them by the core's own rules.
//!
//! **Never here:** whether a proposal is taken.

use serde_json::{Value, json};

use super::Thought;

/// More of one text is no caller's fact.
const TEXT_MAX: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// One of the pack's diagnoses, by its code.
    Problem(String),
    /// In the caller's own words.
    Address(String),
    Time(String),
    Name(String),
    /// To the question asked last.
    Answer(bool),
    Price,
    Person,
    Cancel,
    Reschedule,
    Status,
    Complain,
    /// A sentence before the next question.
    Say(String),
}

/// One tool as the models are told of it.
pub(crate) struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    /// JSON schema of its arguments.
    pub parameters: Value,
}

pub(crate) fn tools(thought: &Thought) -> Vec<Tool> {
    let codes: Vec<&str> = thought.diagnoses.iter().map(|(code, _)| code.as_str()).collect();
    let text = |what: &str| object(json!({ "text": { "type": "string", "description": what } }));
    let tool = |name, description, parameters| Tool { name, description, parameters };
    let nothing = || object(json!({}));
    vec![
        tool(
            "set_problem",
            "What is wrong, as the closest of the known diagnoses.",
            object(json!({ "code": { "type": "string", "enum": codes } })),
        ),
        tool("set_address", "The address, if told.", text("in the caller's own words")),
        tool("set_time", "When a visit suits, if told.", text("in the caller's own words")),
        tool("set_name", "The caller's name, if told.", text("as told")),
        tool(
            "answer",
            "The caller agrees or refuses.",
            object(json!({ "yes": { "type": "boolean" } })),
        ),
        tool("ask_price", "The caller wants to know what it costs.", nothing()),
        tool("escalate", "The caller wants a person.", nothing()),
        tool("cancel", "The caller wants to cancel an order.", nothing()),
        tool("reschedule", "The caller wants another time for an order.", nothing()),
        tool("status", "The caller asks how an order stands.", nothing()),
        tool("complain", "The caller complains about work done.", nothing()),
        tool(
            "say",
            "A short sentence that answers the caller's question. No price, time, name or promise, no question.",
            text("in the caller's language"),
        ),
    ]
}

fn object(properties: Value) -> Value {
    let required: Vec<String> =
        properties.as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default();
    json!({ "type": "object", "properties": properties, "required": required })
}

impl Call {
    /// `None` for a tool there is not, or arguments it does not have.
    pub(crate) fn read(name: &str, arguments: &Value) -> Option<Call> {
        let text = |key: &str| {
            let text = arguments[key].as_str()?.trim();
            (!text.is_empty() && text.chars().count() <= TEXT_MAX).then(|| text.to_owned())
        };
        Some(match name {
            "set_problem" => Call::Problem(text("code")?),
            "set_address" => Call::Address(text("text")?),
            "set_time" => Call::Time(text("text")?),
            "set_name" => Call::Name(text("text")?),
            "answer" => Call::Answer(arguments["yes"].as_bool()?),
            "ask_price" => Call::Price,
            "escalate" => Call::Person,
            "cancel" => Call::Cancel,
            "reschedule" => Call::Reschedule,
            "status" => Call::Status,
            "complain" => Call::Complain,
            "say" => Call::Say(text("text")?),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_nobody_knows_and_arguments_of_the_wrong_kind_are_left_out() {
        assert_eq!(Call::read("set_price", &json!({ "rubles": 1 })), None);
        assert_eq!(Call::read("answer", &json!({ "yes": "да" })), None);
        assert_eq!(Call::read("say", &json!({ "text": " " })), None);
        assert_eq!(Call::read("say", &json!({ "text": "а".repeat(201) })), None);
        let address = Call::read("set_address", &json!({ "text": " Мира 42 ", "city": 1 }));
        assert_eq!(address, Some(Call::Address("Мира 42".into())));
    }
}
