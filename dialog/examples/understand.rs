//! What utterances say, one line each from standard input: `ru|en [expects] | text`.
//!
//!     echo 'ru time | послезавтра вечером часов в семь' | cargo run -p dialog --example understand

use std::io::BufRead as _;

use dialog::pack::Pack;
use dialog::understand::{Asked, Context, entities};
use job_core::trade::Language;

fn main() {
    let packs = [Language::Ru, Language::En].map(|language| {
        Pack::built_in("home-repair", language).expect("the built-in pack is sound")
    });
    let now: jiff::Zoned = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "2026-11-20T10:00[Europe/Kaliningrad]".into())
        .parse()
        .expect("a moment with its zone");
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let (head, text) = line.split_once('|').unwrap_or(("ru", &line));
        let mut words = head.split_whitespace();
        let pack = &packs[usize::from(words.next() == Some("en"))];
        let asked = words.next().and_then(Asked::named);
        let context = Context {
            language: pack.language,
            now: now.clone(),
            awaiting: asked.map_or_else(Default::default, Asked::awaiting),
            day: None,
            places: &pack.places,
        };
        println!("{}  [{:?}]", text.trim(), pack.wanted(text));
        for entity in entities(text.trim(), &context, asked) {
            println!("    {}", serde_json::to_string(&entity).expect("entities are plain"));
        }
    }
}
