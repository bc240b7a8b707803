//! When the caller wants it: everything said about time in one utterance, put together.
//!
//! **Never here:** which slots are free.

mod clock;
mod day;
mod part;
mod relative;
mod resolve;

use super::number::number;
use super::token::Tokens;
use super::{Context, Found, TimeWish, correction};
use crate::state::Awaiting;
use clock::Face;
use day::Day;
use part::Part;

pub(super) fn is_month(word: &str) -> bool {
    day::is_month(word)
}

/// Monday is 0: a weekday's name in any form.
pub(super) fn weekday(word: &str) -> Option<usize> {
    let day = day::named(word)?;
    usize::try_from(day.to_monday_zero_offset()).ok()
}

/// Working hours at a token: "с девяти до шести", "9-18", "после шести", "утром".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hours {
    /// Minutes since midnight; `None` where open.
    pub from: Option<i32>,
    pub to: Option<i32>,
    pub len: usize,
}

pub(super) fn hours(tokens: &Tokens<'_>, i: usize) -> Option<Hours> {
    let said = clock::figures_range(tokens, i)
        .or_else(|| clock::ten_to_two(tokens, i))
        .or_else(|| clock::between(tokens, i))
        .or_else(|| clock::clock(tokens, i, clock::is_free_hour(tokens, i)))
        .or_else(|| part::part(tokens, i))?;
    let len = said.to - i;
    Some(match said.piece {
        Piece::Between(from, to) => {
            let (from, to) = working(from, to);
            Hours { from: Some(from), to: Some(to), len }
        }
        Piece::After(face) | Piece::At(face) => Hours { from: Some(likely(face)), to: None, len },
        Piece::Before(face) => Hours { from: None, to: Some(likely(face)), len },
        Piece::Part(part) => Hours { from: Some(part.from), to: Some(part.to), len },
        _ => return None,
    })
}

/// "с двух до восьми" is the afternoon, "с девяти до шести" the whole day.
fn working(from: Face, to: Face) -> (i32, i32) {
    const NOON: i32 = 12 * 60;

    let first = if to.sure && to.minutes > from.minutes { from.minutes } else { likely(from) };
    let first = if from.sure { from.minutes } else { first };
    let last = if !to.sure && to.minutes <= first && to.minutes < NOON {
        to.minutes + NOON
    } else {
        to.minutes
    };
    (first, last)
}

/// Nobody's working day turns at one in the night.
fn likely(face: Face) -> i32 {
    let small = !face.sure && face.minutes < 7 * 60;
    if small { face.minutes + 12 * 60 } else { face.minutes }
}

/// One thing said about time.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    Day(Day),
    DayFrom(Day),
    DayAfter(Day),
    DayTo(Day),
    Part(Part),
    At(Face),
    After(Face),
    Before(Face),
    Between(Face, Face),
    /// Minutes from now.
    In(i64),
    InRange(i64, i64),
    Within(i64),
    Any,
    Urgent,
}

impl Piece {
    fn is_day(self) -> bool {
        matches!(self, Self::Day(_) | Self::DayFrom(_) | Self::DayAfter(_) | Self::DayTo(_))
    }

    fn is_hour(self) -> bool {
        matches!(self, Self::At(_) | Self::After(_) | Self::Before(_) | Self::Between(..))
    }

    fn is_from_now(self) -> bool {
        matches!(self, Self::In(_) | Self::InRange(..) | Self::Within(_))
    }
}

/// A piece and the tokens it took.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Said {
    piece: Piece,
    from: usize,
    to: usize,
}

/// Everything about time, put together, but for what is past, refused or corrected.
#[derive(Debug, Clone, Default, PartialEq)]
struct Sayings {
    days: Vec<Piece>,
    parts: Vec<Part>,
    hours: Vec<Piece>,
    from_now: Option<Piece>,
    any: bool,
    urgent: bool,
}

impl Sayings {
    /// The same said of the day so many days from today.
    fn on(&self, days: i32) -> Self {
        Self { days: vec![Piece::Day(Day::In(days))], ..self.clone() }
    }
}

/// The wish, with the tokens it came from marked as taken.
pub(super) fn time(tokens: &mut Tokens<'_>, context: &Context<'_>) -> Option<Found<TimeWish>> {
    let asked = matches!(context.awaiting, Awaiting::Time | Awaiting::SlotChoice);
    let mut said = read(tokens, asked);
    said.retain(|one| one.piece.is_day() || !strays(tokens, one, asked));
    said.retain(|one| !denied(tokens, one) && !past(tokens, one, context.awaiting));
    to_a_day(tokens, &mut said);
    if !said.iter().any(|one| !matches!(one.piece, Piece::DayTo(_))) && !asked {
        said.clear();
    }
    weak_hours(tokens, &mut said, asked);
    let said = corrected(tokens, said);
    let said = first_alternative(tokens, said);
    let (from, to) = (said.first()?.from, said.iter().map(|one| one.to).max()?);
    let found = resolve::wish(&gather(&said), &context.now, context.day)?;
    for one in &said {
        tokens.take(one.from, one.to);
    }
    Some(Found { value: found, span: tokens.span(from, to) })
}

/// "Move it to Monday" names the day, where no other day begins a range.
fn to_a_day(tokens: &Tokens<'_>, said: &mut [Said]) {
    let others = |piece: Piece| piece.is_day() && !matches!(piece, Piece::DayTo(_));
    if said.iter().any(|one| others(one.piece)) {
        return;
    }
    for one in said.iter_mut().filter(|one| tokens.at(one.from) == "to") {
        if let Piece::DayTo(day) = one.piece {
            one.piece = Piece::Day(day);
        }
    }
}

fn read(tokens: &Tokens<'_>, asked: bool) -> Vec<Said> {
    let mut said = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        if !tokens.free(i) {
            i += 1;
            continue;
        }
        if let Some(len) =
            tokens.any(i, &["tonight", "this morning", "this afternoon", "this evening"])
        {
            let today = Said { piece: Piece::Day(Day::Today), from: i, to: i + len };
            said.extend(std::iter::once(today).chain(part::part(tokens, i)));
            i += len;
            continue;
        }
        let whole = |found: &Said| (found.from..found.to).all(|at| tokens.free(at));
        match one(tokens, i, asked).filter(whole) {
            Some(found) => {
                i = found.to.max(i + 1);
                said.push(found);
            }
            // The rest of a number that is no time is none either.
            None => i += number(tokens, i).map_or(1, |number| number.len),
        }
    }
    said
}

/// The longest reading at a token wins; of equals the one listed first.
fn one(tokens: &Tokens<'_>, i: usize, asked: bool) -> Option<Said> {
    let bare = asked && clock::is_free_hour(tokens, i);
    let readings = [
        relative::relative(tokens, i),
        part::open(tokens, i),
        day::day(tokens, i),
        clock::between(tokens, i),
        part::part(tokens, i),
        clock::clock(tokens, i, bare),
    ];
    let mut best: Option<Said> = None;
    for found in readings.into_iter().flatten() {
        if best.is_none_or(|held| found.to > held.to) {
            best = Some(found);
        }
    }
    best
}

/// "не в четверг", "сегодня не могу".
fn denied(tokens: &Tokens<'_>, one: &Said) -> bool {
    #[rustfmt::skip]
    const CANNOT: &[&str] = &[
        "не могу", "не смогу", "не получится", "не получается", "не выйдет", "не подходит",
        "не подойдет", "не удобно", "неудобно", "не устраивает", "не буду", "не будет",
        "меня не будет", "нас не будет", "никак", "занят", "занята", "работаю", "не надо",
        "я не могу", "я занят", "я занята", "я не смогу", "мы не можем", "мне неудобно",
        "мне не удобно", "я работаю", "doesn't work", "does not work", "won't work",
        "isn't good", "is no good", "is not good", "is bad", "i can't", "i cannot", "i'm busy",
        "i am busy", "doesn't suit", "is not possible", "not possible", "нельзя", "не хочу",
        "не нужно", "рано", "поздно", "слишком поздно", "слишком рано", "is too late",
        "is too early",
    ];
    const NOT: &[&str] = &["не", "not", "кроме", "except", "only not", "can't", "cannot", "but"];
    let before = tokens.is(one.from.wrapping_sub(1), NOT) && tokens.before(one.from, 1) != "but";
    let barred = before && !matches!(tokens.at(one.from), "раньше" | "позже" | "позднее" | "ранее");
    let now = one.piece != Piece::Urgent;
    now && (barred || tokens.any(one.to, CANNOT).is_some())
}

/// A number with a preposition that is no hour: nothing else is said about time.
fn strays(tokens: &Tokens<'_>, one: &Said, asked: bool) -> bool {
    // "дом 3 к 5": к is the корпус.
    let block = tokens.at(one.from) == "к"
        && one.from > 0
        && tokens.get(one.from - 1).is_some_and(|t| t.figures)
        && tokens.get(one.from + 1).is_some_and(|t| t.figures);
    block && !asked
}

/// Outside a question about time, "в семь" counts only beside a day or plainly as a clock time.
fn weak_hours(tokens: &Tokens<'_>, said: &mut Vec<Said>, asked: bool) {
    let dated = said.iter().any(|one| one.piece.is_day() || matches!(one.piece, Piece::Part(_)));
    if asked || dated {
        return;
    }
    let ends = |one: &Said| one.to >= tokens.len() || tokens.marked(one.to);
    said.retain(|one| match one.piece {
        Piece::At(face) | Piece::After(face) | Piece::Before(face) => face.plain || ends(one),
        Piece::Between(face, to) => {
            face.plain
                || to.plain
                || ends(one)
                || tokens.is(one.from, &["с", "со", "from", "between", "между"])
        }
        _ => true,
    });
}

/// What is told about the past is no wish: "вчера вечером", "с утра не работает".
fn past(tokens: &Tokens<'_>, one: &Said, awaiting: Awaiting) -> bool {
    const GONE: &[&str] = &[
        "вчера",
        "вчерашнего",
        "позавчера",
        "прошлый",
        "прошлую",
        "прошлой",
        "прошлое",
        "прошлом",
        "yesterday",
        "last",
        "since",
    ];
    let around = [tokens.before(one.from, 1), tokens.before(one.from, 2), tokens.at(one.to)];
    let gone = around.iter().any(|word| GONE.contains(word));
    let ago = tokens.is(one.to, &["назад", "ago"]) || tokens.is(one.to + 1, &["назад", "ago"]);
    let telling = matches!(awaiting, Awaiting::Problem | Awaiting::Clarification);
    gone || ago || telling && told(tokens, one)
}

/// A verb in the past tense beside it in the same breath.
fn told(tokens: &Tokens<'_>, one: &Said) -> bool {
    #[rustfmt::skip]
    const TURN: &[&str] = &[
        "нужно", "надо", "нужен", "нужна", "можно", "приезжайте", "приезжай", "хочу", "давайте",
        "пришлите", "мастера", "мастер", "запишите", "лучше", "удобно", "приехать", "прислать",
        "хотел", "хотела", "хотелось", "please", "need", "want", "can", "could", "send", "come",
        "like",
    ];
    let open = |j: &usize| !tokens.is(*j, TURN);
    let wished = (one.from.saturating_sub(4)..one.from).any(|j| tokens.is(j, TURN));
    if wished {
        return false;
    }
    let after = (one.to..(one.to + 4).min(tokens.len()))
        .take_while(|&j| (j == one.to || !tokens.marked(j)) && !tokens.marked(j))
        .take_while(open)
        .any(|j| was(tokens, j));
    let before = (one.from.saturating_sub(2)..one.from)
        .rev()
        .take_while(|&j| !tokens.marked(j + 1))
        .any(|j| was(tokens, j));
    let still = tokens.is(one.from, &["с"])
        && matches!(one.piece, Piece::Part(_) | Piece::DayFrom(_))
        && (one.to..(one.to + 3).min(tokens.len()))
            .any(|j| tokens.is(j, &["не", "нет", "течет", "капает", "без"]));
    after || before || still
}

fn was(tokens: &Tokens<'_>, j: usize) -> bool {
    const ENGLISH: &[&str] =
        &["broke", "was", "went", "began", "blew", "burst", "got", "came", "had", "did", "fell"];
    let word = tokens.at(j);
    if word.is_ascii() {
        return ENGLISH.contains(&word) || word.len() > 5 && word.ends_with("ed") && word != "need";
    }
    let long = word.chars().count() >= 4;
    long && ["л", "ла", "ло", "ли", "лся", "лась", "лось", "лись"]
        .iter()
        .any(|end| word.ends_with(end))
        && !matches!(
            word,
            "если"
                | "стола"
                | "пола"
                | "тепло"
                | "мало"
                | "было бы"
                | "угол"
                | "зала"
                | "стол"
                | "дела"
                | "около"
        )
}

/// After "нет, вернее, а" the last saying of a kind stands; its kind said earlier falls.
fn corrected(tokens: &Tokens<'_>, said: Vec<Said>) -> Vec<Said> {
    let Some(after) = correction::correction(tokens) else {
        return said;
    };
    let (old, new): (Vec<Said>, Vec<Said>) = said.into_iter().partition(|one| one.from < after);
    if new.is_empty() {
        return old;
    }
    let has = |test: fn(Piece) -> bool| new.iter().any(|one| test(one.piece));
    let days = has(Piece::is_day);
    let hours = has(|piece| piece.is_hour() || matches!(piece, Piece::Part(_)));
    let all = has(|piece| piece.is_from_now() || matches!(piece, Piece::Any | Piece::Urgent));
    let keeps = |one: &Said| match one.piece {
        piece if piece.is_day() => !days,
        piece if piece.is_hour() || matches!(piece, Piece::Part(_)) => !hours,
        _ => false,
    };
    old.into_iter().filter(|one| !all && keeps(one)).chain(new.iter().copied()).collect()
}

/// "сегодня вечером или завтра утром": the first of two whole wishes.
fn first_alternative(tokens: &Tokens<'_>, said: Vec<Said>) -> Vec<Said> {
    let or = (0..tokens.len()).find(|&i| tokens.is(i, &["или", "либо", "or"]));
    let Some(or) = or else { return said };
    let (first, second): (Vec<Said>, Vec<Said>) = said.iter().partition(|one| one.from < or);
    let day = |side: &[Said]| side.iter().any(|one| one.piece.is_day());
    let only_days = said.iter().all(|one| one.piece.is_day());
    if day(&first) && day(&second) && !only_days { first } else { said }
}

fn gather(said: &[Said]) -> Sayings {
    let mut all = Sayings::default();
    for one in said {
        match one.piece {
            piece if piece.is_day() => all.days.push(piece),
            piece if piece.is_hour() => all.hours.push(piece),
            Piece::Part(part) => all.parts.push(part),
            Piece::Any => all.any = true,
            Piece::Urgent => all.urgent = true,
            piece => all.from_now = Some(piece),
        }
    }
    all
}
