//! `make bench-dialog`: what a turn of conversation costs one core, and what ten thousand open
//! conversations weigh. The callers are the evaluation's; the job core is a real one in memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use dialog::conversation::{Conversation, Input, Kind, Output, Packs, Setup};
use dialog::pack::Pack;
use dialog::rehearsal::{Cast, Scenario, Split, Stage};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::demo::{ORG, seed_demo};
use job_core::ids::{ConversationId, Ids, OrgId};
use job_core::store::{OrgStore, Store};
use job_core::trade::{Channel, Language};
use sip_gateway::clock;

/// Callers per language whose words are used.
const CALLERS: usize = 100;
const OPEN: usize = 10_000;
/// Each turn is thought so often, and the middle one counts: other programs hold the core at times.
const TAKES: usize = 5;
const MORNING: &str = "2026-11-20T10:00:00+02:00";

/// What one caller said, first to last.
struct Words {
    language: Language,
    packs: Packs,
    said: Vec<String>,
}

#[derive(Default)]
struct Costs {
    dialogue: Vec<Duration>,
    core: Vec<Duration>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut callers = Vec::new();
    for language in [Language::Ru, Language::En] {
        callers.extend(words(language).await?);
    }
    let store = Store::open(":memory:", Ids::new(1)).await?;
    let now: Timestamp = MORNING.parse()?;
    seed_demo(&store, now).await?;
    let rows = store.org(&OrgId::new(ORG));

    let mut costs = Costs::default();
    for caller in &callers {
        let mut takes = Vec::new();
        for _ in 0..TAKES {
            let mut one = Costs::default();
            talk(&rows, caller, caller.said.len(), now, &mut one).await?;
            costs.core.append(&mut one.core);
            takes.push(one.dialogue);
        }
        costs.dialogue.extend((0..takes[0].len()).map(|turn| median(&takes, turn)));
    }
    tell("one turn, the dialogue alone", &mut costs.dialogue);
    tell("one question to the job core (SQLite in memory)", &mut costs.core);

    let before = resident()?;
    let mut open = Vec::with_capacity(OPEN);
    for caller in callers.iter().cycle().take(OPEN) {
        let half = caller.said.len() / 2;
        open.push(talk(&rows, caller, half, now, &mut costs).await?);
    }
    let grown = resident()?.saturating_sub(before);
    let turns: usize = callers.iter().map(|caller| caller.said.len() / 2).sum();
    println!(
        "{} open conversations of {:.1} turns: {} MB more in memory, {:.1} KiB each",
        open.len(),
        turns as f64 / callers.len() as f64,
        grown / 1_000_000,
        grown as f64 / 1024.0 / open.len() as f64,
    );
    Ok(())
}

/// The callers' side of real rehearsals.
async fn words(language: Language) -> anyhow::Result<Vec<Words>> {
    let cast = Cast::built_in("home-repair", language)?;
    let scenarios: Vec<Scenario> = cast.scenarios(Split::Test, CALLERS, 1);
    let packs = packs(language)?;
    let stage = Stage::new(packs.clone(), None);
    let mut all = Vec::new();
    for scenario in &scenarios {
        let run = stage.play(scenario, 1).await?;
        let said = run.transcript.into_iter().filter(|(who, _)| who == "caller");
        let said = said.map(|(_, text)| text).collect();
        all.push(Words { language, packs: packs.clone(), said });
    }
    Ok(all)
}

async fn talk(
    rows: &OrgStore,
    caller: &Words,
    turns: usize,
    now: Timestamp,
    costs: &mut Costs,
) -> anyhow::Result<Conversation> {
    let setup = Setup {
        id: ConversationId::new(rows.new_id(now)),
        kind: Kind::ClientRequest,
        channel: Channel::Phone,
        language: caller.language,
        phone: Some("+79114441122".into()),
        zone: TimeZone::get("Europe/Kaliningrad")?,
    };
    let mut conversation = Conversation::new(caller.packs.clone(), setup);
    take(rows, &mut conversation, Input::Opened, now, costs).await;
    for text in caller.said.iter().take(turns) {
        let said = Input::Said { text: text.clone(), confidence: 0.95 };
        take(rows, &mut conversation, said, now, costs).await;
    }
    Ok(conversation)
}

/// One turn: everything the dialogue thinks, without the waits for the job core.
async fn take(
    rows: &OrgStore,
    conversation: &mut Conversation,
    input: Input,
    now: Timestamp,
    costs: &mut Costs,
) {
    let (mut thought, mut inputs) = (Duration::ZERO, vec![input]);
    while let Some(input) = inputs.pop() {
        let asked = timed(&mut thought, || {
            conversation.handle(now, input);
            std::iter::from_fn(|| conversation.poll()).collect::<Vec<Output>>()
        });
        for output in asked {
            if let Output::Ask(id, request) = output {
                let of = conversation.memory().setup.id.clone();
                let began = clock::now();
                let pack = conversation.pack();
                let answer = dialog::clerk::answer(rows, pack, &of, 7, now, &request).await;
                costs.core.push(clock::now() - began);
                inputs.push(Input::Answered(id, answer));
            }
        }
    }
    costs.dialogue.push(thought);
}

fn timed<T>(sum: &mut Duration, work: impl FnOnce() -> T) -> T {
    let began: Instant = clock::now();
    let done = work();
    *sum += clock::now() - began;
    done
}

fn median(takes: &[Vec<Duration>], turn: usize) -> Duration {
    let mut same: Vec<Duration> = takes.iter().map(|take| take[turn]).collect();
    same.sort_unstable();
    same[same.len() / 2]
}

fn tell(what: &str, costs: &mut [Duration]) {
    costs.sort_unstable();
    let at = |percent: usize| costs[(costs.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "{what}: p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms, most {:.2} ms of {}",
        at(50),
        at(95),
        at(99),
        at(100),
        costs.len()
    );
}

/// The pack in both languages, this one first.
fn packs(language: Language) -> anyhow::Result<Packs> {
    let load = |language| Pack::built_in("home-repair", language).map(Arc::new);
    let other = if language == Language::Ru { Language::En } else { Language::Ru };
    Ok(Packs::new(load(language)?, [load(other)?]))
}

/// Bytes of this process in memory.
fn resident() -> anyhow::Result<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm")?;
    let pages: u64 = statm.split_whitespace().nth(1).context("statm")?.parse()?;
    Ok(pages * 4096)
}
