//! The pages as people see them.

use axum::body::Body;
use axum::http::header::COOKIE;
use axum::http::{Request, StatusCode};
use job_core::conversation::ConversationStatus;
use job_core::ids::JobId;
use job_core::outbox::{Channel, Next};

use crate::world::{KEY, LOGIN, OTHER_KEY, PASSWORD, PHONE, World, morning};

#[tokio::test]
async fn the_pages_are_told_in_both_languages() {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await;
    let session = world.signed_in().await;
    let job = state["job_id"].as_str().expect("job");
    let cases = [
        (
            "/console".to_owned(),
            ["Чем кончился", "Заказ оформлен"],
            ["How it ended", "A job was booked"],
        ),
        (
            format!("/console/calls/{call}"),
            ["Что сказано", "Отказало распознавание"],
            ["What was said", "Speech recognition failed"],
        ),
        (
            format!("/console/jobs/{job}"),
            ["Что делать", "Код у двери"],
            ["What to do", "Door code"],
        ),
    ];

    for (path, russian, english) in cases {
        for (language, expected) in [("ru", russian), ("en", english)] {
            let cookie = format!("{session}; gudok_language={language}");
            let page = world.look(&cookie, &path).await;

            assert_eq!(page.status, StatusCode::OK, "{path}");
            let page = page.text();
            assert!(page.contains(&format!("<html lang=\"{language}\">")));
            assert!(expected.iter().all(|words| page.contains(words)), "{path} {language}\n{page}");
            assert!(
                !page.contains("style=") && !page.contains("onclick"),
                "{path}: inline style or script"
            );
        }
    }
}

#[tokio::test]
async fn a_calls_page_shows_how_sure_and_how_fast() {
    let world = World::new().await;
    let (written, _, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await;
    let session = world.signed_in().await;

    let page = world.look(&session, &format!("/console/calls/{call}")).await.text();

    for shown in [
        "data-seek=\"3.700\"",
        "<span class=\"confidence poor\"",
        "ответ через 0,8",
        "перебили",
        "/console/calls/call-1/recording",
        "Разговор доведён до конца",
        "Почему этот мастер",
        "Вечер или выходной",
    ] {
        assert!(page.contains(shown), "{shown} is not on\n{page}");
    }
}

#[tokio::test]
async fn who_looked_at_whose_data_is_in_the_log() {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await;
    let session = world.signed_in().await;
    let job = state["job_id"].as_str().expect("job");

    world.look(&session, &format!("/console/calls/{call}")).await;
    world.look(&session, &format!("/console/calls/{call}?part=live")).await;
    world.look(&session, &format!("/console/calls/{call}/recording")).await;
    world.look(&session, &format!("/console/jobs/{job}")).await;

    let deeds = world.demo().deeds(Default::default()).await.expect("deeds");
    let mut told: Vec<_> =
        deeds.iter().map(|it| (it.who.as_str(), it.deed.as_str(), it.what.as_str())).collect();
    told.sort_unstable();
    let (call, job) = (format!("conversation {call}"), format!("job {job}"));
    let expected = [
        (LOGIN, "conversation_read", call.as_str()),
        (LOGIN, "job_read", job.as_str()),
        (LOGIN, "recording_heard", call.as_str()),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn the_list_is_filtered_by_status_channel_and_phone() {
    let world = World::new().await;
    world.call_ended("call-lost", ConversationStatus::Abandoned, "media_lost").await;
    world.call_ended("call-busy", ConversationStatus::Completed, "busy").await;
    let session = world.signed_in().await;
    let list = async |query: &str| {
        world.look(&session, &format!("/console?part=rows&{query}")).await.text()
    };

    let lost = list("status=abandoned&channel=&phone=").await;
    let phone = list("channel=phone&status=&phone=8+(911)+000-22-33").await;
    let nobody = list("phone=%2B79990001122").await;

    assert!(lost.contains("call-lost") && !lost.contains("call-busy"));
    assert!(!lost.contains("<html"), "only the live part");
    assert!(phone.contains("call-lost") && phone.contains("call-busy"));
    assert!(!phone.contains("demo-conversation"));
    assert!(nobody.contains("class=\"empty\""));
}

#[tokio::test]
async fn a_call_going_on_is_fetched_again_until_it_is_over() {
    let world = World::new().await;
    world.call_ended("call-now", ConversationStatus::Active, "").await;
    world.call_ended("call-past", ConversationStatus::Completed, "completed").await;
    let session = world.signed_in().await;

    let now = world.look(&session, "/console/calls/call-now").await.text();
    let past = world.look(&session, "/console/calls/call-past?part=live").await.text();

    assert!(now.contains("data-live=\"/console/calls/call-now?part=live\""), "{now}");
    assert!(past.contains("data-over") && !past.contains("<html"));
}

#[tokio::test]
async fn the_tracking_page_holds_no_phone_number() {
    let world = World::new().await;
    let (_, state, _) = world.booking("ru").await;
    let job = job_core::ids::JobId::new(state["job_id"].as_str().expect("job"));
    let job = world.demo().job(&job).await.expect("store").expect("job");

    let page = world.get(&format!("/t/{}", job.tracking)).await;

    let text = page.text();
    assert_eq!(page.status, StatusCode::OK);
    for shown in [job.number.as_str(), &job.door_code, "2\u{202f}", "₽", &job.diagnosis] {
        assert!(text.contains(shown), "{shown} is not on\n{text}");
    }
    for master in world.demo().masters().await.expect("masters") {
        assert!(!text.contains(&master.name), "only the given name");
        assert!(!text.contains(&master.phone[2..]));
    }
    assert!(!text.contains(&PHONE[2..]) && !text.contains("+7") && !text.contains("tel:"));
    assert_eq!(world.get("/t/nobody").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_page_that_is_not_there_says_so_in_the_readers_language() {
    let world = World::new().await;
    let english = Request::get("/nowhere").header("accept-language", "en-GB,en;q=0.9");

    let russian = world.get("/nowhere").await;
    let english = world.send(english.body(Body::empty()).expect("request")).await;

    assert_eq!((russian.status, english.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert!(russian.text().contains("Такой страницы нет"));
    assert!(english.text().contains("There is no such page"));
}

#[tokio::test]
async fn the_language_is_switched_and_the_reader_comes_back() {
    let world = World::new().await;

    let switched = world.get("/language?to=en&back=/console/login").await;
    let elsewhere = world.get("/language?to=en&back=//evil.example").await;

    let session = world.signed_in().await;
    let list = world.look(&session, "/console?status=active").await.text();
    assert!(list.contains("back=/console%3Fstatus%3Dactive"), "{list}");
    assert_eq!(switched.location(), "/console/login");
    assert_eq!(switched.cookie("gudok_language"), "gudok_language=en");
    assert_eq!(elsewhere.location(), "/");
}

#[tokio::test]
async fn what_a_client_writes_is_never_markup() {
    let world = World::new().await;
    let start = serde_json::json!({ "type": "client_request", "language": "ru" });
    let start = world.api_post(crate::world::KEY, "/api/v1/ai/conversation/start", &start).await;
    let id = start.json()["conversation_id"].as_str().expect("id").to_owned();
    let path = format!("/api/v1/ai/conversation/{id}/message");
    let text = serde_json::json!({ "text": "<script>alert(1)</script> капает кран" });
    world.api_post(crate::world::KEY, &path, &text).await;
    let session = world.signed_in().await;

    let page = world.look(&session, &format!("/console/calls/{id}")).await.text();

    assert!(!page.contains("<script>alert") && page.contains("alert(1)"));
}

#[tokio::test]
async fn style_scripts_and_icons_come_from_the_house() {
    let world = World::new().await;

    for (name, kind) in [
        ("gudok.css", "text/css; charset=utf-8"),
        ("gudok.js", "text/javascript; charset=utf-8"),
        ("icons.svg", "image/svg+xml"),
        ("mark.svg", "image/svg+xml"),
    ] {
        let path = format!("/assets/{name}");
        let fresh = world.get(&path).await;
        let again = Request::get(&path).header("if-none-match", fresh.header("etag"));
        let again = world.send(again.body(Body::empty()).expect("request")).await;

        assert_eq!((fresh.status, fresh.header("content-type")), (StatusCode::OK, kind));
        assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    }
    assert_eq!(world.get("/assets/../Cargo.toml").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn behind_tls_the_cookie_stays_on_tls() {
    let world = World::new().await;
    let (cookie, token) = world.login_form().await;
    let form = format!("login={LOGIN}&password={}&form_token={token}", PASSWORD.replace(' ', "+"));
    let request = Request::post("/console/login")
        .header(COOKIE, cookie)
        .header("x-forwarded-proto", "https")
        .header("content-type", "application/x-www-form-urlencoded");

    let entered = world.send(request.body(Body::from(form)).expect("request")).await;

    assert!(entered.header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn a_job_shows_what_was_written_to_whom_and_what_did_not_arrive() {
    let world = World::new().await;
    let (_, state, _) = world.booking("ru").await;
    let job = JobId::new(state["job_id"].as_str().expect("job"));
    let rows = world.demo();
    let messages = rows.messages(&job).await.unwrap();
    let to_client = messages.iter().find(|it| it.recipient == "client").expect("a message");
    let failed = Next::Failed { why: "refused (202): Wrong number".into() };
    rows.message_tried(&to_client.id, Some(Channel::SmsRu), &failed, morning()).await.unwrap();

    let session = world.signed_in().await;
    let page = world.look(&session, &format!("/console/jobs/{job}")).await.text();

    assert!(page.contains("Клиенту: заявка оформлена"), "{page}");
    assert!(page.contains("Не отправлено") && page.contains("refused (202): Wrong number"));
    assert!(page.contains("Мастеру: новая заявка") && page.contains("Ждёт отправки"));
}

#[tokio::test]
async fn a_job_is_printed_for_who_may_see_it() {
    let world = World::new().await;
    let (_, state, _) = world.booking("ru").await;
    let job = state["job_id"].as_str().expect("job");
    let session = world.signed_in().await;

    let paper = world.look(&session, &format!("/console/jobs/{job}/file.pdf")).await;
    let by_key = world.api_get(KEY, &format!("/api/v1/jobs/{job}/file.pdf")).await;
    let stranger = world.api_get(OTHER_KEY, &format!("/api/v1/jobs/{job}/file.pdf")).await;
    let nobody = world.look("", &format!("/console/jobs/{job}/file.pdf")).await;

    for answer in [paper, by_key] {
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("content-type"), "application/pdf");
        assert!(answer.body.starts_with(b"%PDF-"));
    }
    assert_eq!(stranger.status, StatusCode::NOT_FOUND);
    assert!(nobody.status.is_redirection(), "{}", nobody.status);
}

#[tokio::test]
async fn an_operator_answers_from_the_console_and_hands_back() {
    let world = World::new().await;
    let start = serde_json::json!({ "type": "client_request", "channel": "web", "language": "ru" });
    let started = world.api_post(KEY, "/api/v1/ai/conversation/start", &start).await.json();
    let id = started["conversation_id"].as_str().unwrap().to_owned();
    let (cookie, page) = (world.signed_in().await, format!("/console/calls/{id}"));
    let look = world.look(&cookie, &page).await;
    assert!(look.text().contains("Взять разговор на себя"), "{}", look.text());
    let token = look.form_token();
    let form = format!("form_token={token}");

    let stranger = world.post_form(&format!("{page}/take-over"), &cookie, "form_token=x").await;
    assert_eq!(stranger.status, StatusCode::FORBIDDEN);
    let taken = world.post_form(&format!("{page}/take-over"), &cookie, &form).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    for _ in 0..2 {
        let said = format!("form_token={token}&once=1&text=Здравствуйте");
        world.post_form(&format!("{page}/reply"), &cookie, &said).await;
    }
    let message = serde_json::json!({ "text": "капает кран" });
    let path = format!("/api/v1/ai/conversation/{id}/message");
    assert_eq!(world.api_post(KEY, &path, &message).await.json()["reply"], "");
    let list = world.look(&cookie, "/console?status=with_person").await.text();
    assert_eq!(list.matches("/console/calls/").count(), 1, "{list}");
    assert!(list.contains(&page));
    let look = world.look(&cookie, &page).await.text();
    assert!(look.contains("Вернуть помощнику") && look.contains("капает кран"), "{look}");
    assert_eq!(look.matches("Здравствуйте</").count(), 1, "sent twice, said once");

    world.post_form(&format!("{page}/hand-back"), &cookie, &form).await;
    let answered = world.api_post(KEY, &path, &message).await.json();
    assert_ne!(answered["reply"], "");
    let log = world.demo().deeds(Default::default()).await.unwrap();
    let deeds: Vec<_> = log.iter().filter(|it| it.who == LOGIN).map(|it| &*it.deed).collect();
    assert!(
        deeds.contains(&"conversation_taken_over") && deeds.contains(&"conversation_handed_back")
    );
}
