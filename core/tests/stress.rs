//! Nobody is promised twice, nothing is lost: many tasks in three processes hold, book, move, cancel
//! and pay for the same few masters, while the processes are killed again and again.
//!
//! Each process is this test again, as `worker`, told by its environment what to do; it says each
//! thousand attempts and each booking it was promised.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod world;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use job_core::ids::{ConversationId, HoldId, Ids, JobId, MasterId, OrgId};
use job_core::master::Master;
use job_core::money::Kopecks;
use job_core::offer::ProposalState;
use job_core::payment::Method;
use job_core::schedule::{Hours, Schedule};
use job_core::slot::{Offer, Work};
use job_core::store::{OrgStore, PaymentRequest, Store, StoreError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use world::{World, at, order, prices, work};

const PROCESSES: usize = 3;
const TASKS: usize = 64;
const MASTERS: usize = 24;
/// Callers ask for the coming days only, so that they meet.
const DAYS_AHEAD: u64 = 7;
/// Told by a worker after so many attempts.
const TOLD_EVERY: u64 = 25;
/// Workers that say nothing for so long hang, and one of them is killed.
const SILENT: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_promised_twice_on_sqlite() {
    stress(World::sqlite().await, 4_000, 12).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_promised_twice_on_postgres() {
    if let Some(world) = World::postgres().await {
        stress(world, 6_000, 12).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes long: make test-long"]
async fn two_hundred_thousand_attempts_on_sqlite() {
    stress(World::sqlite().await, 200_000, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "minutes long: make test-long"]
async fn a_million_attempts_on_postgres() {
    if let Some(world) = World::postgres().await {
        stress(world, 1_000_000, 200).await;
    }
}

/// Visits fit at any time, so that callers are refused for each other's sake.
fn round_the_clock() -> Schedule {
    let mut schedule = Schedule::default();
    for day in &mut schedule.week {
        *day = vec![Hours::new(0, 24)];
    }
    schedule
}

/// What a worker said.
enum Said {
    Attempts { done: u64, refused: u64, lost: u64 },
    Booked(JobId),
}

async fn stress(world: World, attempts: u64, kills: u64) {
    let store = world.org("a").await;
    let pattern = store.masters().await.unwrap().remove(0);
    for number in 1..=MASTERS {
        let id = MasterId::new(world.name(&format!("a-master-{number}")));
        let master = Master { id, schedule: round_the_clock(), ..pattern.clone() };
        store.put_master(&master).await.unwrap();
    }

    let (place, org) = (world.place(), store.id().to_string());
    let (told, kills) =
        tokio::task::spawn_blocking(move || drive(&place, &org, attempts, kills)).await.unwrap();

    let end = world.now + SignedDuration::from_hours(24 * 365);
    store.sweep_holds(end).await.unwrap();
    assert_eq!(store.holds().await.unwrap(), (0, 0), "holds and cells after all had expired");
    assert_eq!(store.faults().await.unwrap(), []);
    let sum: i64 = store.balances().await.unwrap().iter().map(|it| it.1.0).sum();
    assert_eq!(sum, 0);
    let kept = jobs(&store).await;
    let lost: Vec<_> = told.booked.difference(&kept).collect();
    assert!(lost.is_empty(), "promised and gone: {lost:?}");
    println!(
        "{} attempts ({} refused, {} gave way), {kills} kills: {} jobs, {} of them told in time; \
         0 faults, 0 holds left, 0 lost",
        told.done,
        told.refused,
        told.lost,
        kept.len(),
        told.booked.len()
    );
    assert!(kept.len() as u64 > attempts / 100 && kills > 0 && told.refused > 0);
}

#[derive(Default)]
struct Told {
    done: u64,
    refused: u64,
    /// Lost to another transaction as often as it was tried.
    lost: u64,
    booked: BTreeSet<JobId>,
}

/// Keeps the workers going, and kills one of them now and then, until the attempts are made.
fn drive(place: &str, org: &str, attempts: u64, kills_wanted: u64) -> (Told, usize) {
    let (say, hear) = mpsc::channel();
    let mut dice = ChaCha8Rng::seed_from_u64(attempts);
    let (mut seed, mut kills, mut told) = (0, 0, Told::default());
    let mut start = |since: u64| {
        seed += 1;
        worker_process(place, org, seed, since, say.clone())
    };
    let mut workers: Vec<Child> = (0..PROCESSES).map(|_| start(0)).collect();

    while told.done < attempts {
        // A process that just began is killed too.
        let mut left = 1 + (dice.next_u64() % (2 * attempts / kills_wanted)) as i64;
        while left > 0 && told.done < attempts {
            let Ok(said) = hear.recv_timeout(SILENT) else { break };
            left -= note(&mut told, said) as i64;
        }
        let at = (dice.next_u64() % PROCESSES as u64) as usize;
        workers[at].kill().unwrap();
        let end = workers[at].wait().unwrap();
        assert_ne!(end.code(), Some(101), "a worker failed by itself");
        kills += 1;
        workers[at] = start(told.done);
    }
    for worker in &mut workers {
        worker.kill().unwrap();
        worker.wait().unwrap();
    }
    drop(say);
    for said in hear {
        note(&mut told, said);
    }
    (told, kills)
}

/// The attempts that were said.
fn note(told: &mut Told, said: Said) -> u64 {
    match said {
        Said::Booked(job) => {
            told.booked.insert(job);
            0
        }
        Said::Attempts { done, refused, lost } => {
            told.done += done;
            told.refused += refused;
            told.lost += lost;
            done
        }
    }
}

fn worker_process(place: &str, org: &str, seed: u64, since: u64, say: mpsc::Sender<Said>) -> Child {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["worker", "--exact", "--ignored", "--nocapture"])
        .env("STRESS_PLACE", place)
        .env("STRESS_ORG", org)
        .env("STRESS_SEED", format!("{}{seed:06}", std::process::id() % 10_000))
        .env("STRESS_SINCE", since.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            if let Some(said) = heard(&line) {
                let _ = say.send(said);
            }
        }
    });
    child
}

/// `None`: a line of the test runner, or one cut off by the kill.
fn heard(line: &str) -> Option<Said> {
    let mut words = line.strip_suffix('.')?.split(' ');
    match words.next()? {
        "booked" => Some(Said::Booked(JobId::new(words.next()?))),
        "attempts" => {
            let mut number = || words.next()?.parse().ok();
            Some(Said::Attempts { done: number()?, refused: number()?, lost: number()? })
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "started by the others"]
async fn worker() {
    let Ok(place) = std::env::var("STRESS_PLACE") else { return };
    let number = |name: &str| std::env::var(name).unwrap().parse::<u64>().unwrap();
    let (seed, since) = (number("STRESS_SEED"), number("STRESS_SINCE"));
    let store = Store::open(&place, Ids::new(seed.wrapping_mul(0x9e37_79b9))).await.unwrap();
    let org = store.org(&OrgId::new(std::env::var("STRESS_ORG").unwrap()));
    // Masters are named like their organisation: `N-M-a` has `N-M-a-master-1`.
    let masters = (1..=MASTERS).map(|it| MasterId::new(format!("{}-master-{it}", org.id())));
    let masters: Arc<[MasterId]> = masters.collect();
    let count = Arc::new(AtomicU64::new(0));

    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS.div_ceil(PROCESSES) as u64 {
        let dice = ChaCha8Rng::seed_from_u64(seed * 1_000 + task);
        let (store, masters, count) = (org.clone(), masters.clone(), count.clone());
        tasks.spawn(async move {
            let name = format!("{seed}-{task}");
            let (does_errands, held, jobs) = (task == 0, None, Vec::new());
            let mut caller =
                Caller { store, masters, dice, count, since, does_errands, name, held, jobs };
            loop {
                caller.attempts().await;
            }
        });
    }
    tasks.join_next().await.unwrap().unwrap();
}

/// One of those who phone in at the same time.
struct Caller {
    store: OrgStore,
    masters: Arc<[MasterId]>,
    dice: ChaCha8Rng,
    /// Attempts of this process so far.
    count: Arc<AtomicU64>,
    since: u64,
    /// One of each process.
    does_errands: bool,
    name: String,
    held: Option<(ConversationId, HoldId, Offer)>,
    jobs: Vec<JobId>,
}

enum Attempt {
    Done,
    Refused,
}

impl Caller {
    async fn attempts(&mut self) {
        let (mut refused, mut lost) = (0, 0);
        for _ in 0..TOLD_EVERY {
            let number = self.count.fetch_add(1, Ordering::Relaxed);
            let now = at("2026-11-23T10:00")
                + SignedDuration::from_secs(3 * (self.since + PROCESSES as u64 * number) as i64);
            match self.attempt(now).await {
                Ok(Attempt::Done) => {}
                Ok(Attempt::Refused) => refused += 1,
                Err(error) if error.is_passing() => lost += 1,
                Err(error) => panic!("{error}"),
            }
        }
        println!("attempts {TOLD_EVERY} {refused} {lost}.");
    }

    async fn attempt(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        match self.dice.next_u64() % 20 {
            0..6 => self.hold(now).await,
            6..12 => self.book(now).await,
            12 => self.move_job(now).await,
            13..16 => self.cancel(now).await,
            16 => self.accept(now).await,
            17 => self.change_master(now).await,
            18 if self.does_errands => self.errand(now).await,
            18 => self.hold(now).await,
            _ => self.pay(now).await,
        }
    }

    async fn hold(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let call =
            ConversationId::new(format!("{}-{}", self.name, self.dice.next_u64() % 1_000_000));
        let offer = self.offer(now);
        Ok(match self.store.hold(&self.work(), &offer, &call, now).await? {
            Ok(hold) => {
                self.held = Some((call, hold, offer));
                Attempt::Done
            }
            Err(_) => Attempt::Refused,
        })
    }

    async fn book(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let Some((call, hold, offer)) = self.held.take() else { return self.hold(now).await };
        let mut order = order(&call, &hold, &offer);
        order.findings.minutes = self.work().minutes;
        let chance = self.dice.next_u64();
        Ok(match self.store.book(&order, &prices(), now, chance).await? {
            Ok(booked) => {
                println!("booked {}.", booked.job);
                self.jobs.push(booked.job);
                Attempt::Done
            }
            Err(_) => Attempt::Refused,
        })
    }

    async fn move_job(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let Some(job) = self.job() else { return self.hold(now).await };
        let call = ConversationId::new(format!("{}-move", self.name));
        let offer = self.offer(now);
        let moved = self.store.move_to(&job, &offer, &call, now).await?;
        Ok(if moved.is_ok() { Attempt::Done } else { Attempt::Refused })
    }

    async fn cancel(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let Some(job) = self.job() else { return self.hold(now).await };
        let cancelled = self.store.cancel(&job, "client", now).await?;
        Ok(if cancelled.is_ok() { Attempt::Done } else { Attempt::Refused })
    }

    async fn accept(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let Some(job) = self.job() else { return self.hold(now).await };
        let took = match self.store.job(&job).await? {
            Some(known) => {
                self.store.accept(&job, &known.offer.master_id, "test", now).await?.is_ok()
            }
            None => false,
        };
        Ok(if took { Attempt::Done } else { Attempt::Refused })
    }

    /// The master says no, or an operator sends another.
    async fn change_master(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let Some(job) = self.job() else { return self.hold(now).await };
        let Some(known) = self.store.job(&job).await? else { return Ok(Attempt::Refused) };
        let changed = if self.dice.next_u64().is_multiple_of(2) {
            let no = ProposalState::Declined;
            let master = known.offer.master_id;
            self.store.lose_master((&job, &master), no, "test", now).await?.is_ok()
        } else {
            let master = self.offer(now).master_id;
            self.store.assign_by_hand(&job, &master, "test", now).await?.is_ok()
        };
        Ok(if changed { Attempt::Done } else { Attempt::Refused })
    }

    /// What every process does by itself, one at a time.
    async fn errand(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let passed = match self.dice.next_u64() % 2 {
            0 => self.store.pass_on_lapsed(now).await?,
            _ => self.store.retry_queue(now).await?,
        };
        Ok(if passed > 0 { Attempt::Done } else { Attempt::Refused })
    }

    async fn pay(&mut self, now: Timestamp) -> Result<Attempt, StoreError> {
        let Some(job) = self.job() else { return self.hold(now).await };
        let amount = Kopecks(1 + (self.dice.next_u64() % 500_000) as i64);
        let key = format!("{job}-{}", self.dice.next_u64() % 2);
        let request = PaymentRequest { job, method: Method::Cash, amount, key: key.clone() };
        let Ok(payment) = self.store.begin_payment(&request, now).await? else {
            return Ok(Attempt::Refused);
        };
        let back = Kopecks(amount.0 / 3);
        let back = self.store.refund_cash(&payment.id, back, &key, now).await?;
        Ok(if back.is_ok() { Attempt::Done } else { Attempt::Refused })
    }

    fn job(&mut self) -> Option<JobId> {
        let back = (self.dice.next_u64() % 30) as usize;
        self.jobs.iter().rev().nth(back).cloned()
    }

    fn work(&self) -> Work {
        Work { minutes: 45, ..work() }
    }

    /// A quarter of an hour of the coming days, at any of the masters.
    fn offer(&mut self, now: Timestamp) -> Offer {
        let quarter = 1 + self.dice.next_u64() % (DAYS_AHEAD * 24 * 4);
        let this = now.as_second().div_euclid(900);
        let start = Timestamp::from_second((this + quarter as i64) * 900).unwrap();
        let master_id = self.masters[(self.dice.next_u64() % MASTERS as u64) as usize].clone();

        Offer { start, end: start + SignedDuration::from_mins(45), master_id }
    }
}

async fn jobs(store: &OrgStore) -> BTreeSet<JobId> {
    let (mut page, mut all) =
        (job_core::conversation::Page { limit: 1_000, offset: 0 }, BTreeSet::new());
    loop {
        let jobs = store.jobs(&Default::default(), page).await.unwrap();
        if jobs.is_empty() {
            return all;
        }
        page.offset += jobs.len() as u32;
        all.extend(jobs.into_iter().map(|it| it.id));
    }
}
