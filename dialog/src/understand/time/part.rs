//! Parts of the day, and wishes without a time: "после обеда", "в любое время", "срочно".
//!
//! **Never here:** the day they belong to.

use super::{Piece, Said};
use crate::understand::token::Tokens;

/// Minutes since midnight; a night ends on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub from: i32,
    pub to: i32,
}

const fn hours(from: i32, to: i32) -> Part {
    Part { from: from * 60, to: to * 60 }
}

const MORNING: Part = hours(8, 12);
const EARLY: Part = hours(8, 10);
const LATE_MORNING: Part = hours(10, 12);
const NOON: Part = hours(12, 14);
const DAY: Part = hours(12, 17);
const AFTER_LUNCH: Part = hours(13, 18);
const TOWARDS_EVENING: Part = hours(17, 21);
const EVENING: Part = hours(18, 22);
const LATE: Part = hours(20, 22);
const NIGHT: Part = hours(22, 30);
const ALL_BUT_EVENING: Part = hours(8, 18);
const END_OF_DAY: Part = hours(16, 18);

#[rustfmt::skip]
const PARTS: &[(&str, Part)] = &[
    ("утром", MORNING), ("утро", MORNING), ("с утра", MORNING), ("поутру", MORNING),
    ("утречком", MORNING), ("по утру", MORNING), ("в утреннее время", MORNING),
    ("утренние часы", MORNING), ("с утреца", MORNING), ("morning", MORNING),
    ("in the morning", MORNING), ("mornings", MORNING), ("this morning", MORNING),
    ("рано утром", EARLY), ("ранним утром", EARLY), ("с самого утра", EARLY),
    ("прямо с утра", EARLY), ("с утра пораньше", EARLY), ("утром пораньше", EARLY),
    ("пораньше утром", EARLY), ("пораньше с утра", EARLY), ("рано с утра", EARLY),
    ("early morning", EARLY), ("early in the morning", EARLY),
    ("first thing in the morning", EARLY), ("first thing", EARLY),
    ("поздним утром", LATE_MORNING), ("late morning", LATE_MORNING),
    ("late in the morning", LATE_MORNING), ("ближе к обеду", LATE_MORNING),
    ("до обеда", MORNING), ("в первой половине дня", MORNING), ("первой половине дня", MORNING),
    ("первая половина дня", MORNING), ("первую половину дня", MORNING),
    ("в первой половине", MORNING), ("с утра до обеда", MORNING), ("before lunch", MORNING),
    ("before noon", MORNING), ("before midday", MORNING), ("first half of the day", MORNING),
    ("в обед", NOON), ("к обеду", NOON), ("в обеденное время", NOON),
    ("в обеденный перерыв", NOON), ("в середине дня", NOON), ("at lunch", NOON),
    ("lunchtime", NOON), ("lunch time", NOON), ("around lunch", NOON), ("midday", NOON),
    ("around lunchtime", NOON), ("during lunch", NOON), ("днем", DAY), ("в дневное время", DAY),
    ("среди дня", DAY), ("afternoon", DAY), ("in the afternoon", DAY), ("this afternoon", DAY),
    ("early afternoon", hours(12, 15)), ("early in the afternoon", hours(12, 15)),
    ("late afternoon", hours(15, 18)), ("late in the afternoon", hours(15, 18)),
    ("daytime", hours(9, 18)), ("during the day", hours(9, 18)),
    ("in the daytime", hours(9, 18)), ("в рабочее время", hours(9, 18)),
    ("после обеда", AFTER_LUNCH), ("послеобеда", AFTER_LUNCH), ("с обеда", AFTER_LUNCH),
    ("после полудня", AFTER_LUNCH), ("пополудни", AFTER_LUNCH),
    ("во второй половине дня", AFTER_LUNCH), ("второй половине дня", AFTER_LUNCH),
    ("вторая половина дня", AFTER_LUNCH), ("вторую половину дня", AFTER_LUNCH),
    ("во второй половине", AFTER_LUNCH), ("after lunch", AFTER_LUNCH),
    ("second half of the day", AFTER_LUNCH), ("после обеденное время", AFTER_LUNCH),
    ("ближе к вечеру", TOWARDS_EVENING), ("к вечеру", TOWARDS_EVENING),
    ("под вечер", TOWARDS_EVENING), ("towards evening", TOWARDS_EVENING),
    ("ранним вечером", TOWARDS_EVENING), ("early evening", TOWARDS_EVENING),
    ("вечером", EVENING), ("вечер", EVENING), ("вечерком", EVENING), ("вечерам", EVENING),
    ("в вечернее время", EVENING), ("вечерние часы", EVENING), ("evening", EVENING),
    ("in the evening", EVENING), ("evenings", EVENING), ("this evening", EVENING),
    ("tonight", EVENING), ("после работы", EVENING), ("after work", EVENING),
    ("after hours", EVENING), ("поздно вечером", LATE), ("поздним вечером", LATE),
    ("попозже вечером", LATE), ("вечером попозже", LATE), ("late evening", LATE),
    ("late in the evening", LATE), ("ночью", NIGHT), ("ночь", NIGHT), ("at night", NIGHT),
    ("late at night", NIGHT), ("during the night", NIGHT), ("с утра до вечера", ALL_BUT_EVENING),
    ("до вечера", ALL_BUT_EVENING), ("before evening", ALL_BUT_EVENING),
    ("в конце дня", END_OF_DAY), ("к концу дня", END_OF_DAY), ("конец дня", END_OF_DAY),
    ("end of the day", END_OF_DAY), ("end of day", END_OF_DAY),
    ("конце рабочего дня", END_OF_DAY), ("в начале дня", EARLY), ("до работы", EARLY),
    ("перед работой", EARLY), ("before work", EARLY),
];

#[rustfmt::skip]
const ANY: &[&str] = &[
    "в любое время", "любое время", "в любое удобное время", "в любой момент", "в любой день",
    "любой день", "в любое", "неважно когда", "не важно когда", "неважно", "не важно",
    "когда угодно", "в какое угодно время", "все равно когда", "без разницы когда",
    "без разницы", "все равно", "когда удобно", "когда вам удобно", "как вам удобно",
    "когда сможете", "когда смогут", "как сможете", "на ваше усмотрение", "на ваш выбор",
    "на ваш вкус", "как получится", "когда получится", "хоть когда", "без предпочтений",
    "мне не принципиально", "не принципиально", "нет разницы", "разницы нет", "весь день",
    "целый день", "в течение дня", "в течении дня", "весь день дома", "любой вариант", "любое",
    "время не важно", "когда хотите", "всегда дома", "сижу дома весь день", "any time",
    "anytime", "any day", "whenever", "doesn't matter", "does not matter", "no matter",
    "no preference", "i don't care", "don't mind when", "don't care when", "all day",
    "whole day", "the whole day", "all day long", "any slot", "any time works",
    "at your convenience", "up to you", "whatever works", "whatever time", "i'm flexible",
    "flexible", "i'm easy", "it's all the same",
];

#[rustfmt::skip]
const URGENT: &[&str] = &[
    "как можно скорее", "как можно быстрее", "как можно раньше", "как можно пораньше",
    "как можно скорей", "чем скорее тем лучше", "чем быстрее тем лучше", "чем раньше тем лучше",
    "срочно", "очень срочно", "это срочно", "срочный", "срочная", "срочный вызов", "побыстрее",
    "побыстрей", "поскорее", "поскорей", "по скорее", "быстрее", "скорее бы", "прямо сейчас",
    "прям сейчас", "сейчас", "щас", "сейчас же", "немедленно", "незамедлительно",
    "в ближайшее время", "ближайшее время", "на ближайшее время", "самое ближайшее время",
    "самое ближайшее", "ближайшее", "в ближайшие часы", "в ближайший час", "первое свободное",
    "экстренно", "безотлагательно", "при первой возможности", "как только сможете",
    "моментально", "прямо сегодня", "не терпит", "бегом", "аварийно", "аварийная ситуация",
    "авария", "as soon as possible", "asap", "a s a p", "as soon as you can",
    "as quickly as possible", "as fast as possible", "as early as possible", "soonest",
    "the sooner the better", "right now", "right away", "immediately", "urgent", "urgently",
    "straight away", "at once", "now", "quickly", "very soon", "earliest", "the earliest",
    "emergency", "it's an emergency", "first available", "earliest available",
    "soon as possible", "this minute", "this instant", "rush",
];

pub(super) fn part(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    let at = i + tokens
        .any(
            i,
            &["на", "по", "в", "for the", "by the", "в районе", "ближе", "уже", "где то", "только"],
        )
        .unwrap_or(0);
    [i, at].into_iter().find_map(|at| {
        let (part, len) = PARTS
            .iter()
            .filter_map(|(phrase, part)| Some((*part, tokens.phrase(at, phrase)?)))
            .max_by_key(|(_, len)| *len)?;
        let greeting = tokens.before(at, 1).starts_with("добр")
            || matches!(tokens.before(at, 1), "good" | "доброго");
        (!greeting).then_some(Said { piece: Piece::Part(part), from: i, to: at + len })
    })
}

pub(super) fn open(tokens: &Tokens<'_>, i: usize) -> Option<Said> {
    if let Some(len) = tokens.any(i, ANY) {
        return Some(Said { piece: Piece::Any, from: i, to: i + len });
    }
    let len = tokens.any(i, URGENT)?;
    let denied = tokens.is(i.wrapping_sub(1), &["не", "not", "isn't", "нет", "no"])
        || matches!(tokens.before(i, 2), "не" | "not" | "no")
            && tokens.is(i - 1, &["очень", "так", "особо", "very", "so", "that", "an", "right"]);
    let thought = tokens.at(i) == "сейчас" && len == 1 && is_present(tokens, i);
    (!denied && !thought).then_some(Said { piece: Piece::Urgent, from: i, to: i + len })
}

/// "сейчас посмотрю", "сейчас не работает": no wish.
fn is_present(tokens: &Tokens<'_>, i: usize) -> bool {
    const WISHED: &[&str] = &[
        "можно",
        "приезжайте",
        "нужно",
        "надо",
        "пусть",
        "же",
        "хочу",
        "давайте",
        "если",
        "прямо",
        "вот",
    ];
    let led = i > 0 && (tokens.is(i - 1, WISHED) || tokens.is(i - 1, &["прямо", "только"]));
    !(led || i + 1 >= tokens.len() || tokens.is(i + 1, WISHED) || tokens.marked(i + 1))
}
