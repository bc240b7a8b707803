//! Chat completions, as OpenAI, OpenRouter, Ollama, vLLM and YandexGPT have them.
//!
//! Source: developers.openai.com, "Create chat completion", "Streaming events"; yandex.cloud, "OpenAI compatibility".
//!
//! **Never here:** the line to it.

use serde_json::{Value, json};

use super::tools::tools;
use super::{Fault, Proposal, Raw, Thought, Tokens, proposal};

/// Tools take few.
const TOKENS_MAX: u32 = 300;

/// Body of `POST …/chat/completions`.
pub fn request(model: &str, thought: &Thought) -> Value {
    let tools: Vec<Value> = tools(thought)
        .into_iter()
        .map(|tool| {
            json!({ "type": "function", "function": {
                "name": tool.name, "description": tool.description, "parameters": tool.parameters,
            } })
        })
        .collect();
    json!({
        "model": model,
        "messages": [
            { "role": "system", "content": thought.instructions() },
            { "role": "user", "content": thought.matter() },
        ],
        "tools": tools,
        "temperature": 0,
        "max_tokens": TOKENS_MAX,
        "stream": true,
        "stream_options": { "include_usage": true },
    })
}

/// Reads the answer, event by event.
#[derive(Debug, Default)]
pub struct Reader {
    calls: Vec<Raw>,
    tokens: Tokens,
    finish: Option<String>,
    done: bool,
}

impl Reader {
    pub fn take(&mut self, data: &str) -> Result<(), Fault> {
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        let told: Value =
            serde_json::from_str(data).map_err(|error| Fault::Event(error.to_string()))?;
        if let Some(error) = told.get("error").filter(|it| !it.is_null()) {
            let message = error["message"].as_str().unwrap_or("without a word");
            return Err(Fault::Said(message.to_owned()));
        }
        if let Some(usage) = told["usage"].as_object() {
            let count = |key| usage.get(key).and_then(Value::as_u64).unwrap_or_default();
            self.tokens =
                Tokens { input: count("prompt_tokens"), output: count("completion_tokens") };
        }
        let choice = &told["choices"][0];
        if let Some(finish) = choice["finish_reason"].as_str() {
            self.finish = Some(finish.to_owned());
        }
        let calls = choice["delta"]["tool_calls"].as_array();
        calls.into_iter().flatten().for_each(|call| self.take_call(call));
        Ok(())
    }

    /// The first piece of a call names it; arguments follow in pieces.
    fn take_call(&mut self, told: &Value) {
        let index = told["index"].as_u64().unwrap_or_default() as usize;
        if index > self.calls.len() {
            return;
        }
        if index == self.calls.len() {
            self.calls.push(Raw::default());
        }
        let call = &mut self.calls[index];
        let function = &told["function"];
        call.name.push_str(function["name"].as_str().unwrap_or_default());
        call.arguments.push_str(function["arguments"].as_str().unwrap_or_default());
    }

    /// The stream has ended.
    pub fn finish(self) -> Result<Proposal, Fault> {
        match self.finish.as_deref() {
            Some("stop" | "tool_calls") => proposal(self.calls, self.tokens),
            Some(other) => Err(Fault::Cut(other.to_owned())),
            None if self.done => proposal(self.calls, self.tokens),
            None => Err(Fault::Cut("no end".to_owned())),
        }
    }
}
