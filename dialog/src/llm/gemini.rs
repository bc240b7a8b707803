//! Google's Gemini.
//!
//! Source: ai.google.dev, "models.streamGenerateContent", "Function calling".
//!
//! **Never here:** the line to it.

use serde_json::{Value, json};

use super::tools::tools;
use super::{Fault, Proposal, Raw, Thought, Tokens, proposal};

const TOKENS_MAX: u32 = 300;

/// Body of `POST /v1beta/models/{model}:streamGenerateContent?alt=sse`.
pub fn request(thought: &Thought) -> Value {
    let tools: Vec<Value> = tools(thought)
        .into_iter()
        .map(|tool| {
            let mut told = json!({ "name": tool.name, "description": tool.description });
            // A function without arguments has no schema.
            let empty = tool.parameters["properties"].as_object().is_some_and(|it| it.is_empty());
            if !empty {
                told["parameters"] = tool.parameters;
            }
            told
        })
        .collect();
    json!({
        "systemInstruction": { "parts": [{ "text": thought.instructions() }] },
        "contents": [{ "role": "user", "parts": [{ "text": thought.matter() }] }],
        "tools": [{ "functionDeclarations": tools }],
        "generationConfig": { "temperature": 0, "maxOutputTokens": TOKENS_MAX },
    })
}

#[derive(Debug, Default)]
pub struct Reader {
    calls: Vec<Raw>,
    tokens: Tokens,
    finish: Option<String>,
}

impl Reader {
    pub fn take(&mut self, data: &str) -> Result<(), Fault> {
        let told: Value =
            serde_json::from_str(data).map_err(|error| Fault::Event(error.to_string()))?;
        if let Some(error) = told.get("error") {
            let message = error["message"].as_str().unwrap_or("without a word");
            return Err(Fault::Said(message.to_owned()));
        }
        if let Some(reason) = told["promptFeedback"]["blockReason"].as_str() {
            return Err(Fault::Said(format!("blocked: {reason}")));
        }
        let usage = &told["usageMetadata"];
        if usage.is_object() {
            let count = |key: &str| usage[key].as_u64().unwrap_or_default();
            let (input, output) = (count("promptTokenCount"), count("candidatesTokenCount"));
            self.tokens = Tokens { input, output };
        }
        let candidate = &told["candidates"][0];
        if let Some(finish) = candidate["finishReason"].as_str() {
            self.finish = Some(finish.to_owned());
        }
        for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
            if let Some(call) = part["functionCall"].as_object() {
                let name = call.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                let arguments = call.get("args").map(Value::to_string).unwrap_or_default();
                self.calls.push(Raw { name, arguments });
            }
        }
        Ok(())
    }

    pub fn finish(self) -> Result<Proposal, Fault> {
        match self.finish.as_deref() {
            Some("STOP") => proposal(self.calls, self.tokens),
            Some(other) => Err(Fault::Cut(other.to_owned())),
            None => Err(Fault::Cut("no end".to_owned())),
        }
    }
}
