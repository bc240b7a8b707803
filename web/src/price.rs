//! A price as the pages show it: the range, the sum, and how it came about.

use job_core::job_file::JobFile;
use job_core::price::Quote;

use crate::words::Words;

/// The quote and how it came about.
pub(crate) struct Price {
    pub(crate) range: String,
    pub(crate) total: String,
    /// Name and amount or factor.
    pub(crate) rows: Vec<(String, String)>,
}

impl Price {
    pub(crate) fn of_file(words: &Words, file: &JobFile) -> Self {
        let base = (words.say("quote.base").to_owned(), words.roubles(file.breakdown.base));
        let mut price = Self::of_quote(words, &file.quote);
        price.rows.insert(0, base);
        price
    }

    pub(crate) fn of_quote(words: &Words, quote: &Quote) -> Self {
        let factor = |factor: f64| format!("×\u{a0}{}", words.factor(factor));
        let modifiers = quote.modifiers.iter();
        let mut rows: Vec<_> =
            modifiers.map(|it| (words.named("modifier", &it.name), factor(it.factor))).collect();
        if quote.parts > 0 {
            rows.push((words.say("quote.parts").to_owned(), words.roubles(quote.parts)));
        }
        let (range, total) = (words.range(quote.min, quote.max), words.roubles(quote.total));
        Self { range, total, rows }
    }
}
