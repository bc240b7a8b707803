//! Language models over HTTP: the first of a route that is well is asked, and has little time.
//!
//! Sources: as `dialog::llm` names them; addresses and headers there too.
//!
//! **Never here:** what is asked, what an answer means.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use dialog::llm::sse::Events;
use dialog::llm::{
    Budget, Fault, Proposal, Route, Thinker, Thinking, Thought, anthropic, gemini, openai,
};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use job_core::usage::{MicroRoubles, Unit};
use serde_json::Value;

use super::health::Health;
use super::settings::{Kind, Service};
use super::tariff::Tariff;
use crate::clock;
use crate::config::Settings;
use crate::net::switchboard::lock;

/// A model that has not begun to answer by then is not waited for …
const FIRST_WITHIN: Duration = Duration::from_millis(1_500);
/// … the next one is asked beside it after so long …
const NEXT_AFTER: Duration = Duration::from_millis(700);
/// … and one that is not done by then is not waited for either. The caller hears "one moment" meanwhile.
const ALL_WITHIN: Duration = Duration::from_millis(3_000);
/// Of an error's text, so many bytes are read.
const ERROR_BYTES: usize = 4_096;

/// All models, by route, best first.
pub struct Minds {
    routes: HashMap<Route, Vec<usize>>,
    minds: Vec<Mind>,
    http: reqwest::Client,
    tariff: Tariff,
    budget: Budget,
}

struct Mind {
    name: String,
    service: Service,
    health: Mutex<Health>,
}

impl Minds {
    /// `None` where no model is named.
    pub fn of(settings: &Settings) -> Option<Self> {
        let models = &settings.models;
        let named = [
            (Route::Small, &models.small),
            (Route::Large, &models.large),
            (Route::Local, &models.local),
        ];
        let (mut routes, mut minds) = (HashMap::new(), Vec::<Mind>::new());
        for (route, names) in named {
            let places = names.iter().filter_map(|name| {
                let known = minds.iter().position(|mind| mind.name == *name);
                known.or_else(|| {
                    let service = settings.services.get(name)?.clone();
                    minds.push(Mind { name: name.clone(), service, health: Mutex::default() });
                    Some(minds.len() - 1)
                })
            });
            let places: Vec<usize> = places.collect();
            routes.insert(route, places);
        }
        web::post::secure();
        let http = reqwest::Client::builder().connect_timeout(FIRST_WITHIN).build().ok()?;
        let limit = |roubles: f64| (roubles > 0.0).then(|| MicroRoubles::of(roubles, 1, 1));
        let budget =
            Budget { conversation: limit(models.per_call), month: limit(models.per_month) };
        let tariff = Tariff::of(&settings.services, settings.calls.price);
        (!minds.is_empty()).then_some(Minds { routes, minds, http, tariff, budget })
    }

    /// The best one that is well; where it keeps the caller waiting, the next is asked as well, and the first to
    /// answer is heard.
    async fn first_of(&self, thought: &Thought) -> Result<Proposal, String> {
        let mut why = "no model is named for it".to_owned();
        let mut asked = FuturesUnordered::new();
        let mut waiting = Vec::new();
        let mut others = self.named(thought).into_iter();
        loop {
            for (route, nth) in others.by_ref() {
                if lock(&self.minds[nth].health).admits(clock::now()) {
                    waiting.push(nth);
                    asked.push(self.ask(route, nth, thought));
                    break;
                }
                why = format!("{} rests", self.minds[nth].name);
            }
            if asked.is_empty() {
                return Err(why);
            }
            tokio::select! {
                Some((nth, answered)) = asked.next() => {
                    let place = waiting.iter().position(|it| *it == nth).unwrap_or_default();
                    lock(&self.minds[nth].health).went(clock::now(), answered.is_ok());
                    match answered {
                        Ok(proposal) => {
                            self.overtaken(&waiting[..place]);
                            return Ok(proposal);
                        }
                        Err(error) => why = format!("{}: {error}", self.minds[nth].name),
                    }
                    waiting.remove(place);
                }
                () = tokio::time::sleep(NEXT_AFTER) => {}
            }
        }
    }

    /// Everyone who may be asked, best first.
    fn named(&self, thought: &Thought) -> Vec<(Route, usize)> {
        let mut named = Vec::new();
        for route in &thought.routes {
            let places = self.routes.get(route).into_iter().flatten();
            named.extend(places.map(|nth| (*route, *nth)));
        }
        named
    }

    /// Whoever was asked before and has not answered yet is not well.
    fn overtaken(&self, slow: &[usize]) {
        for nth in slow {
            let mind = &self.minds[*nth];
            tracing::warn!(model = mind.name, "another model was sooner");
            lock(&mind.health).went(clock::now(), false);
        }
    }

    async fn ask(
        &self,
        route: Route,
        nth: usize,
        thought: &Thought,
    ) -> (usize, Result<Proposal, String>) {
        let (mind, began) = (&self.minds[nth], clock::now());
        let answered = mind.think(&self.http, thought).await.map(|mut proposal| {
            let tokens = proposal.tokens;
            let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
            proposal.used = vec![
                self.tariff.used(&mind.name, Unit::Read, count(tokens.input)),
                self.tariff.used(&mind.name, Unit::Written, count(tokens.output)),
            ];
            tracing::info!(
                model = mind.name,
                route = route.name(),
                reason = thought.reason,
                took_ms = (clock::now() - began).as_millis() as u64,
                read = tokens.input,
                written = tokens.output,
                "a model has thought"
            );
            proposal
        });
        (nth, answered)
    }
}

impl Thinker for Minds {
    fn budget(&self) -> Budget {
        self.budget
    }

    fn think<'a>(&'a self, thought: &'a Thought) -> Thinking<'a> {
        Box::pin(async move {
            let all = tokio::time::timeout(ALL_WITHIN, self.first_of(thought)).await;
            all.unwrap_or_else(|_| Err(format!("nothing within {} ms", ALL_WITHIN.as_millis())))
        })
    }
}

/// Reads one service's events.
enum Reader {
    Chat(openai::Reader),
    Anthropic(anthropic::Reader),
    Gemini(gemini::Reader),
}

impl Reader {
    fn take(&mut self, data: &str) -> Result<(), Fault> {
        match self {
            Reader::Chat(reader) => reader.take(data),
            Reader::Anthropic(reader) => reader.take(data),
            Reader::Gemini(reader) => reader.take(data),
        }
    }

    fn finish(self) -> Result<Proposal, Fault> {
        match self {
            Reader::Chat(reader) => reader.finish(),
            Reader::Anthropic(reader) => reader.finish(),
            Reader::Gemini(reader) => reader.finish(),
        }
    }
}

impl Mind {
    async fn think(&self, http: &reqwest::Client, thought: &Thought) -> Result<Proposal, String> {
        let (request, mut reader) = self.request(http, thought);
        let late = |_| format!("no word within {} ms", FIRST_WITHIN.as_millis());
        let answer = tokio::time::timeout(FIRST_WITHIN, request.send()).await.map_err(late)?;
        let mut answer = answer.map_err(|error| error.without_url().to_string())?;
        if !answer.status().is_success() {
            return Err(refusal(&mut answer).await);
        }
        let mut events = Events::default();
        loop {
            let piece = tokio::time::timeout(FIRST_WITHIN, answer.chunk()).await.map_err(late)?;
            let Some(piece) = piece.map_err(|error| error.without_url().to_string())? else {
                break;
            };
            for data in events.push(&piece) {
                reader.take(&data).map_err(|fault| fault.to_string())?;
            }
        }
        reader.finish().map_err(|fault| fault.to_string())
    }

    fn request(
        &self,
        http: &reqwest::Client,
        thought: &Thought,
    ) -> (reqwest::RequestBuilder, Reader) {
        let (base, model, key) =
            (self.service.address(), self.service.model(), self.service.key.as_str());
        match self.service.kind {
            Kind::Anthropic => {
                let request = http
                    .post(format!("{base}/v1/messages"))
                    .header("x-api-key", key)
                    .header("anthropic-version", anthropic::VERSION)
                    .json(&anthropic::request(&model, thought));
                (request, Reader::Anthropic(anthropic::Reader::default()))
            }
            Kind::Gemini => {
                let request = http
                    .post(format!("{base}/v1beta/models/{model}:streamGenerateContent?alt=sse"))
                    .header("x-goog-api-key", key)
                    .json(&gemini::request(thought));
                (request, Reader::Gemini(gemini::Reader::default()))
            }
            _ => {
                let request = http
                    .post(format!("{base}/chat/completions"))
                    .json(&openai::request(&model, thought));
                let signed = if key.is_empty() { request } else { request.bearer_auth(key) };
                (signed, Reader::Chat(openai::Reader::default()))
            }
        }
    }
}

/// Status and the service's own words.
async fn refusal(answer: &mut reqwest::Response) -> String {
    let status = answer.status();
    let mut body = Vec::new();
    while body.len() < ERROR_BYTES
        && let Ok(Ok(Some(piece))) = tokio::time::timeout(FIRST_WITHIN, answer.chunk()).await
    {
        body.extend_from_slice(&piece);
    }
    let told: Value = serde_json::from_slice(&body).unwrap_or_default();
    let told = if told.is_array() { &told[0] } else { &told };
    let error = &told["error"];
    let message = error["message"].as_str().or(error.as_str()).unwrap_or("without a word");
    format!("{status}: {}", message.chars().take(200).collect::<String>())
}
