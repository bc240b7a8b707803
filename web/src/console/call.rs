//! One conversation's page: what was said, heard and booked, with the recording.

use askama::Template;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::RANGE;
use axum::response::{Html, Response};
use dialog::state::State as Understood;
use jiff::tz::TimeZone;
use job_core::conversation::{Conversation, ConversationStatus, Millis};
use job_core::ids::ConversationId;
use job_core::job_file::JobFile;
use job_core::media::Attachment;
use job_core::trade::Channel;
use serde::Deserialize;

use super::lines::{Line, lines};
use super::list::{lasted, who};
use super::zone;
use crate::House;
use crate::page::{Frame, Reader, form_encoded, shown};
use crate::price::Price;
use crate::refusal::Refusal;
use crate::session::Session;
use crate::sound;
use crate::telling::{median, phone};
use crate::words::{Words, code};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// `live`: only the part that changes while they speak.
    part: String,
}

#[derive(Template)]
#[template(path = "call.html")]
struct CallPage {
    frame: Frame,
    call: Call,
    form_token: String,
    /// Of this showing of the form.
    once: String,
    /// Who answers: nobody of the office, the reader, or somebody else of that name.
    is_mine: bool,
    operator: Option<String>,
}

#[derive(Template)]
#[template(path = "call_live.html")]
struct Call {
    words: &'static Words,
    href: String,
    who: String,
    channel: String,
    channel_name: String,
    began: String,
    status: String,
    status_name: String,
    is_over: bool,
    is_spoken: bool,
    test: bool,
    /// Where the player finds the recording.
    recording: Option<String>,
    lines: Vec<Line>,
    /// Name and value of what is known of the conversation itself.
    facts: Vec<(&'static str, String)>,
    end: Option<String>,
    safety: Option<String>,
    understood: Vec<(&'static str, String)>,
    price: Option<Price>,
    visit: Option<VisitCard>,
    /// Offered but not booked.
    offered: Option<String>,
    /// A person is wanted, because of this.
    wanted: Option<String>,
    files: Vec<File>,
}

/// A file somebody has sent.
struct File {
    href: String,
    form: &'static str,
    name: String,
    is_picture: bool,
}

/// The booking with the reasons for its master.
struct VisitCard {
    job: String,
    number: String,
    status_name: String,
    when: String,
    master: String,
    tracking: String,
    considered: Vec<Considered>,
    /// Name and rule.
    rejected: Vec<(String, String)>,
}

struct Considered {
    name: String,
    chosen: bool,
    rating: String,
    same_district: bool,
    visits: usize,
}

/// `GET /console/calls/{id}`
pub(super) async fn call(
    State(house): State<House>,
    session: Session,
    reader: Reader,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Refusal> {
    let (what, name) = (format!("conversation {id}"), ConversationId::new(&*id));
    let call = read(&session, reader.words, id).await?;
    if asked.part == "live" {
        return shown(&call);
    }
    session.saw(&house, "conversation_read", &what).await?;
    let operator = session
        .rows
        .conversation(&name)
        .await
        .map_err(Refusal::trouble)?
        .and_then(|record| record.operator);
    let is_mine = operator.as_deref() == Some(&session.login);
    let frame = reader.frame(session.nameplate().await?);
    let (form_token, once) = (session.form_token.clone(), format!("{:016x}", (house.chance)()));
    shown(&CallPage { frame, call, form_token, once, is_mine, operator })
}

/// `GET /console/calls/{id}/recording`
pub(super) async fn recording(
    State(house): State<House>,
    session: Session,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    // A player asks for one recording in many pieces.
    let range = request.headers().get(RANGE).and_then(|it| it.to_str().ok());
    if range.is_none_or(|it| it.starts_with("bytes=0-")) {
        session.saw(&house, "recording_heard", &format!("conversation {id}")).await?;
    }
    sound::recording(&house, &session.rows, &id, request).await
}

async fn read(session: &Session, words: &'static Words, id: String) -> Result<Call, Refusal> {
    let (rows, name) = (&session.rows, ConversationId::new(&*id));
    let found = rows.conversation(&name).await.map_err(Refusal::trouble)?;
    let it = found.ok_or(Refusal::NotFound { what: "conversation", id })?;
    let said = rows.transcript(&name).await.map_err(Refusal::trouble)?;
    let happened = rows.events(&name).await.map_err(Refusal::trouble)?;
    let file = match &it.job {
        Some(job) => rows.job_file(job).await.map_err(Refusal::trouble)?,
        None => None,
    };
    let mut answers: Vec<Millis> = said.iter().filter_map(|line| line.latency).collect();
    answers.sort_unstable();

    let view = View { words, zone: zone(session).await?, it: &it, file: file.as_ref() };
    let mut call = view.call(&answers);
    call.lines = lines(words, &said, &happened);
    let files = rows.attachments(&name).await.map_err(Refusal::trouble)?;
    call.files = files.into_iter().map(File::of).collect();
    Ok(call)
}

impl File {
    fn of(it: Attachment) -> Self {
        let name = [it.caption, it.name].into_iter().find(|it| !it.is_empty());
        Self {
            href: format!("/console/media/{}", it.hash),
            form: it.form.mime(),
            name: name.unwrap_or_default(),
            is_picture: it.form.is_picture(),
        }
    }
}

/// One conversation and the reader's words for it.
struct View<'a> {
    words: &'static Words,
    zone: TimeZone,
    it: &'a Conversation,
    file: Option<&'a JobFile>,
}

impl View<'_> {
    fn call(&self, answers: &[Millis]) -> Call {
        let (words, it) = (self.words, self.it);
        let href = format!("/console/calls/{}", form_encoded(it.id.as_str()));
        let state: Option<Understood> =
            it.state.as_deref().and_then(|state| serde_json::from_str(state).ok());
        let is_over = it.status != ConversationStatus::Active;
        let heard = it.recording.is_some() && is_over;
        Call {
            words,
            who: who(words, it),
            channel: code(it.channel),
            channel_name: words.named("channel", it.channel),
            began: words.moment(it.started, &self.zone),
            status: code(it.status),
            status_name: words.named("status", it.status),
            is_over,
            is_spoken: it.channel == Channel::Phone,
            test: it.test,
            recording: heard.then(|| format!("{href}/recording")),
            href,
            lines: Vec::new(),
            facts: self.facts(state.as_ref(), answers),
            end: it.end_reason.as_ref().map(|reason| words.named("end", reason)),
            safety: state
                .as_ref()
                .and_then(|state| state.safety.as_ref())
                .map(|it| words.named("danger", it)),
            understood: state.as_ref().map(|state| self.understood(state)).unwrap_or_default(),
            price: self.price(state.as_ref()),
            visit: self.file.map(|file| self.visit(file)),
            offered: state.as_ref().and_then(|state| self.offered(state)),
            wanted: it.wanted_why.as_ref().map(|why| words.named("wanted", why)),
            files: Vec::new(),
        }
    }

    fn facts(&self, state: Option<&Understood>, answers: &[Millis]) -> Vec<(&'static str, String)> {
        let (words, it) = (self.words, self.it);
        let intent = state.map(|state| words.named("intent", state.intent));
        let answered = median(answers).zip(answers.last()).map(|(middle, slowest)| {
            let (middle, slowest) = (words.wait(middle), words.wait(*slowest));
            let names = [words.say("call.median"), words.say("call.slowest")];
            format!("{} {middle}, {} {slowest}", names[0], names[1])
        });
        let facts = [
            ("call.intent", intent),
            ("call.began", Some(words.moment(it.started, &self.zone))),
            ("call.lasted", lasted(words, it)),
            ("call.language", Some(words.named("language", it.language))),
            ("call.dialled", it.dialled.clone()),
            ("call.answers", answered),
        ];
        known(facts)
    }

    fn understood(&self, state: &Understood) -> Vec<(&'static str, String)> {
        let slots = &state.slots;
        let address = slots.address.line();
        known([
            ("call.problem", slots.diagnosis.clone()),
            ("job.category", slots.category.map(|it| self.words.named("category", it))),
            ("job.urgency", slots.urgency.map(|it| self.words.named("urgency", it))),
            ("call.address", Some(address).filter(|line| !line.is_empty())),
            ("call.name", slots.name.clone()),
            ("call.phone", slots.phone.as_deref().map(phone)),
        ])
    }

    fn price(&self, state: Option<&Understood>) -> Option<Price> {
        if let Some(file) = self.file {
            return Some(Price::of_file(self.words, file));
        }
        state?.quote.as_ref().map(|quote| Price::of_quote(self.words, quote))
    }

    fn offered(&self, state: &Understood) -> Option<String> {
        let offer = state.offer.as_ref().filter(|_| self.file.is_none())?;
        let [start, end] = [&offer.start, &offer.end].map(|it| it.parse().ok());
        Some(self.words.visit(start?, end?, &self.zone))
    }

    fn visit(&self, file: &JobFile) -> VisitCard {
        let words = self.words;
        let assignment = &file.assignment;
        let considered = assignment.considered.iter().map(|it| Considered {
            name: it.name.clone(),
            chosen: assignment.chosen.as_ref() == Some(&it.master_id),
            rating: words.factor(it.rating.0 as f64 / 100.0),
            same_district: it.same_district,
            visits: it.visits_that_day,
        });
        let rejected = assignment.rejected.iter();
        VisitCard {
            job: format!("/console/jobs/{}", form_encoded(file.job.as_str())),
            number: file.number.clone(),
            status_name: words.named("jobstatus", file.status),
            when: words.visit(file.visit.start, file.visit.end, &self.zone),
            master: file.master.name.clone(),
            tracking: file.tracking.clone(),
            considered: considered.collect(),
            rejected: rejected.map(|it| (it.name.clone(), words.named("rule", it.rule))).collect(),
        }
    }
}

fn known<const N: usize>(
    facts: [(&'static str, Option<String>); N],
) -> Vec<(&'static str, String)> {
    facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
