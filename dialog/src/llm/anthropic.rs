//! Anthropic's messages.
//!
//! Source: docs.claude.com, "Messages", "Streaming messages", "Tool use", version 2023-06-01.
//!
//! **Never here:** the line to it.

use serde_json::{Value, json};

use super::tools::tools;
use super::{Fault, Proposal, Raw, Thought, Tokens, proposal};

pub const VERSION: &str = "2023-06-01";
const TOKENS_MAX: u32 = 300;

/// Body of `POST /v1/messages`.
pub fn request(model: &str, thought: &Thought) -> Value {
    let tools: Vec<Value> = tools(thought)
        .into_iter()
        .map(|tool| {
            json!({
                "name": tool.name, "description": tool.description, "input_schema": tool.parameters,
            })
        })
        .collect();
    json!({
        "model": model,
        "system": thought.instructions(),
        "messages": [{ "role": "user", "content": thought.matter() }],
        "tools": tools,
        "temperature": 0,
        "max_tokens": TOKENS_MAX,
        "stream": true,
    })
}

#[derive(Debug, Default)]
pub struct Reader {
    calls: Vec<Raw>,
    /// The content block under way is a tool's.
    in_tool: bool,
    tokens: Tokens,
    stop: Option<String>,
    over: bool,
}

impl Reader {
    pub fn take(&mut self, data: &str) -> Result<(), Fault> {
        let told: Value =
            serde_json::from_str(data).map_err(|error| Fault::Event(error.to_string()))?;
        let count = |usage: &Value, key: &str| usage[key].as_u64();
        match told["type"].as_str() {
            Some("message_start") => {
                let input = count(&told["message"]["usage"], "input_tokens");
                self.tokens.input = input.unwrap_or_default();
            }
            Some("content_block_start") => {
                let block = &told["content_block"];
                self.in_tool = block["type"] == "tool_use";
                if self.in_tool {
                    let name = block["name"].as_str().unwrap_or_default().to_owned();
                    self.calls.push(Raw { name, arguments: String::new() });
                }
            }
            Some("content_block_delta") if self.in_tool => {
                let piece = told["delta"]["partial_json"].as_str().unwrap_or_default();
                if let Some(call) = self.calls.last_mut() {
                    call.arguments.push_str(piece);
                }
            }
            Some("message_delta") => {
                self.stop = told["delta"]["stop_reason"].as_str().map(str::to_owned);
                let output = count(&told["usage"], "output_tokens");
                self.tokens.output = output.unwrap_or(self.tokens.output);
            }
            Some("message_stop") => self.over = true,
            Some("error") => {
                let message = told["error"]["message"].as_str().unwrap_or("without a word");
                return Err(Fault::Said(message.to_owned()));
            }
            // ping, content_block_stop, text.
            Some(_) => {}
            None => return Err(Fault::Event("without a type".to_owned())),
        }
        Ok(())
    }

    pub fn finish(self) -> Result<Proposal, Fault> {
        match self.stop.as_deref() {
            Some("end_turn" | "tool_use" | "stop_sequence") if self.over => {
                proposal(self.calls, self.tokens)
            }
            Some(other) => Err(Fault::Cut(other.to_owned())),
            None => Err(Fault::Cut("no end".to_owned())),
        }
    }
}
