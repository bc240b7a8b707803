//! The demo organisation: eight masters in Kaliningrad with some of their days already promised.
//! Everything in it is made up.
//!
//! **Never here:** passwords (the process makes them), the clock.

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::conversation::{Conversation, ConversationStatus, Ending};
use crate::ids::{ConversationId, MasterId, OrgId};
use crate::master::{Master, Rating};
use crate::offer::{Asking, Mode};
use crate::order::{Findings, Order, Refused};
use crate::place::District;
use crate::price::{PriceFacts, PriceList};
use crate::schedule::{Hours, Schedule};
use crate::settings::Settings;
use crate::slot::{Offer, Wish, Work};
use crate::store::{Line, OrgStore, Store, StoreError};
use crate::trade::{Address, Category, Channel, Complexity, Language, Urgency};

pub const ORG: &str = "demo";

/// Russian line.
pub const NUMBER_RU: &str = "100";
/// English line.
pub const NUMBER_EN: &str = "200";
/// Answers without a conversation, for load tests.
pub const NUMBER_LOAD: &str = "900";

const CITY: &str = "Калининград";
const CENTRE: &str = "Центральный";
const NORTH: &str = "Ленинградский";
const SOUTH: &str = "Московский";

const WORKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];
const SIX_DAYS: [Weekday; 6] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
];
const EVERY_DAY: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Makes the demo organisation, or leaves it as it has become. Its id.
pub async fn seed_demo(store: &Store, now: Timestamp) -> Result<OrgId, StoreError> {
    let org = OrgId::new(ORG);
    store.add_organisation(&org, "Мастер на час, Калининград (demo)", &settings()).await?;
    for (did, pack, language) in [
        (NUMBER_RU, Some("home-repair"), Language::Ru),
        (NUMBER_EN, Some("home-repair"), Language::En),
        (NUMBER_LOAD, None, Language::Ru),
    ] {
        let line = Line { org: org.clone(), pack: pack.map(str::to_owned), language };
        store.add_number(did, &line).await?;
    }

    let demo = store.org(&org);
    if demo.masters().await?.is_empty() {
        for master in masters() {
            demo.put_master(&master).await?;
        }
        for promised in promised() {
            promised.book(&demo, now).await?;
        }
    }
    Ok(org)
}

pub fn settings() -> Settings {
    let district = |name: &str, streets: &[&str]| District {
        name: name.to_owned(),
        streets: streets.iter().map(|&street| street.to_owned()).collect(),
    };

    Settings {
        city: CITY.into(),
        test_clock: true,
        demo: true,
        // Its masters are made up and answer nobody.
        asking: Asking { mode: Mode::Given, ..Asking::default() },
        districts: vec![
            district(
                CENTRE,
                &[
                    "проспект Мира",
                    "проспект Победы",
                    "улица Чайковского",
                    "улица Кутузова",
                    "Советский проспект",
                    "улица Космонавта Леонова",
                    "улица Комсомольская",
                    "улица Брамса",
                    "улица Карла Маркса",
                    "улица Красная",
                    "улица Горького",
                ],
            ),
            district(
                NORTH,
                &[
                    "улица Александра Невского",
                    "улица Невского",
                    "улица Гагарина",
                    "улица Пролетарская",
                    "улица Черняховского",
                    "улица Фрунзе",
                    "улица 9 Апреля",
                    "улица Куйбышева",
                    "улица Артиллерийская",
                    "улица Юрия Гагарина",
                    "Московский проспект",
                ],
            ),
            district(
                SOUTH,
                &[
                    "Ленинский проспект",
                    "улица Багратиона",
                    "улица Киевская",
                    "улица Суворова",
                    "улица Судостроительная",
                    "улица Дзержинского",
                    "улица Аллея Смелых",
                    "улица Октябрьская",
                    "улица Емельянова",
                    "улица Интернациональная",
                ],
            ),
        ],
        ..Settings::default()
    }
}

/// Two or more for every trade. Phones are from a range that is not given out.
pub fn masters() -> Vec<Master> {
    use Category::{Appliance, Electrical, General, Plumbing};

    let long = [Hours::new(8, 20)];
    let short = [Hours::new(9, 13), Hours::new(14, 18)];
    let late = [Hours::new(12, 22)];
    vec![
        master(
            1,
            "Соколов Андрей Петрович",
            CENTRE,
            &[Electrical],
            490,
            Schedule::weekly(&WORKDAYS, &long),
        ),
        master(
            2,
            "Кузнецов Игорь Олегович",
            NORTH,
            &[Electrical, General],
            470,
            Schedule::weekly(&EVERY_DAY, &late),
        ),
        master(
            3,
            "Морозова Елена Сергеевна",
            SOUTH,
            &[Plumbing],
            480,
            Schedule::weekly(&SIX_DAYS, &long),
        ),
        master(
            4,
            "Волков Дмитрий Ильич",
            CENTRE,
            &[Plumbing, General],
            460,
            Schedule::weekly(&EVERY_DAY, &long),
        ),
        master(
            5,
            "Лебедев Павел Андреевич",
            NORTH,
            &[Appliance],
            495,
            Schedule::weekly(&WORKDAYS, &short),
        ),
        master(
            6,
            "Новиков Сергей Юрьевич",
            SOUTH,
            &[Appliance, Electrical],
            450,
            Schedule::weekly(&SIX_DAYS, &long),
        ),
        master(
            7,
            "Орлов Максим Викторович",
            SOUTH,
            &[General],
            485,
            Schedule::weekly(&SIX_DAYS, &short),
        ),
        master(
            8,
            "Павлов Роман Евгеньевич",
            NORTH,
            &[Plumbing, Appliance],
            440,
            Schedule::weekly(&EVERY_DAY, &late),
        ),
    ]
}

fn master(
    number: u8,
    name: &str,
    district: &str,
    trades: &[Category],
    rating: i64,
    schedule: Schedule,
) -> Master {
    Master {
        id: MasterId::new(format!("demo-master-{number}")),
        name: name.into(),
        phone: format!("+7000000000{number}"),
        email: None,
        city: CITY.into(),
        district: Some(district.into()),
        trades: trades.to_vec(),
        rating: Rating(rating),
        active: true,
        schedule,
    }
}

/// What the made-up visits cost; a caller's price comes from the pack.
fn prices() -> PriceList {
    PriceList {
        currency: settings().currency,
        base: vec![
            (Category::Electrical, 1_500),
            (Category::Plumbing, 1_800),
            (Category::Appliance, 2_000),
            (Category::General, 1_200),
        ],
        urgent: 100,
        today: 100,
        long_description: 100,
        several_problems: 100,
        evening_or_weekend: 110,
        long_description_over: 200,
        evening_from_hour: 18,
    }
}

/// A visit that is in the book when the demo begins.
struct Promised {
    number: u8,
    master: u8,
    category: Category,
    /// Days from today, and the hour.
    day: i64,
    hour: i8,
    minutes: i64,
    street: &'static str,
    problem: &'static str,
}

fn promised() -> [Promised; 8] {
    use Category::{Appliance, Electrical, General, Plumbing};

    let visit = |number, master, category, day, hour, minutes, street, problem| Promised {
        number,
        master,
        category,
        day,
        hour,
        minutes,
        street,
        problem,
    };
    [
        visit(1, 1, Electrical, 1, 10, 90, "проспект Мира", "Не работает розетка"),
        visit(2, 1, Electrical, 2, 14, 60, "улица Горького", "Заменить выключатель"),
        visit(3, 2, Electrical, 1, 15, 60, "улица Гагарина", "Повесить люстру"),
        visit(4, 3, Plumbing, 1, 9, 60, "Ленинский проспект", "Засор на кухне"),
        visit(5, 4, Plumbing, 2, 11, 120, "проспект Победы", "Заменить смеситель"),
        visit(6, 5, Appliance, 1, 9, 90, "улица Фрунзе", "Стиральная машина не сливает"),
        visit(7, 7, General, 2, 15, 60, "улица Багратиона", "Повесить полки"),
        visit(8, 8, Plumbing, 3, 13, 60, "улица Невского", "Капает кран"),
    ]
}

impl Promised {
    /// A day off or a taken slot leaves that visit out: the demo depends on the weekday it starts.
    async fn book(&self, demo: &OrgStore, now: Timestamp) -> Result<(), StoreError> {
        let Some(start) = self.start(now) else {
            return Ok(());
        };
        let id = ConversationId::new(format!("demo-conversation-{}", self.number));
        let offer = Offer {
            start,
            end: start + SignedDuration::from_mins(self.minutes),
            master_id: MasterId::new(format!("demo-master-{}", self.master)),
        };
        let Ok(hold) = demo.hold(&self.work(), &offer, &id, now).await? else {
            return Ok(());
        };

        let mut talk = Conversation::beginning(id.clone(), Channel::Form, Language::Ru, now);
        talk.participant = Some(self.phone());
        talk.test = true;
        demo.start_conversation(&talk).await?;
        let order = self.order(id.clone(), hold, offer);
        let booked: Result<_, Refused> =
            demo.book(&order, &prices(), now, self.random(now)).await?;
        let ending = Ending {
            status: ConversationStatus::Completed,
            reason: "booked".into(),
            recording: None,
            job: booked.ok().map(|it| it.job),
        };
        demo.end_conversation(&id, &ending, now).await
    }

    fn start(&self, now: Timestamp) -> Option<Timestamp> {
        let zone = settings().time_zone().ok()?;
        let day = now.to_zoned(zone.clone()).date().checked_add(self.day.days()).ok()?;

        Some(day.at(self.hour, 0, 0, 0).to_zoned(zone).ok()?.timestamp())
    }

    fn work(&self) -> Work {
        Work {
            category: self.category,
            minutes: self.minutes,
            city: CITY.into(),
            street: Some(self.street.into()),
            urgent: false,
        }
    }

    fn phone(&self) -> String {
        format!("+7000000010{}", self.number)
    }

    /// Links to made-up jobs need not be secret, only different.
    fn random(&self, now: Timestamp) -> u64 {
        (now.as_millisecond() as u64).rotate_left(20) ^ u64::from(self.number)
    }

    fn order(&self, conversation: ConversationId, hold: crate::ids::HoldId, offer: Offer) -> Order {
        Order {
            conversation,
            channel: Channel::Form,
            language: Language::Ru,
            name: format!("Клиент {}", self.number),
            phone: self.phone(),
            address: Address {
                city: Some(CITY.into()),
                street: Some(self.street.into()),
                house: Some(self.number.to_string()),
                ..Address::default()
            },
            problem: self.problem.into(),
            findings: self.findings(),
            wish: Wish { from: Some(offer.start), to: Some(offer.start) },
            hold,
            offer,
            price: PriceFacts {
                category: self.category,
                urgent: false,
                today: false,
                long_description: false,
                several_problems: false,
                evening_or_weekend: false,
                parts: 0,
            },
        }
    }

    fn findings(&self) -> Findings {
        Findings {
            code: "demo".into(),
            diagnosis: self.problem.into(),
            urgency: Urgency::Standard,
            complexity: Complexity::Easy,
            minutes: self.minutes,
            tools: Vec::new(),
            consumables: Vec::new(),
            parts: Vec::new(),
            steps: Vec::new(),
            safety: Vec::new(),
            test: Vec::new(),
        }
    }
}
