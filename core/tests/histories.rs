//! Random histories of an organisation, lived by the store and by a model in plain Rust at once: after
//! every step both gave the same answer and stand at the same place.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod model;
mod world;

use std::collections::VecDeque;

use jiff::{SignedDuration, Timestamp, ToSpan};
use job_core::conversation::Page;
use job_core::ids::{ConversationId, HoldId, JobId, MasterId, PaymentId};
use job_core::job::JobStatus;
use job_core::master::{Master, Rating};
use job_core::money::Kopecks;
use job_core::offer::ProposalState;
use job_core::payment::{Method, PaymentStatus, Seen};
use job_core::place::District;
use job_core::schedule::{Clock, Hours, Schedule};
use job_core::settings::Settings;
use job_core::slot::{Feasibility, Offer, Wish, Work};
use job_core::store::{OrgStore, Passed, PaymentRequest};
use job_core::trade::Category;
use model::calendar::{STREETS, day, moment};
use model::{LIFE, Model};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use world::{World, order, prices};

const SHORT: usize = 1_500;
const LONG: usize = 50_000;
/// The whole of both worlds is compared so often; between, what the step touched.
const ALL_EVERY: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_on_sqlite() {
    live(World::sqlite().await, 1, SHORT).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_history_on_postgres() {
    if let Some(world) = World::postgres().await {
        live(world, 2, SHORT).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes long: make test-long"]
async fn a_long_history_on_sqlite() {
    live(World::sqlite().await, 3, LONG).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes long: make test-long"]
async fn a_long_history_on_postgres() {
    if let Some(world) = World::postgres().await {
        live(world, 4, LONG).await;
    }
}

async fn live(world: World, seed: u64, steps: usize) {
    let mut life = Life::new(world, seed).await;
    for step in 1..=steps {
        life.step(step).await;
        if step % ALL_EVERY == 0 || step == steps {
            life.compare_all().await;
        }
    }
    let Life { model, answers, .. } = &life;
    println!(
        "seed {seed}: {steps} steps, {} jobs, yes / no by deed: {answers:?}",
        model.jobs.len()
    );
    for (deed, (yes, _)) in answers {
        assert!(*yes > 0, "no {deed} ever went through");
    }
}

/// What is remembered to be used again, newest last.
struct Recent<T>(VecDeque<T>);

impl<T: Clone> Recent<T> {
    const KEPT: usize = 20;

    fn new() -> Self {
        Self(VecDeque::new())
    }

    fn add(&mut self, it: T) {
        self.0.push_back(it);
        if self.0.len() > Self::KEPT {
            self.0.pop_front();
        }
    }

    fn any(&self, dice: &mut Dice) -> Option<T> {
        (!self.0.is_empty()).then(|| self.0[dice.below(self.0.len())].clone())
    }

    /// Mostly one of the last, while it is still worth something.
    fn late(&self, dice: &mut Dice) -> Option<T> {
        if dice.one_in(4) {
            return self.any(dice);
        }
        let back = 1 + dice.below(2);
        self.0.len().checked_sub(back).map(|at| self.0[at].clone())
    }
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        (self.0.next_u64() % bound as u64) as usize
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}

struct Life {
    world: World,
    store: OrgStore,
    model: Model,
    dice: Dice,
    now: Timestamp,
    /// What the step under way is called when it fails.
    told: String,
    answers: std::collections::BTreeMap<&'static str, (usize, usize)>,
    offers: Recent<(Work, Offer)>,
    holds: Recent<(HoldId, ConversationId, Work, Offer)>,
    jobs: Recent<JobId>,
    payments: Recent<(PaymentId, Kopecks)>,
    calls: usize,
    seed: u64,
}

impl Life {
    async fn new(world: World, seed: u64) -> Self {
        let store = world.org("a").await;
        let streets = |name: &str| {
            let of = STREETS.iter().filter(|it| it.1 == name);
            District { name: name.into(), streets: of.map(|it| it.0.into()).collect() }
        };
        let districts = STREETS.iter().map(|it| streets(it.1)).collect();
        store.change_settings(&Settings { districts, ..Settings::default() }).await.unwrap();
        let (now, dice) = (world.now, Dice(ChaCha8Rng::seed_from_u64(seed)));
        let mut life = Self {
            world,
            store,
            model: Model::default(),
            dice,
            now,
            told: String::new(),
            answers: Default::default(),
            offers: Recent::new(),
            holds: Recent::new(),
            jobs: Recent::new(),
            payments: Recent::new(),
            calls: 0,
            seed,
        };
        let first = life.store.masters().await.unwrap();
        life.model.masters = first.into_iter().map(|it| (it.id.clone(), it)).collect();
        for number in 1..=5 {
            life.put_master(number).await;
        }
        life
    }

    async fn step(&mut self, step: usize) {
        let minutes = if self.dice.one_in(20) { self.dice.below(900) } else { self.dice.below(6) };
        self.now += SignedDuration::from_secs(60 * minutes as i64 + 7);
        self.told = format!("seed {}, step {step}", self.seed);
        match self.dice.below(100) {
            0..12 => self.ask().await,
            12..15 => self.lose().await,
            15..16 => self.lapse().await,
            16..18 => self.retry().await,
            18..20 => self.assign_by_hand().await,
            20..44 => self.hold().await,
            44..64 => self.book().await,
            64..71 => self.move_job().await,
            71..75 => self.cancel().await,
            75..84 => self.step_job().await,
            84..86 => self.release().await,
            86..87 => self.sweep().await,
            87..89 => {
                let number = 1 + self.dice.below(5);
                self.put_master(number).await;
            }
            89..93 => self.begin_payment().await,
            93..96 => self.see_payment().await,
            96..99 => self.refund().await,
            _ => self.pay_out().await,
        }
        self.ask().await;
    }

    fn same<T: PartialEq + std::fmt::Debug, E: PartialEq + std::fmt::Debug>(
        &mut self,
        deed: &'static str,
        real: &Result<T, E>,
        model: &Result<T, E>,
    ) {
        assert_eq!(real, model, "{deed} at {}, {}: store and model differ", self.now, self.told);
        let count = self.answers.entry(deed).or_default();
        *if real.is_ok() { &mut count.0 } else { &mut count.1 } += 1;
    }

    async fn ask(&mut self) {
        let (work, wish) = (self.work(), self.wish());
        let own = self.holds.any(&mut self.dice).map(|it| it.1).filter(|_| self.dice.one_in(2));

        let real = self.store.feasible(&work, &wish, own.as_ref(), self.now).await.unwrap();
        let model = self.model.feasible(&work, &wish, own.as_ref(), self.now);

        assert_eq!(real, model, "{work:?} {wish:?} for {own:?} at {}, {}", self.now, self.told);
        let (deed, offers) = match real {
            Feasibility::Can { offer, others } => ("can", [vec![offer], others].concat()),
            Feasibility::Partly { offer, others } => ("partly", [vec![offer], others].concat()),
            Feasibility::Cannot { next, others } => ("cannot", [vec![next], others].concat()),
            Feasibility::Full => ("full", Vec::new()),
            Feasibility::NoMasters => ("nobody", Vec::new()),
        };
        self.answers.entry(deed).or_default().0 += 1;
        for offer in offers {
            self.offers.add((work.clone(), offer));
        }
    }

    async fn hold(&mut self) {
        let Some((work, mut offer)) = self.offers.late(&mut self.dice) else { return };
        if self.dice.one_in(4) {
            offer.start += SignedDuration::from_mins(5 * self.dice.below(40) as i64 - 60);
        }
        let call = self.call();

        let real = self.store.hold(&work, &offer, &call, self.now).await.unwrap();
        let model = self.model.hold(&work, &offer, &call, real.as_ref().ok().cloned(), self.now);

        self.same("hold", &real, &model);
        if let Ok(id) = real {
            self.holds.add((id, call, work, offer));
        }
    }

    async fn book(&mut self) {
        let Some((hold, mut call, work, offer)) = self.holds.late(&mut self.dice) else { return };
        if self.dice.one_in(20) {
            call = self.call();
        }
        let mut order = order(&call, &hold, &offer);
        order.findings.minutes = work.minutes;
        order.address.street = work.street.clone();
        order.address.city = Some(work.city.clone());
        (order.price.category, order.price.urgent) = (work.category, work.urgent);

        let chance = self.world.chance();
        let booked = self.store.book(&order, &prices(), self.now, chance).await.unwrap();
        let real = booked.as_ref().map(|it| it.job.clone()).map_err(Clone::clone);
        let id = real.as_ref().ok().cloned();
        let model = self.model.book(&call, (&hold, &offer, &work), id, self.now);

        self.same("book", &real, &model);
        if let Ok(id) = real {
            self.compare_job(&id).await;
            self.jobs.add(id);
        }
    }

    async fn move_job(&mut self) {
        let Some(job) = self.jobs.any(&mut self.dice) else { return };
        let Some((_, mut offer)) = self.offers.late(&mut self.dice) else { return };
        if self.dice.one_in(3) {
            let known = self.model.jobs[&job].busy.clone();
            offer = Offer { start: known.start, end: known.end, master_id: known.master };
            offer.start += SignedDuration::from_mins(15 * self.dice.below(9) as i64 - 60);
        }
        let call = self.call();

        let real = self.store.move_to(&job, &offer, &call, self.now).await.unwrap();
        let model = self.model.move_to(&job, &offer, &call, self.now);

        self.same("move", &real, &model);
        self.compare_job(&job).await;
    }

    async fn cancel(&mut self) {
        let Some(job) = self.jobs.any(&mut self.dice) else { return };

        let real = self.store.cancel(&job, "client", self.now).await.unwrap();
        let model = self.model.cancel(&job);

        self.same("cancel", &real, &model);
        self.compare_job(&job).await;
    }

    async fn step_job(&mut self) {
        let Some(job) = self.jobs.any(&mut self.dice) else { return };
        let status = self.model.jobs[&job].status;
        let next = LIFE.iter().position(|it| *it == status).and_then(|at| LIFE.get(at + 1));
        let to = match next {
            Some(next) if !self.dice.one_in(6) => *next,
            _ => self.dice.of(&[&LIFE[..], &[JobStatus::Cancelled, JobStatus::Queued]].concat()),
        };

        let real = self.store.step(&job, to, "master", self.now).await.unwrap().unwrap();
        let model = self.model.step(&job, to).unwrap();

        self.same("step", &real, &model);
        self.compare_job(&job).await;
    }

    /// Mostly the master whose job it is says no.
    async fn lose(&mut self) {
        let Some(job) = self.jobs.late(&mut self.dice) else { return };
        let master = match self.dice.one_in(5) {
            true => self.master(),
            false => self.model.jobs[&job].busy.master.clone(),
        };
        let how = self.dice.of(&[
            ProposalState::Declined,
            ProposalState::DroppedOut,
            ProposalState::Unanswered,
        ]);

        let lost = self.store.lose_master((&job, &master), how, "master", self.now).await.unwrap();
        let real = lost.map(|passed| passed == Passed::On);
        let model = self.model.lose(&job, &master, how, self.now);

        self.same("lose", &real, &model);
        self.compare_job(&job).await;
    }

    async fn lapse(&mut self) {
        let real = self.store.pass_on_lapsed(self.now).await.unwrap();
        let model = self.model.lapse(self.now);

        self.same::<_, ()>("lapse", &Ok(real), &Ok(model));
        self.compare_open().await;
    }

    async fn retry(&mut self) {
        let real = self.store.retry_queue(self.now).await.unwrap();
        let model = self.model.retry(self.now);

        self.same::<_, ()>("retry", &Ok(real), &Ok(model));
        self.compare_open().await;
    }

    async fn assign_by_hand(&mut self) {
        let Some(job) = self.jobs.any(&mut self.dice) else { return };
        let master = self.master();

        let real = self.store.assign_by_hand(&job, &master, "anna", self.now).await.unwrap();
        let model = self.model.assign_by_hand(&job, &master, self.now);

        self.same("assign by hand", &real, &model);
        self.compare_job(&job).await;
    }

    /// Everything that may have changed hands at once.
    async fn compare_open(&self) {
        let recent = self.jobs.0.iter();
        for job in recent {
            self.compare_job(job).await;
        }
    }

    fn master(&mut self) -> MasterId {
        let all: Vec<MasterId> = self.model.masters.keys().cloned().collect();
        self.dice.of(&all)
    }

    async fn release(&mut self) {
        let Some((hold, ..)) = self.holds.any(&mut self.dice) else { return };

        self.store.release(&hold).await.unwrap();
        self.model.release(&hold);
    }

    async fn sweep(&mut self) {
        self.store.sweep_holds(self.now).await.unwrap();
        self.model.sweep(self.now);
    }

    async fn put_master(&mut self, number: usize) {
        let any = self.model.masters.values().next().unwrap().clone();
        let mut schedule = Schedule::default();
        for weekday in 0..7 {
            schedule.week[weekday] = self.hours();
        }
        if self.dice.one_in(2) {
            let date = day(self.now) + (self.dice.below(10) as i64).days();
            schedule.dates.insert(date, self.hours());
        }
        let master = Master {
            id: MasterId::new(self.world.name(&format!("a-master-{number}"))),
            name: format!("Мастер {number}"),
            district: self.dice.of(&[None, Some("Центральный".into()), Some("Северный".into())]),
            city: if self.dice.one_in(8) {
                "Москва".into()
            } else {
                "Калининград".into()
            },
            trades: self.dice.of(&[
                vec![Category::Electrical],
                vec![Category::Electrical, Category::Plumbing],
                vec![Category::Plumbing],
            ]),
            rating: Rating(self.dice.of(&[450, 480, 480, 500])),
            active: !self.dice.one_in(8),
            schedule,
            ..any
        };

        self.store.put_master(&master).await.unwrap();
        self.model.masters.insert(master.id.clone(), master);
    }

    async fn begin_payment(&mut self) {
        let Some(job) = self.jobs.any(&mut self.dice) else { return };
        let amount = Kopecks(self.dice.of(&[0, 1, 99, 150_000, 190_001, 100_000_001]));
        let key = format!("key-{}", self.dice.below(20) + self.model.jobs.len());
        let method = self.dice.of(&[Method::Cash, Method::Card, Method::Sbp]);
        let request = PaymentRequest { job: job.clone(), method, amount, key };

        let begun = self.store.begin_payment(&request, self.now).await.unwrap();
        let real = begun.map(|it| it.id);
        let model = self.model.begin_payment(&request, real.as_ref().ok().cloned());

        self.same("begin payment", &real, &model);
        if let Ok(id) = real {
            self.payments.add((id, amount));
        }
        self.compare_job(&job).await;
        self.compare_money().await;
    }

    async fn see_payment(&mut self) {
        let Some((id, amount)) = self.payments.any(&mut self.dice) else { return };
        let status = self.dice.of(&[
            PaymentStatus::Pending,
            PaymentStatus::Succeeded,
            PaymentStatus::Succeeded,
            PaymentStatus::Cancelled,
        ]);
        let refunded = self.dice.of(&[0, 0, amount.0 / 3, amount.0, amount.0 + 1]);
        let off = if self.dice.one_in(10) { 1 } else { 0 };
        let seen = Seen { status, amount: Kopecks(amount.0 + off), refunded: Kopecks(refunded) };

        let took = self.store.payment_seen(&id, &seen, self.now).await.unwrap();
        let real = took.map(|it| (it.status, it.refunded.0, it.master));
        let model = self.model.payment_seen(&id, &seen);

        self.same("see payment", &real, &model);
        self.compare_money().await;
    }

    async fn refund(&mut self) {
        let Some((id, amount)) = self.payments.late(&mut self.dice) else { return };
        let part = self.dice.of(&[amount.0 / 2, amount.0, 1, 0, -1]);
        let key = format!("back-{}", self.dice.below(20) + self.model.jobs.len());

        let back = self.store.refund_cash(&id, Kopecks(part), &key, self.now).await.unwrap();
        let real = back.map(|it| (it.status, it.refunded.0, it.master));
        let model = self.model.refund_cash(&id, part, &key);

        self.same("refund", &real, &model);
        self.compare_money().await;
    }

    async fn pay_out(&mut self) {
        let batch = day(self.now) + (self.dice.below(2) as i64).days();
        let masters: Vec<MasterId> = self.model.masters.keys().cloned().collect();

        self.store.pay_out(batch, self.now).await.unwrap();
        self.model.books.pay_out(batch, &masters);

        self.compare_money().await;
    }

    async fn compare_job(&self, id: &JobId) {
        let real = self.store.job(id).await.unwrap().unwrap();
        let model = &self.model.jobs[id];

        let ours = (&real.number, real.status, &real.offer.master_id, real.offer.start);
        let theirs = (&model.number, model.status, &model.busy.master, model.busy.start);
        assert_eq!(ours, theirs, "{}", self.told);
        assert_eq!(real.offer.end, model.busy.end, "{}", self.told);
    }

    async fn compare_money(&self) {
        for master in self.model.masters.keys() {
            let real = self.store.balance(master).await.unwrap();
            let model = self.model.books.balance(master);
            assert_eq!((real.earned.0, real.in_hand.0), model, "{master}, {}", self.told);
        }
    }

    async fn compare_all(&self) {
        let mut page = Page { limit: 1_000, offset: 0 };
        loop {
            let jobs = self.store.jobs(&Default::default(), page).await.unwrap();
            for job in &jobs {
                let model = &self.model.jobs[&job.id];
                let ours = (job.status, &job.offer.master_id, job.offer.start);
                assert_eq!(ours, (model.status, &model.busy.master, model.busy.start));
            }
            page.offset += jobs.len() as u32;
            if jobs.is_empty() {
                break;
            }
        }
        assert_eq!(page.offset as usize, self.model.jobs.len());
        assert!(self.store.out_of_balance().await.unwrap().is_empty());
        let sum: i64 = self.store.balances().await.unwrap().iter().map(|it| it.1.0).sum();
        assert_eq!(sum, 0);
        self.compare_money().await;
    }

    fn call(&mut self) -> ConversationId {
        self.calls += 1;
        let back = self.dice.of(&[0, 0, 0, 0, 1, 3]);
        ConversationId::new(self.world.name(&format!("call-{}", self.calls.saturating_sub(back))))
    }

    fn work(&mut self) -> Work {
        Work {
            category: self.dice.of(&[Category::Electrical, Category::Plumbing]),
            minutes: self.dice.of(&[30, 60, 70, 90, 180]),
            city: if self.dice.one_in(20) {
                "Москва".into()
            } else {
                "Калининград".into()
            },
            street: self.dice.of(&[None, Some(STREETS[0].0.into()), Some(STREETS[1].0.into())]),
            urgent: self.dice.one_in(3),
        }
    }

    /// Mostly of the next days, now and then long past or far off.
    fn wish(&mut self) -> Wish {
        let ahead = self.dice.of(&[-1, 0, 0, 1, 1, 2, 3, 7, 20, 200]);
        let date = day(self.now) + (ahead as i64).days();
        let from = moment(date.at(self.dice.below(24) as i8, self.dice.of(&[0, 30, 45]), 0, 0));
        let length = SignedDuration::from_mins(self.dice.of(&[0, 30, 180, 600, 3_000]));

        match self.dice.below(8) {
            0 => Wish::default(),
            1 => Wish { from: Some(from), to: None },
            2 => Wish { from: None, to: Some(from) },
            _ => Wish { from: Some(from), to: Some(from + length) },
        }
    }

    fn hours(&mut self) -> Vec<Hours> {
        let at = |hour, minute| Clock::at(hour, minute);
        self.dice.of(&[
            vec![],
            vec![Hours::new(9, 13)],
            vec![Hours::new(8, 12), Hours::new(13, 17)],
            vec![Hours { from: at(10, 20), to: at(15, 50) }],
            vec![Hours::new(20, 24)],
        ])
    }
}
