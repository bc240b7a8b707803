//! The job file on paper: PDF for the van, with the way there and the recording as QR codes.
//!
//! **Never here:** HTML; what the core decided anew.

mod sheet;
mod typeface;

use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;
use job_core::job_file::JobFile;
use job_core::trade::Language;

use crate::refusal::Refusal;
use crate::telling::phone;
use crate::words::Words;
use sheet::{Sheet, Weight};
pub use typeface::NoFont;

const BODY: f32 = 10.0;
const SMALL: f32 = 8.0;

/// A PDF of the file in that language. `site`: `https://…` before the path of the recording.
pub fn job_file(
    file: &JobFile,
    language: Language,
    zone: &TimeZone,
    site: &str,
) -> Result<Vec<u8>, NoFont> {
    let words = Words::of(language);
    let mut sheet = Sheet::new()?;
    sheet.qr(0, &file.map_link, words.say("job.map"));
    if file.recording.is_some() {
        let recording = format!("{site}/console/calls/{}/recording", file.conversation);
        sheet.qr(1, &recording, words.say("job.recording"));
    }

    sheet.text(&format!("{} {}", words.say("job.title"), file.number), 20.0, Weight::Bold, 0.0);
    sheet.text(&file.diagnosis, 13.0, Weight::Bold, 0.0);
    sheet.gap(8.0);
    for (key, value) in brief(words, file, zone) {
        field(&mut sheet, words.say(key), &value);
    }
    list(&mut sheet, words.say("job.safety"), &file.safety, false);
    list(&mut sheet, words.say("job.words"), std::slice::from_ref(&file.problem), false);
    list(&mut sheet, words.say("job.steps"), &file.steps, true);
    list(&mut sheet, words.say("job.test"), &file.test, false);
    list(&mut sheet, words.say("job.tools"), &file.tools, false);
    list(&mut sheet, words.say("job.consumables"), &file.consumables, false);
    let part = |it: &job_core::order::Part| format!("{}, {}", it.name, words.roubles(it.cost));
    let parts: Vec<String> = file.parts.iter().map(part).collect();
    list(&mut sheet, words.say("job.parts"), &parts, false);

    sheet.finish()
}

/// The file as a PDF, its links under the address it was asked for at.
pub(crate) fn printed(
    file: &JobFile,
    language: Language,
    zone: &TimeZone,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let pdf = job_file(file, language, zone, &site(headers)).map_err(Refusal::trouble)?;
    let name = format!("inline; filename=\"job-{}.pdf\"", file.number);

    Ok(([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name)], pdf)
        .into_response())
}

/// The address a request came to, e.g. `https://gudok.example`.
pub(crate) fn site(headers: &HeaderMap) -> String {
    let of = |name: &str| headers.get(name).and_then(|it| it.to_str().ok());
    let scheme = of("x-forwarded-proto").unwrap_or("http");

    format!("{scheme}://{}", of("host").unwrap_or("localhost"))
}

fn brief(words: &Words, file: &JobFile, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let person = |name: &str, number: &str| format!("{name}, {}", phone(number));
    let price = match file.price_receipt.min == file.price_receipt.max {
        true => words.roubles(file.quote.total),
        false => format!("{} – {}", words.roubles(file.quote.min), words.roubles(file.quote.max)),
    };

    vec![
        ("job.when", words.visit(file.visit.start, file.visit.end, zone)),
        ("job.where", file.address.line()),
        ("job.client", person(&file.client.name, &file.client.phone)),
        ("job.master", person(&file.master.name, &file.master.phone)),
        ("job.door_code", file.door_code.clone()),
        ("job.price", price),
        ("job.share", words.money(file.split.master)),
        ("job.urgency", words.named("urgency", file.urgency)),
        ("job.difficulty", words.named("difficulty", file.difficulty)),
        ("job.minutes", words.lasted(file.expected_minutes * 60)),
        ("job.payment", words.named("payment", file.payment_preference)),
    ]
}

fn field(sheet: &mut Sheet, name: &str, value: &str) {
    sheet.gap(3.0);
    sheet.text(name, SMALL, Weight::Plain, 0.0);
    sheet.text(value, BODY, Weight::Bold, 0.0);
}

fn list(sheet: &mut Sheet, title: &str, items: &[String], numbered: bool) {
    if items.iter().all(String::is_empty) {
        return;
    }
    sheet.gap(9.0);
    sheet.text(title, 11.0, Weight::Bold, 0.0);
    for (at, item) in items.iter().enumerate() {
        sheet.gap(2.0);
        let mark = if numbered { format!("{}.", at + 1) } else { "•".to_owned() };
        sheet.text(&format!("{mark} {item}"), BODY, Weight::Plain, 8.0);
    }
}
