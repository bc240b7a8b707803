//! When a master can come: the caller's wish, free slots, and the honest answer to the wish.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::assign::Task;
use crate::board::{Asked, Board};
use crate::ids::MasterId;
use crate::trade::Category;

/// An answer names one slot and at most this many others.
const OTHERS_MAX: usize = 2;

/// A wish further ahead than this is answered with what is free before.
const AHEAD_MAX: SignedDuration = SignedDuration::from_hours(24 * 90);

/// The caller's wish; an open end is `None`, both open is "any time".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wish {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// What has to be fitted into somebody's day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    pub category: Category,
    pub minutes: i64,
    pub city: String,
    /// Name of the street, where known, for travel and district.
    pub street: Option<String>,
    pub urgent: bool,
}

/// A free slot with the master who would come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub start: Timestamp,
    pub end: Timestamp,
    pub master_id: MasterId,
}

/// The honest answer to a wish (SPEC 2.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Feasibility {
    /// "Yes, tomorrow at 2 PM"; `others` are next best inside the wish.
    Can { offer: Offer, others: Vec<Offer> },
    /// "Not in the morning, but today at 6 PM": same day as the wish, outside it.
    Partly { offer: Offer, others: Vec<Offer> },
    /// "All electricians are busy until Thursday; Thursday at 10 works?"
    Cannot { next: Offer, others: Vec<Offer> },
    /// Masters exist, none has a free slot within the horizon.
    Full,
    /// No master works in that city at all.
    NoMasters,
}

impl Wish {
    /// A visit is inside a wish when it begins there; a wish for one moment means just that start.
    pub fn holds(&self, start: Timestamp) -> bool {
        let late_enough = self.from.is_none_or(|from| start >= from);
        let early_enough =
            self.to.is_none_or(|to| start < to || self.from == Some(to) && start == to);

        late_enough && early_enough
    }

    /// How far outside the wish that start lies.
    fn misses(&self, start: Timestamp) -> SignedDuration {
        let early = self.from.map(|from| from.duration_since(start)).unwrap_or_default();
        let late = self.to.map(|to| start.duration_since(to)).unwrap_or_default();

        early.max(late).max(SignedDuration::ZERO)
    }

    /// The moment before an excluded end; for one moment, that moment.
    fn last(&self) -> Option<Timestamp> {
        let to = self.to?;

        if self.from == Some(to) { Some(to) } else { to.checked_sub(1.nanosecond()).ok() }
    }
}

/// The honest answer to a wish: the earliest slot inside it, else on its day, else the next.
pub fn feasibility(board: &mut Board, asked: &Asked<'_>, wish: Wish) -> Feasibility {
    let row = board.row(asked.work);
    if !row.iter().any(|at| board.is_active(*at)) {
        let full = board.works_in(&asked.work.city);
        return if full { Feasibility::Full } else { Feasibility::NoMasters };
    }
    let (zone, pace) = (board.zone().clone(), board.pace());
    let task = Task { work: asked.work, district: asked.district, zone: &zone, pace: &pace };
    let earliest = asked.now + pace.lead(asked.work.urgent).duration();
    let mut search = Search { board, asked, task, row, earliest };

    search
        .inside(wish)
        .or_else(|| search.same_day(wish))
        .or_else(|| search.next(wish))
        .unwrap_or(Feasibility::Full)
}

/// Days walked one by one, so that a wish for tomorrow costs one day and not the whole horizon.
struct Search<'a> {
    board: &'a mut Board,
    asked: &'a Asked<'a>,
    task: Task<'a>,
    row: Vec<usize>,
    earliest: Timestamp,
}

impl Search<'_> {
    fn inside(&mut self, wish: Wish) -> Option<Feasibility> {
        let last =
            wish.last().map_or(self.horizon(wish), |last| self.date(last).min(self.horizon(wish)));
        let slots = self.first_of(self.days(self.begin(wish), last), |start| wish.holds(start));

        answer(slots, |offer, others| Feasibility::Can { offer, others })
    }

    fn same_day(&mut self, wish: Wish) -> Option<Feasibility> {
        let named = wish.from.or(wish.to)?;
        let first = self.date(wish.from.unwrap_or(self.earliest));
        let last = wish.last().map_or(self.date(named), |last| self.date(last));
        let mut slots = Vec::new();
        for date in self.days(first, last.min(self.horizon(wish))) {
            slots.extend(self.offers(date, |_| true, usize::MAX));
        }
        slots.sort_by_key(|offer| (wish.misses(offer.start), offer.start));
        slots.truncate(1 + OTHERS_MAX);

        answer(slots, |offer, others| Feasibility::Partly { offer, others })
    }

    fn next(&mut self, wish: Wish) -> Option<Feasibility> {
        let later = self.days(self.begin(wish), self.horizon(wish));
        let mut slots = self.first_of(later, |_| true);
        if slots.is_empty() {
            let sooner = self.days(self.date(self.earliest), self.horizon(Wish::default()));
            slots = self.first_of(sooner, |_| true);
        }

        answer(slots, |next, others| Feasibility::Cannot { next, others })
    }

    fn first_of(
        &mut self,
        days: impl Iterator<Item = Date>,
        fits: impl Fn(Timestamp) -> bool,
    ) -> Vec<Offer> {
        let mut slots = Vec::new();
        for date in days {
            slots.extend(self.offers(date, &fits, 1 + OTHERS_MAX - slots.len()));
            if slots.len() > OTHERS_MAX {
                break;
            }
        }
        slots
    }

    /// The first starts of that day with the best master free then, in order.
    fn offers(
        &mut self,
        date: Date,
        fits: impl Fn(Timestamp) -> bool,
        at_most: usize,
    ) -> Vec<Offer> {
        if !self.board.lay_out(date) {
            return Vec::new();
        }

        self.board
            .starts(date)
            .into_iter()
            .filter(|start| *start >= self.earliest && fits(*start))
            .filter_map(|start| self.board.best(&self.row, (date, start), self.asked, &self.task))
            .take(at_most)
            .collect()
    }

    /// The first day a wish looks at.
    fn begin(&self, wish: Wish) -> Date {
        self.date(clipped(wish, self.asked.now).max(self.earliest))
    }

    /// The last day that is searched at all.
    fn horizon(&self, wish: Wish) -> Date {
        let days = i64::from(self.task.pace.horizon_days).days();

        self.date(clipped(wish, self.asked.now)).checked_add(days).unwrap_or(Date::MAX)
    }

    fn days(&self, first: Date, last: Date) -> impl Iterator<Item = Date> + use<> {
        first.series(1.day()).take_while(move |date| *date <= last)
    }

    fn date(&self, at: Timestamp) -> Date {
        at.to_zoned(self.task.zone.clone()).date()
    }
}

/// Where a wish begins, no earlier than now and not beyond what is looked ahead.
fn clipped(wish: Wish, now: Timestamp) -> Timestamp {
    wish.from.unwrap_or(now).clamp(now, now + AHEAD_MAX)
}

fn answer(
    slots: Vec<Offer>,
    told: impl Fn(Offer, Vec<Offer>) -> Feasibility,
) -> Option<Feasibility> {
    let mut slots = slots.into_iter();
    let first = slots.next()?;

    Some(told(first, slots.collect()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    use super::*;
    use crate::board::{Own, Promise, Promised};
    use crate::ids::JobId;
    use crate::master::{Master, Rating};
    use crate::schedule::{Hours, Minutes, Pace, Schedule, Span, Visit, clash};

    type Seat = (Master, Vec<Visit>);

    // Monday 2026-11-23, 10:00 in Kaliningrad.
    const NOW: &str = "2026-11-23T10:00";

    #[test]
    fn a_wish_that_can_be_met_gets_its_earliest_slot_and_two_others() {
        let world = [master("ann", 480, 9, 18)];

        let answer = ask(&world, wish("2026-11-24T13:00", "2026-11-24T18:00"));

        assert_eq!(told(&answer), "can 24 13:00 ann, 24 13:30 ann, 24 14:00 ann");
    }

    #[test]
    fn an_exact_wish_gets_that_start_and_the_best_master_free_then() {
        let mut star = master("star", 490, 9, 18);
        star.1.push(visit("2026-11-24T10:00"));
        let world = [star, master("ann", 480, 9, 18), master("bob", 450, 9, 18)];

        let answer = ask(&world, wish("2026-11-24T10:00", "2026-11-24T10:00"));

        assert_eq!(told(&answer), "can 24 10:00 ann");
    }

    #[test]
    fn a_short_window_means_the_slot_that_starts_in_it() {
        let answer =
            ask(&[master("ann", 480, 9, 18)], wish("2026-11-24T10:00", "2026-11-24T10:15"));

        assert_eq!(told(&answer), "can 24 10:00 ann");
    }

    #[test]
    fn not_in_the_morning_but_the_same_day() {
        let world = [master("late", 480, 14, 20)];

        let answer = ask(&world, wish("2026-11-24T09:00", "2026-11-24T12:00"));

        assert_eq!(told(&answer), "partly 24 14:00 late, 24 14:30 late, 24 15:00 late");
    }

    #[test]
    fn the_nearest_other_time_of_the_day_comes_first() {
        let mut ann = master("ann", 480, 9, 18);
        ann.1.push(visit("2026-11-24T13:00"));

        let answer = ask(&[ann], wish("2026-11-24T13:00", "2026-11-24T13:00"));

        assert_eq!(told(&answer), "partly 24 11:30 ann, 24 14:30 ann, 24 11:00 ann");
    }

    #[test]
    fn a_day_nobody_works_is_answered_with_the_next_one() {
        let answer =
            ask(&[master("ann", 480, 9, 18)], wish("2026-11-29T00:00", "2026-11-30T00:00"));

        assert_eq!(told(&answer), "cannot 30 09:00 ann, 30 09:30 ann, 30 10:00 ann");
    }

    #[test]
    fn nobody_is_sent_before_the_lead_time() {
        let world = [master("ann", 480, 9, 18)];

        let standard = ask(&world, Wish::default());
        let urgent = ask_for(&world, Wish::default(), &Work { urgent: true, ..work() });

        assert!(told(&standard).starts_with("can 23 12:00"));
        assert!(told(&urgent).starts_with("can 23 11:00"));
    }

    #[test]
    fn a_wish_that_has_passed_is_answered_with_the_rest_of_the_day() {
        let answer =
            ask(&[master("ann", 480, 9, 18)], wish("2026-11-23T08:00", "2026-11-23T09:00"));

        assert!(told(&answer).starts_with("partly 23 12:00"));
    }

    #[test]
    fn an_open_end_is_open() {
        let from = Wish { from: Some(at("2026-11-25T16:00")), to: None };
        let to = Wish { from: None, to: Some(at("2026-11-25T16:00")) };
        let world = [master("ann", 480, 9, 18)];

        assert!(told(&ask(&world, from)).starts_with("can 25 16:00"));
        assert!(told(&ask(&world, to)).starts_with("can 23 12:00"));
    }

    #[test]
    fn no_master_in_the_city_and_no_time_at_all_are_different_answers() {
        let mut away = master("away", 480, 9, 18);
        away.0.city = "Москва".into();
        let mut idle = master("idle", 480, 9, 18);
        idle.0.schedule = Schedule::default();

        assert_eq!(ask(&[away], Wish::default()), Feasibility::NoMasters);
        assert_eq!(ask(&[idle], Wish::default()), Feasibility::Full);
    }

    #[test]
    fn a_wish_for_next_year_is_answered_with_what_is_free_before() {
        let answer =
            ask(&[master("ann", 480, 9, 18)], wish("2027-11-24T10:00", "2027-11-24T10:00"));

        assert!(matches!(answer, Feasibility::Cannot { .. }));
    }

    proptest! {
        #[test]
        fn an_offer_is_never_early_never_off_the_step_and_never_in_a_visit(
            from in 0i64..400, length in 0i64..48, taken in prop::collection::vec(0i64..200, 0..30),
        ) {
            let mut ann = master("ann", 480, 8, 20);
            ann.1 = taken.iter().map(|half| Visit {
                span: Span::lasting(at(NOW) + Minutes(30 * half).duration(), Minutes(60)).unwrap(),
                district: None,
            }).collect();
            let from = at(NOW) + Minutes(30 * (from - 50)).duration();
            let wish = Wish { from: Some(from), to: Some(from + Minutes(30 * length).duration()) };

            let slots = match ask(&[ann.clone()], wish) {
                Feasibility::Can { offer, others } => {
                    prop_assert!(wish.holds(offer.start) && others.iter().all(|it| wish.holds(it.start)));
                    [vec![offer], others].concat()
                }
                Feasibility::Partly { offer: it, others } | Feasibility::Cannot { next: it, others } => {
                    prop_assert!(!wish.holds(it.start));
                    [vec![it], others].concat()
                }
                Feasibility::Full | Feasibility::NoMasters => Vec::new(),
            };

            for slot in slots {
                let span = Span { start: slot.start, end: slot.end };
                prop_assert!(slot.start >= at(NOW) + Minutes(120).duration());
                prop_assert_eq!(slot.start.to_zoned(zone()).minute() % 30, 0);
                prop_assert_eq!(clash(&ann.1, span, None, &Pace::default()), None);
            }
        }
    }

    fn ask(masters: &[Seat], wish: Wish) -> Feasibility {
        ask_for(masters, wish, &work())
    }

    fn ask_for(masters: &[Seat], wish: Wish, work: &Work) -> Feasibility {
        let mut board = Board::new(zone(), Pace::default());
        for (master, visits) in masters {
            let promise = |visit: &Visit| Promise {
                visit: visit.clone(),
                to: Promised::Job(JobId::new("some")),
            };
            board.seat(master.clone(), visits.iter().map(promise).collect());
        }
        let asked = Asked { work, district: None, own: Own::default(), lost: &[], now: at(NOW) };

        feasibility(&mut board, &asked, wish)
    }

    fn told(answer: &Feasibility) -> String {
        let (word, first, others) = match answer {
            Feasibility::Can { offer, others } => ("can", offer, others),
            Feasibility::Partly { offer, others } => ("partly", offer, others),
            Feasibility::Cannot { next, others } => ("cannot", next, others),
            Feasibility::Full => return "full".into(),
            Feasibility::NoMasters => return "nobody".into(),
        };
        let slot = |it: &Offer| {
            format!("{} {}", it.start.to_zoned(zone()).strftime("%d %H:%M"), it.master_id)
        };
        let slots: Vec<String> = std::iter::once(first).chain(others).map(slot).collect();

        format!("{word} {}", slots.join(", "))
    }

    fn work() -> Work {
        Work {
            category: Category::Electrical,
            minutes: 60,
            city: "Калининград".into(),
            street: None,
            urgent: false,
        }
    }

    fn wish(from: &str, to: &str) -> Wish {
        Wish { from: Some(at(from)), to: Some(at(to)) }
    }

    fn visit(start: &str) -> Visit {
        Visit { span: Span::lasting(at(start), Minutes(60)).unwrap(), district: None }
    }

    /// Works Monday to Saturday.
    fn master(name: &str, rating: i64, from: u16, to: u16) -> Seat {
        let days = [
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
        ];
        let master = Master {
            id: MasterId::new(name),
            name: name.into(),
            phone: "+79110000000".into(),
            email: None,
            city: "Калининград".into(),
            district: None,
            trades: vec![Category::Electrical],
            rating: Rating(rating),
            active: true,
            schedule: Schedule::weekly(&days, &[Hours::new(from, to)]),
        };

        (master, Vec::new())
    }

    fn at(local: &str) -> Timestamp {
        let local: jiff::civil::DateTime = local.parse().unwrap();

        local.to_zoned(zone()).unwrap().timestamp()
    }

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Kaliningrad").unwrap()
    }
}
