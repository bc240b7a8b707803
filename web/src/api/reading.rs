//! `GET /api/v1/`: the API to be read by people, made of the same document that programs read.

use std::sync::LazyLock;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Html;
use serde_json::Value;

use super::OPENAPI;
use crate::page::{Frame, shown};
use crate::refusal::Refusal;
use crate::words::{Words, language};

#[derive(Template)]
#[template(path = "api.html")]
struct ReadingPage {
    frame: Frame,
    words: &'static Words,
    routes: &'static [Route],
}

/// One thing that can be asked.
struct Route {
    method: String,
    path: String,
    summary: String,
    scope: &'static str,
    parameters: Vec<(String, String)>,
    body: Option<String>,
    answers: Vec<(String, String)>,
}

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(OPENAPI).unwrap_or_default();
    let paths = document["paths"].as_object().cloned().unwrap_or_default();
    let routes = paths.iter().flat_map(|(path, item)| {
        let asked = METHODS.iter().filter(|method| item[**method].is_object());
        asked.map(|method| route(&document, path, method, &item[*method])).collect::<Vec<_>>()
    });
    routes.collect()
});

fn route(document: &Value, path: &str, method: &str, item: &Value) -> Route {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let parameters = list(&item["parameters"]);
    let told = |it: &Value| (text(&it["name"]), text(&it["description"]));
    let schema = &item["requestBody"]["content"]["application/json"]["schema"];
    let answers = item["responses"].as_object().cloned().unwrap_or_default();
    let open = item["security"].as_array().is_some_and(Vec::is_empty);
    let below = path.strip_prefix("/api/v1").unwrap_or(path);
    let verb = method.to_uppercase().parse().unwrap_or_default();
    Route {
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&item["summary"]),
        scope: if open { "" } else { crate::scope::Scope::needed(&verb, below).name() },
        parameters: parameters.iter().map(told).collect(),
        body: schema.is_object().then(|| example(document, schema, 0).to_string()),
        answers: answers.iter().map(|(code, it)| (code.clone(), answer(document, it))).collect(),
    }
}

fn answer(document: &Value, answer: &Value) -> String {
    let place = answer["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    let told = place.and_then(|place| document.pointer(place)).unwrap_or(answer);
    told["description"].as_str().unwrap_or_default().to_owned()
}

/// How deep a shape is shown.
const DEPTH_MAX: usize = 5;

/// What a body looks like.
fn example(document: &Value, schema: &Value, depth: usize) -> Value {
    let place = schema["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    let schema = place.and_then(|place| document.pointer(place)).unwrap_or(schema);
    if depth > DEPTH_MAX {
        return Value::String("…".into());
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    if let Some(fields) = schema["properties"].as_object() {
        let shown =
            fields.iter().map(|(name, it)| (name.clone(), example(document, it, depth + 1)));
        return Value::Object(shown.collect());
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap_or("string");
    match kind {
        "array" => Value::Array(vec![example(document, &schema["items"], depth + 1)]),
        kind => Value::String(kind.to_owned()),
    }
}

/// `GET /api/v1/`
pub(crate) async fn page(headers: HeaderMap) -> Result<Html<String>, Refusal> {
    let words = Words::of(language(&headers));
    let frame = Frame::of_stranger(words, "/api/v1/");
    shown(&ReadingPage { frame, words, routes: &ROUTES })
}
