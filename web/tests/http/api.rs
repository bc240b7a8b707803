//! The API as an integration meets it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use job_core::settings::Settings;
use serde_json::{Value, json};

use web::trunk::{State, Trunk};

use crate::world::{KEY, OTHER_KEY, World, morning};

const START: &str = "/api/v1/ai/conversation/start";

#[tokio::test]
async fn a_conversation_over_http_ends_in_a_booking() {
    for (language, name) in [("ru", "Анна"), ("en", "Anna")] {
        let world = World::new().await;

        let (id, state, replies) = world.booking(language).await;

        let told = replies.join("\n");
        assert_eq!(state["status"], "completed", "{told}");
        assert_eq!(state["awaiting"], "none");
        assert_eq!(state["slots"]["name"], name);
        let job = state["job_id"].as_str().expect("a job");
        let file = world.api_get(KEY, &format!("/api/v1/jobs/{job}/instructions")).await.json();
        assert_eq!(file["conversation"], id.as_str());
        assert_eq!(file["quote"], state["quote"]);
        let job = world.api_get(KEY, &format!("/api/v1/jobs/{job}")).await.json();
        assert_eq!(job["status"], "booked");
        assert_eq!(job["history"][0]["status"], "booked");
    }
}

#[tokio::test]
async fn the_same_message_twice_is_answered_the_same_and_changes_nothing() {
    let world = World::new().await;
    let id = started(&world, json!({ "type": "client_request" })).await;
    let path = format!("/api/v1/ai/conversation/{id}/message");
    let message = json!({ "text": "у меня капает кран на кухне", "message_id": "m-1" });

    let first = world.api_post(KEY, &path, &message).await.json();
    let second = world.api_post(KEY, &path, &message).await.json();

    assert_eq!(first, second);
    let transcript = format!("/api/v1/ai/conversation/{id}/transcript");
    let said = world.api_get(KEY, &transcript).await.json();
    assert_eq!(said["utterances"].as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn now_counts_only_where_the_organisation_allows_it() {
    let world = World::new().await;
    let start = json!({ "type": "client_request", "now": "2027-05-05T10:00:00+02:00" });

    let allowed = started(&world, start.clone()).await;
    let settings =
        Settings { test_clock: false, ..world.demo().settings().await.expect("settings") };
    world.demo().change_settings(&settings).await.expect("settings");
    let ignored = started(&world, start).await;

    let began = async |id: &str| {
        world.api_get(KEY, &format!("/api/v1/calls/{id}")).await.json()["started"].clone()
    };
    assert_eq!(began(&allowed).await, "2027-05-05T10:00:00+02:00");
    assert_eq!(began(&ignored).await, "2026-11-20T09:00:00+02:00");
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_named() {
    let world = World::new().await;
    let cases = [
        (json!({ "type": 5 }), "type"),
        (json!({ "type": "gossip" }), "type"),
        (json!({ "channel": "web" }), "type"),
        (json!({ "type": "client_request", "channel": "pigeon" }), "channel"),
        (json!({ "type": "client_request", "language": 7 }), "language"),
        (
            json!({ "type": "client_request", "participant_phone": 79110001122i64 }),
            "participant_phone",
        ),
        (json!({ "type": "client_request", "now": "soon" }), "now"),
    ];

    for (body, field) in cases {
        let refused = world.api_post(KEY, START, &body).await;

        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
        let problem = refused.json();
        assert!(problem["detail"].as_str().expect("detail").contains(field), "{problem}");
        assert_eq!(problem["request_id"], refused.header("x-request-id"));
    }
}

#[tokio::test]
async fn unknown_fields_are_ignored_and_null_is_left_out() {
    let world = World::new().await;
    let start = json!({
        "type": "master_onboarding", "mood": "good", "channel": null, "language": null,
        "participant_phone": null, "now": null,
    });

    let answered = world.api_post(KEY, START, &start).await;

    assert_eq!(answered.status, StatusCode::OK);
    assert_eq!(answered.json()["state"]["awaiting"], "full_name");
}

#[tokio::test]
async fn a_message_nobody_types_is_refused() {
    let world = World::new().await;
    let id = started(&world, json!({ "type": "client_request" })).await;
    let path = format!("/api/v1/ai/conversation/{id}/message");

    let wordy = world.api_post(KEY, &path, &json!({ "text": "а".repeat(8_001) })).await;
    let huge = world.api_post(KEY, &path, &json!({ "text": "а".repeat(80_000) })).await;
    let broken = world.api_post(KEY, &path, &Value::Null).await;

    assert_eq!(wordy.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(huge.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn the_list_is_paged_and_filtered() {
    let world = World::new().await;
    for _ in 0..3 {
        started(&world, json!({ "type": "client_request", "channel": "vk" })).await;
    }

    let list =
        async |query: &str| world.api_get(KEY, &format!("/api/v1/calls?{query}")).await.json();
    let first = list("channel=vk&limit=2").await;
    let rest = list("channel=vk&limit=2&offset=2").await;
    let none = list("channel=vk&status=completed").await;

    assert_eq!(first["calls"].as_array().map(Vec::len), Some(2));
    assert_eq!(first["next_offset"], 2);
    assert_eq!(rest["calls"].as_array().map(Vec::len), Some(1));
    assert_eq!(rest["next_offset"], Value::Null);
    assert_eq!(none["calls"], json!([]));
}

#[tokio::test]
async fn a_list_asked_for_wrongly_is_refused_by_name() {
    let world = World::new().await;

    for (query, field) in
        [("channel=pigeon", "channel"), ("limit=0", "limit"), ("limit=x", "limit")]
    {
        let refused = world.api_get(KEY, &format!("/api/v1/calls?{query}")).await;

        assert!(refused.status.is_client_error(), "{query}");
        assert!(refused.json()["detail"].as_str().expect("detail").contains(field), "{query}");
    }
}

#[tokio::test]
async fn a_recording_comes_by_the_piece() {
    let world = World::new().await;
    let (written, _, _) = world.booking("ru").await;
    let id = world.call_like(&written, "call-1").await;
    let path = format!("/api/v1/calls/{id}/recording");
    let range = |range: &str| {
        let request = Request::get(&path).header("x-api-key", KEY).header("range", range);
        request.body(Body::empty()).expect("request")
    };

    let whole = world.api_get(KEY, &path).await;
    let piece = world.send(range("bytes=44-143")).await;
    let beyond = world.send(range("bytes=99999999-")).await;

    assert_eq!(whole.status, StatusCode::OK);
    assert_eq!(whole.header("content-type"), "audio/wav");
    assert!(whole.body.starts_with(b"RIFF"));
    assert_eq!(piece.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(piece.body, whole.body[44..144]);
    assert_eq!(piece.header("content-range"), format!("bytes 44-143/{}", whole.body.len()));
    assert_eq!(beyond.status, StatusCode::RANGE_NOT_SATISFIABLE);
}

#[tokio::test]
async fn every_documented_path_answers() {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await;
    let document = world.get("/api/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");

    let job = state["job_id"].as_str().expect("job").to_owned();
    let payment = world.paid_in_cash(&job).await;
    let master = world.demo().masters().await.expect("masters").remove(0).id.to_string();
    let photo = world.photo_in(&written).await;
    let hook = json!({ "url": "https://example.org/hook" });
    let hook = text(&world.api_post(KEY, "/api/v1/webhooks", &hook).await.json()["id"]);
    let key =
        text(&world.api_post(KEY, "/api/v1/keys", &json!({ "name": "k" })).await.json()["id"]);

    assert!(paths.len() >= 50);
    let asked = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().expect("methods").iter().map(move |(method, it)| (path, method, it))
    });
    // What is taken away is taken away last.
    let (last, first): (Vec<_>, Vec<_>) = asked.partition(|(_, method, _)| *method == "delete");
    for (path, method, told) in first.into_iter().chain(last) {
        let id = match path.as_str() {
            path if path.contains("/webhooks/") => hook.clone(),
            path if path.contains("/keys/") => key.clone(),
            path if path.contains("/conversation") => written.clone(),
            path if path.contains("/jobs/") => job.clone(),
            path if path.contains("/payment/") => payment.clone(),
            path if path.contains("/masters/") => master.clone(),
            _ => call.to_string(),
        };
        let asked = path.replace("{id}", &id).replace("{calendar}", "none");
        let asked = asked.replace("{hash}", &photo);
        let method = method.to_uppercase();
        let answer = world.api_send(KEY, &method, &asked, &json!({})).await;
        let status = answer.status.as_str();
        assert!(
            told["responses"].get(status).is_some(),
            "{method} {path}: {status} is not documented"
        );
        assert!(
            !answer.status.is_server_error() && status != "404",
            "{method} {path}: {status} {}",
            answer.text()
        );
    }
}

/// The key of another organisation opens nothing of this one, on any route there is.
#[tokio::test]
async fn no_route_shows_or_changes_what_is_anothers() {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await.to_string();
    let job = state["job_id"].as_str().expect("job").to_owned();
    let payment = world.paid_in_cash(&job).await;
    let master = world.demo().masters().await.expect("masters").remove(0).id.to_string();
    let photo = world.photo_in(&written).await;
    let hook = json!({ "url": "https://example.org/hook" });
    let hook = text(&world.api_post(KEY, "/api/v1/webhooks", &hook).await.json()["id"]);
    let own_key = world.api_post(KEY, "/api/v1/keys", &json!({ "name": "secret-name" })).await;
    let own_key = text(&own_key.json()["id"]);
    let document = world.get("/api/v1/openapi.json").await.json();
    let before = world.everything().await;
    let names = [&written, &call, &job, &payment, &master, &photo, &hook, &own_key];
    let bodies = [
        json!({}),
        json!({ "text": "привет", "message_id": "1", "operator": "eve" }),
        json!({ "master_id": master, "amount_kopecks": 100_000, "job_id": job, "conversation_id": written,
            "payment_id": payment, "key": "k", "changes": [{ "days": [0] }] }),
    ];

    let mut asked = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        if !path.starts_with("/api/v1/") || methods.to_string().contains("\"security\":[]") {
            continue;
        }
        for method in methods.as_object().expect("methods").keys() {
            let method = method.to_uppercase();
            for name in names {
                let at =
                    path.replace("{id}", name).replace("{hash}", name).replace("{calendar}", name);
                for body in &bodies {
                    let answer = world.api_send(OTHER_KEY, &method, &at, body).await;
                    asked += 1;
                    assert!(!answer.status.is_server_error(), "{method} {at}: {}", answer.text());
                    let told = answer.text();
                    let secrets = ["Багратиона", "+79114567890", "secret-name", "example.org/hook"];
                    let leak = secrets.iter().find(|it| told.contains(**it));
                    assert!(leak.is_none(), "{method} {at} tells {leak:?}: {told}");
                    let named = path.contains('{');
                    let refused = answer.status.is_client_error();
                    assert!(
                        !named || refused || told.is_empty() || !told.contains(name.as_str()),
                        "{method} {at}: {} {told}",
                        answer.status
                    );
                }
                let nobody = world.api_send("nobody's key", &method, &at, &bodies[0]).await;
                assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{method} {at}");
            }
        }
    }
    assert!(asked > 1_000, "{asked}");
    assert_eq!(world.everything().await, before, "something of the first has changed");
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_no_more() {
    let world = World::new().await;
    let granted = json!({ "name": "reader", "scopes": ["read"] });
    let granted = world.api_post(KEY, "/api/v1/keys", &granted).await;
    assert_eq!(granted.status, StatusCode::CREATED);
    let reader = text(&granted.json()["key"]);

    assert_eq!(world.api_get(&reader, "/api/v1/jobs").await.status, StatusCode::OK);
    let start = json!({ "type": "client_request" });
    let started = world.api_post(&reader, "/api/v1/ai/conversation/start", &start).await;
    assert_eq!(started.status, StatusCode::FORBIDDEN);
    assert!(started.text().contains("conversations"), "{}", started.text());
    for admins in ["/api/v1/settings", "/api/v1/keys", "/api/v1/audit", "/api/v1/webhooks"] {
        assert_eq!(world.api_get(&reader, admins).await.status, StatusCode::FORBIDDEN, "{admins}");
    }

    let id = text(&granted.json()["id"]);
    let gone = world.api_delete(KEY, &format!("/api/v1/keys/{id}")).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(world.api_get(&reader, "/api/v1/jobs").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn settings_are_changed_in_part_and_odd_ones_are_refused_by_name() {
    let world = World::new().await;
    let change = |body: serde_json::Value| {
        let world = &world;
        async move { world.api_send(KEY, "PATCH", "/api/v1/settings", &body).await }
    };

    let changed = change(json!({ "hold": 7, "asking": { "answer_within": 9 } })).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    let settings = world.demo().settings().await.expect("settings");
    assert_eq!(settings.hold.0, 7);
    assert_eq!(settings.city, "Калининград", "what is left out stays");
    for (odd, named) in [
        (json!({ "holdd": 7 }), "holdd"),
        (json!({ "hold": "soon" }), "hold"),
        (json!({ "zone": "Europe/Nowhere" }), "zone"),
        (json!([1]), ""),
    ] {
        let refused = change(odd.clone()).await;
        assert!(refused.status.is_client_error(), "{odd}");
        assert!(refused.text().contains(named), "{odd}: {}", refused.text());
    }
    assert_eq!(world.demo().settings().await.expect("settings"), settings);
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().expect("text").to_owned()
}

#[tokio::test]
async fn somebody_is_reached_where_an_integration_says() {
    let world = World::new().await;
    let contact = |phone: &str, channel: &str, address: &str| json!({ "phone": phone, "channel": channel, "address": address });
    let add = |body: Value| {
        let world = &world;
        async move { world.api_post(KEY, "/api/v1/contacts", &body).await }
    };

    let kept = add(contact("8 911 000-12-34", "telegram", "4711")).await;
    let by_phone = add(contact("+79110001234", "sms_ru", "4711")).await;
    let nobody = add(contact("twelve", "email", "a@mail.test")).await;
    let nowhere = add(contact("+79110001234", "push", "")).await;

    assert_eq!(kept.json()["phone"], "+79110001234");
    for refused in [by_phone, nobody, nowhere] {
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    }
    let (phone, telegram) = ("+79110001234", job_core::outbox::Channel::Telegram);
    let known = world.demo().address_on(telegram, phone).await.expect("store");
    assert_eq!(known.as_deref(), Some("4711"));
    let other = world.store.org(&job_core::ids::OrgId::new("other"));
    assert_eq!(other.address_on(telegram, phone).await.expect("store"), None);
}

#[tokio::test]
async fn an_utterance_is_understood_outside_of_any_conversation() {
    let world = World::new().await;
    let said = json!({
        "text": "Течёт кран, приезжайте завтра в 15:00 на Мира 42",
        "language": "ru",
        "now": "2026-11-20T10:00:00+02:00",
    });

    let answer = world.api_post(KEY, "/api/v1/understand", &said).await.json();
    let nonsense = json!({ "text": "да", "expects": "weather" });
    let refused = world.api_post(KEY, "/api/v1/understand", &nonsense).await;

    assert_eq!(answer["intent"], "book");
    let time = &answer["entities"][0];
    assert_eq!(time["kind"], "time");
    assert_eq!(time["from"], "2026-11-21T15:00:00+02:00");
    assert_eq!(time["text"], "завтра в 15:00");
    assert_eq!(time["span"], json!([23, 37]));
    let address = &answer["entities"][1];
    assert_eq!((&address["kind"], &address["house"]), (&json!("address"), &json!("42")));
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn nothing_at_an_address_is_a_problem_to_a_program() {
    let world = World::new().await;

    let nothing = world.api_get(KEY, "/api/v1/weather").await;
    let wrong_method = world.api_post(KEY, "/api/v1/calls", &json!({})).await;

    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    assert_eq!(nothing.header("content-type"), "application/problem+json");
    assert_eq!(wrong_method.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong_method.json()["status"], 405);
}

#[tokio::test]
async fn no_key_opens_another_organisations_rows() {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await;
    let job = state["job_id"].as_str().expect("job");
    let paths = [
        format!("/api/v1/ai/conversation/{written}/transcript"),
        format!("/api/v1/calls/{call}"),
        format!("/api/v1/calls/{call}/recording"),
        format!("/api/v1/jobs/{job}"),
        format!("/api/v1/jobs/{job}/instructions"),
    ];

    for path in &paths {
        assert_eq!(world.api_get(OTHER_KEY, path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(world.api_get("wrong", path).await.status, StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(world.get(path).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for order in ["hang-up", "recording/pause", "recording/resume"] {
        let path = format!("/api/v1/calls/{call}/{order}");
        let ordered = world.api_post(OTHER_KEY, &path, &json!({})).await;
        assert_eq!(ordered.status, StatusCode::NOT_FOUND, "{path}");
        let own = world.api_post(KEY, &path, &json!({})).await;
        assert_eq!(own.status, StatusCode::CONFLICT, "{path}: the call is over");
    }
    let path = format!("/api/v1/ai/conversation/{written}/message");
    let said = world.api_post(OTHER_KEY, &path, &json!({ "text": "да" })).await;
    assert_eq!(said.status, StatusCode::NOT_FOUND);
    assert_eq!(world.api_get(OTHER_KEY, "/api/v1/calls").await.json()["calls"], json!([]));
}

#[tokio::test]
async fn the_house_says_that_it_is_open() {
    let world = World::new().await;

    let health = world.get("/healthz").await;

    assert_eq!(
        (health.status, health.json()),
        (StatusCode::OK, json!({ "status": "ok", "trunks": {} }))
    );
}

#[tokio::test]
async fn an_exchange_that_sends_no_calls_is_told_and_seen() {
    let trunk = |name: &str, state| Trunk { name: name.into(), state };
    let down = State::Down("403 Forbidden: user or password is wrong".into());
    let world = World::reached_by(vec![trunk("city", State::Up), trunk("pbx", down)]).await;

    let health = world.get("/healthz").await.json();
    let metrics = world.get("/metrics").await;
    let metrics = metrics.text();
    let session = world.signed_in().await;
    let seen = world.look(&session, "/console").await;
    let seen = seen.text();

    assert!(metrics.contains("\ngudok_trunk_up{trunk=\"city\"} 1\n"), "{metrics}");
    assert!(metrics.contains("\ngudok_trunk_up{trunk=\"pbx\"} 0\n"), "{metrics}");
    assert_eq!(health["trunks"], json!({ "city": "up", "pbx": "down" }));
    assert!(seen.contains("pbx</h2><p>403 Forbidden"), "{seen}");
    assert!(!seen.contains("city</h2>"), "{seen}");
}

async fn started(world: &World, start: Value) -> String {
    let answer = world.api_post(KEY, START, &start).await;
    assert_eq!(answer.status, StatusCode::OK, "{} at {}", answer.text(), morning());
    answer.json()["conversation_id"].as_str().expect("id").to_owned()
}

#[tokio::test]
async fn a_master_joins_through_the_api_and_is_sent_to_work_in_the_hours_told() {
    let world = World::new().await;
    let start = json!({ "language": "ru", "phone": "+79115556677", "now": morning().to_string() });
    let started = world.api_post(KEY, "/api/v1/masters/onboard/start", &start).await.json();
    let id = text(&started["conversation_id"]);
    let mut state = started["state"].clone();
    for _ in 0..15 {
        let said = match state["awaiting"].as_str().expect("awaiting") {
            "full_name" => "Петров Иван Сергеевич",
            "city" => "Калининград",
            "specializations" => "электрик и сантехник",
            "experience" => "семь лет",
            "certificates" => "нет",
            "schedule" => "по будням с 9 до 18",
            "email" => "нет",
            "terminal" => "смартфон",
            "none" => break,
            _ => "да",
        };
        let message = json!({ "text": said, "now": morning().to_string() });
        let path = format!("/api/v1/ai/conversation/{id}/message");
        state = world.api_post(KEY, &path, &message).await.json()["state"].clone();
    }
    assert_eq!(state["status"], "completed", "{state}");

    let masters = world.api_get(KEY, "/api/v1/masters").await.json();
    let all = masters["masters"].as_array().expect("masters");
    let new = all.iter().find(|it| it["phone"] == "+79115556677").expect("who joined");
    assert_eq!(new["name"], "Петров Иван Сергеевич");
    assert_eq!(new["trades"], json!(["electrical", "plumbing"]));
    assert_eq!(new["active"], true);
    let id = text(&new["id"]);
    let today = world.api_get(KEY, &format!("/api/v1/masters/{id}/schedule/today")).await.json();
    assert_eq!(today["hours"], json!([{ "from": "09:00", "to": "18:00" }]), "a Friday");
    assert_eq!(today["confirmed"], false);
    let confirm = format!("/api/v1/masters/{id}/schedule/confirm");
    let confirmed = world.api_post(KEY, &confirm, &json!({})).await.json();
    assert_eq!(confirmed["confirmed"], true);

    // At nine in the morning: at work, until the hours say otherwise.
    let free = async || {
        let told = world.api_get(KEY, "/api/v1/masters/available-now?category=plumbing").await;
        told.json()["masters"].to_string().contains(&id)
    };
    assert!(free().await);
    let off = json!({ "changes": [{ "date": "2026-11-20", "hours": [] }] });
    let path = format!("/api/v1/masters/{id}/schedule");
    let changed = world.api_send(KEY, "PATCH", &path, &off).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text());
    assert!(!free().await);
    for (odd, named) in [
        (json!({ "changes": [] }), "from 1"),
        (json!({ "changes": [{ "days": [7] }] }), "weekday 7"),
        (json!({ "changes": [{ "hours": [] }] }), "neither"),
        (
            json!({ "changes": [{ "days": [1], "hours": [{ "from": "18:00", "to": "09:00" }] }] }),
            "18:00",
        ),
    ] {
        let refused = world.api_send(KEY, "PATCH", &path, &odd).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{odd}");
        assert!(refused.text().contains(named), "{odd}: {}", refused.text());
    }
    let paused = world.api_delete(KEY, &format!("/api/v1/masters/{id}")).await;
    assert_eq!(paused.status, StatusCode::NO_CONTENT);
    let master = world.api_get(KEY, &format!("/api/v1/masters/{id}")).await.json();
    assert_eq!(master["active"], false);
}

#[tokio::test]
async fn pages_of_other_sites_use_the_api_only_where_the_owner_says() {
    let world =
        World::furnished(|house| house.with_origins(&["https://shop.example".into()])).await;
    let asked = |origin: &str| {
        axum::http::Request::builder()
            .method("OPTIONS")
            .uri("/api/v1/jobs")
            .header("origin", origin)
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "authorization")
            .body(axum::body::Body::empty())
            .expect("request")
    };

    let ours = world.send(asked("https://shop.example")).await;
    assert_eq!(ours.header("access-control-allow-origin"), "https://shop.example");
    let others = world.send(asked("https://evil.example")).await;
    assert_eq!(others.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn a_key_that_asks_too_often_is_told_how_long_to_wait() {
    let few = web::pace::Allowance { per_second: 1, at_once: 5 };
    let world = World::furnished(|house| house.with_pace(few, few)).await;

    let answers = async || world.api_get(KEY, "/api/v1/masters").await;
    for _ in 0..5 {
        assert_eq!(answers().await.status, StatusCode::OK);
    }
    let sixth = answers().await;
    assert_eq!(sixth.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sixth.header("retry-after"), "2");
    assert_eq!(world.api_get(OTHER_KEY, "/api/v1/masters").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_conversation_begun_twice_with_one_key_is_one() {
    let world = World::new().await;
    let start = async |key: &str, once: &str| {
        let request = Request::post(START)
            .header("authorization", format!("Bearer {key}"))
            .header("idempotency-key", once)
            .body(Body::from(json!({ "type": "client_request", "language": "ru" }).to_string()));
        world.send(request.expect("request")).await
    };

    let (one, two) = tokio::join!(start(KEY, "order 7"), start(KEY, "order 7"));
    assert_eq!(one.json(), two.json());
    let message =
        format!("/api/v1/ai/conversation/{}/message", text(&one.json()["conversation_id"]));
    world.api_post(KEY, &message, &json!({ "text": "капает кран" })).await;
    let again = start(KEY, "order 7").await.json();
    assert_eq!(again["conversation_id"], one.json()["conversation_id"]);
    assert_eq!(again["reply"], one.json()["reply"]);
    assert_eq!(again["state"]["slots"]["category"], "plumbing", "as it stands now");
    let other = start(KEY, "order 8").await.json();
    assert_ne!(other["conversation_id"], one.json()["conversation_id"]);
    let others = start(OTHER_KEY, "order 7").await.json();
    assert_ne!(others["conversation_id"], one.json()["conversation_id"]);
    assert_eq!(start(KEY, &"x".repeat(201)).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}
