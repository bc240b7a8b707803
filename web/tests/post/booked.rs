//! One job booked for tomorrow at ten, so that its client is written to.

use jiff::{SignedDuration, Timestamp};
use job_core::ids::{ConversationId, JobId, MasterId};
use job_core::master::{Master, Rating};
use job_core::order::{Findings, Order};
use job_core::price::{PriceFacts, PriceList};
use job_core::schedule::{Hours, Schedule};
use job_core::slot::{Offer, Wish, Work};
use job_core::store::OrgStore;
use job_core::trade::{Address, Category, Channel, Complexity, Language, Urgency};

pub(crate) async fn job(store: &OrgStore, now: Timestamp) -> JobId {
    let mut schedule = Schedule::default();
    schedule.week.fill(vec![Hours::new(8, 20)]);
    let master = Master {
        id: MasterId::new("m"),
        name: "Мастер 1".into(),
        phone: "+70000000001".into(),
        email: None,
        city: "Калининград".into(),
        district: None,
        trades: vec![Category::Electrical],
        rating: Rating(500),
        active: true,
        schedule,
    };
    store.put_master(&master).await.unwrap();
    let work = Work {
        category: Category::Electrical,
        minutes: 60,
        city: "Калининград".into(),
        street: None,
        urgent: false,
    };
    let start = now + SignedDuration::from_hours(24);
    let end = start + SignedDuration::from_hours(1);
    let offer = Offer { start, end, master_id: master.id };
    let call = ConversationId::new("call");
    let hold = store.hold(&work, &offer, &call, now).await.unwrap().unwrap();
    let order = Order {
        conversation: call,
        channel: Channel::Phone,
        language: Language::Ru,
        name: "Анна".into(),
        phone: "+79110001234".into(),
        address: Address { city: Some("Калининград".into()), ..Address::default() },
        problem: "Искрит розетка".into(),
        findings: findings(),
        wish: Wish { from: Some(start), to: Some(start) },
        hold,
        offer,
        price: PriceFacts {
            category: Category::Electrical,
            urgent: false,
            today: false,
            long_description: false,
            several_problems: false,
            evening_or_weekend: false,
            parts: 0,
        },
    };

    store.book(&order, &prices(), now, 7).await.unwrap().unwrap().job
}

fn findings() -> Findings {
    Findings {
        code: "socket".into(),
        diagnosis: "Подгорел контакт".into(),
        urgency: Urgency::Standard,
        complexity: Complexity::Easy,
        minutes: 60,
        tools: Vec::new(),
        consumables: Vec::new(),
        parts: Vec::new(),
        steps: Vec::new(),
        safety: Vec::new(),
        test: Vec::new(),
    }
}

fn prices() -> PriceList {
    PriceList {
        currency: "RUB".into(),
        base: vec![(Category::Electrical, 1_500)],
        urgent: 130,
        today: 120,
        long_description: 120,
        several_problems: 150,
        evening_or_weekend: 110,
        long_description_over: 200,
        evening_from_hour: 18,
    }
}
