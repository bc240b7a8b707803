//! A master's whole day by phone or text, over a real store, with no app.

mod world;

use dialog::desk::{Desk, Opening};
use job_core::conversation::{Kind, Page};
use job_core::day::{DayAct, DayDone, DayTold};
use job_core::demo::{ORG, seed_demo};
use job_core::ids::{ConversationId, Ids, JobId, OrgId};
use job_core::job::{Job, JobStatus};
use job_core::money::Kopecks;
use job_core::store::{JobFilter, OrgStore, Store};
use job_core::trade::{Channel, Language};
use world::{morning, packs};

struct Shift {
    desk: Desk,
    rows: OrgStore,
    master: String,
}

#[tokio::test]
async fn a_whole_day_is_noted_step_by_step() {
    for (language, said) in [
        (
            Language::Ru,
            [
                "принимаю заказ",
                "выезжаю",
                "я на месте, начинаю",
                "всё, закончил",
                "две тысячи рублей",
                "сколько я сегодня заработал",
                "завтра работаю с десяти до шести",
                "спасибо, это всё",
            ],
        ),
        (
            Language::En,
            [
                "I accept the job",
                "I'm on my way",
                "I have arrived",
                "the job is done",
                "two thousand roubles",
                "how much did I earn today",
                "tomorrow I work from ten to six",
                "that's all, thanks",
            ],
        ),
    ] {
        let shift = Shift::begun().await;
        let (id, hello) = shift.phones(language).await;
        let job = shift.next_job().await;
        assert!(hello.contains(&job.number) && hello.contains(&job.door_code), "{hello}");

        let mut replies = Vec::new();
        for text in said {
            replies.push(shift.says(&id, text).await);
        }

        let told = replies.join("\n");
        let steps: Vec<JobStatus> = shift
            .rows
            .history(&job.id)
            .await
            .expect("history")
            .iter()
            .map(|it| it.status)
            .collect();
        assert_eq!(
            steps,
            [
                JobStatus::Booked,
                JobStatus::Offered,
                JobStatus::Accepted,
                JobStatus::OnTheWay,
                JobStatus::Started,
                JobStatus::Done
            ],
            "{told}"
        );
        // 2000 less 2 % is 1960, three quarters of it are the master's.
        assert!(told.matches("1470").count() >= 2, "{told}");
        let hours = shift.rows.master(&job.offer.master_id).await.expect("row").expect("master");
        assert_eq!(hours.schedule.dates.len(), 1, "{told}");
    }
}

#[tokio::test]
async fn a_second_sum_changes_nothing_and_is_not_said_to_have_been_taken() {
    let shift = Shift::begun().await;
    let job = shift.next_job().await.id;
    let (sum, other) = (Kopecks::roubles(2_000), Kopecks::roubles(9_000));

    let first = shift.finishes(&job, sum).await;
    let again = shift.finishes(&job, other).await;

    assert_eq!(first.done, Ok(DayDone::Earned(Kopecks::roubles(1_470))));
    assert_eq!(again.done, first.done);
    assert_eq!((again.day.earned, again.day.finished), (Kopecks::roubles(1_470), 1));
}

#[tokio::test]
async fn a_sum_above_what_the_client_was_told_needs_the_clients_word() {
    let shift = Shift::begun().await;
    let (id, _) = shift.phones(Language::Ru).await;
    shift.says(&id, "приехал").await;

    let asked = shift.says(&id, "готово, вышло десять тысяч").await;
    let refused = shift.says(&id, "нет").await;
    let closed = shift.says(&id, "1900").await;

    assert!(asked.contains("10 000") || asked.contains("10000"), "{asked}");
    assert!(refused.contains("сумму"), "{refused}");
    assert!(closed.contains("закрыт"), "{closed}");
}

#[tokio::test]
async fn a_master_who_cannot_come_is_replaced() {
    for (language, said, told) in [
        (Language::Ru, "не смогу приехать, сломалась машина", "замену нашёл"),
        (Language::En, "I can't make it, my car broke down", "found somebody else"),
    ] {
        let shift = Shift::begun().await;
        let job = shift.next_job().await;
        let (id, _) = shift.phones(language).await;

        let reply = shift.says(&id, said).await;

        let now = shift.rows.job(&job.id).await.expect("row").expect("job");
        assert!(reply.contains(told), "{reply}");
        assert_ne!(now.offer.master_id, job.offer.master_id);
        assert_eq!(now.offer.start, job.offer.start);
    }
}

#[tokio::test]
async fn an_offer_is_taken_or_refused_by_word_while_another_visit_is_at_hand() {
    for (language, said, told, master_stays) in [
        (Language::Ru, "беру", "за вами", true),
        (Language::Ru, "нет, этот заказ не беру", "замену", false),
        (Language::Ru, "отказываюсь", "замену", false),
        (Language::En, "I'll take it", "is yours", true),
        (Language::En, "I decline", "somebody else", false),
        (Language::En, "I won't take that order", "somebody else", false),
    ] {
        let shift = Shift::begun().await;
        let first = shift.next_job().await;
        shift.accepts(&first).await;
        let offered = shift.is_offered_another(&first).await;
        let (id, _) = shift.phones(language).await;

        let reply = shift.says(&id, said).await;

        let now = shift.rows.job(&offered).await.expect("row").expect("job");
        assert!(reply.contains(told), "{said}: {reply}");
        assert_eq!(now.offer.master_id == first.offer.master_id, master_stays, "{said}: {reply}");
        let at_hand = shift.rows.job(&first.id).await.expect("row").expect("job");
        assert_eq!(at_hand.status, JobStatus::Accepted, "{said}");
    }
}

#[tokio::test]
async fn a_day_off_is_noted_and_promised_visits_are_not_forgotten() {
    let shift = Shift::begun().await;
    let (id, _) = shift.phones(Language::Ru).await;
    let job = shift.next_job().await;
    let day = job.offer.start.to_zoned(world::zone()).date();

    let days = day.day() - morning().to_zoned(world::zone()).date().day();
    let said = ["сегодня не работаю", "завтра не работаю", "послезавтра не работаю"];
    let told =
        shift.says(&id, said.get(days as usize).unwrap_or(&"в понедельник не работаю")).await;

    let master = shift.rows.master(&job.offer.master_id).await.expect("row").expect("master");
    assert_eq!(master.schedule.dates.get(&day), Some(&vec![]), "{told}");
    assert!(told.contains("передаю"), "{told}");
    let now = shift.rows.job(&job.id).await.expect("row").expect("job");
    assert_ne!(now.offer.master_id, job.offer.master_id, "{told}");
}

impl Shift {
    /// The demo's organisation, and the number of a master who has a job.
    async fn begun() -> Self {
        let store = Store::open(":memory:", Ids::new(1)).await.expect("store");
        seed_demo(&store, morning()).await.expect("demo");
        let org = OrgId::new(ORG);
        let rows = store.org(&org);
        let jobs = rows.jobs(&JobFilter::default(), Page::default()).await.expect("jobs");
        let open = jobs.into_iter().filter(|job| job.status == JobStatus::Booked);
        let job = open.min_by_key(|job| job.offer.start).expect("a job");
        let master = rows.master(&job.offer.master_id).await.expect("row").expect("master").phone;
        let desk = Desk::new(rows.clone(), packs(Language::Ru), || 7);
        Self { desk, rows, master }
    }

    async fn phones(&self, language: Language) -> (ConversationId, String) {
        let opening = Opening {
            kind: Kind::ClientRequest,
            channel: Channel::Phone,
            language,
            phone: Some(self.master.clone()),
            writer: None,
            vouched: false,
            test: true,
        };
        let begun = self.desk.start(opening, morning()).await.expect("a conversation");
        (begun.conversation_id, begun.reply)
    }

    async fn says(&self, id: &ConversationId, text: &str) -> String {
        self.desk.message(id, text, None, morning()).await.expect("an answer").reply
    }

    async fn finishes(&self, job: &JobId, amount: Kopecks) -> DayTold {
        let act = DayAct::Finish { job: job.clone(), amount, client_agreed: true };
        let told = self.rows.day(&self.master, &act, "test", morning()).await.expect("store");
        told.expect("a master")
    }

    async fn accepts(&self, job: &Job) {
        let act = DayAct::Advance { job: job.id.clone(), to: JobStatus::Accepted };
        self.rows.day(&self.master, &act, "test", morning()).await.expect("store");
    }

    /// Somebody else's job is offered to this master by hand.
    async fn is_offered_another(&self, but: &Job) -> JobId {
        let jobs = self.rows.jobs(&JobFilter::default(), Page::default()).await.expect("jobs");
        let (master, now) = (&but.offer.master_id, morning());
        for job in jobs {
            let free = job.id != but.id && job.offer.start > but.offer.start;
            if free && job.offer.master_id != *master {
                let sent = self.rows.assign_by_hand(&job.id, master, "anna", now).await;
                if sent.expect("store").is_ok() {
                    return job.id;
                }
            }
        }
        panic!("no visit fits beside {}", but.number);
    }

    async fn next_job(&self) -> Job {
        let jobs = self.rows.jobs(&JobFilter::default(), Page::default()).await.expect("jobs");
        let mut own = Vec::new();
        for job in jobs {
            let master = self.rows.master(&job.offer.master_id).await.expect("row");
            if master.is_some_and(|it| it.phone == self.master) && job.status.is_open() {
                own.push(job);
            }
        }
        own.into_iter().min_by_key(|job| job.offer.start).expect("a job of the master's")
    }
}
