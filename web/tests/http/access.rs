//! Who comes in to the console, and who does not.

use axum::http::StatusCode;
use job_core::ids::OrgId;
use job_core::store::{Role, User};
use web::access;

use crate::world::{KEY, LOGIN, PASSWORD, World};

#[tokio::test]
async fn the_right_password_opens_the_page_that_was_asked_for() {
    let world = World::new().await;

    let asked = world.get("/console/calls/x?y=1").await;
    let (cookie, token) = world.login_form().await;
    let form =
        format!("login={LOGIN}&password={PASSWORD}&form_token={token}&next=/console/calls/x");
    let entered = world.post_form("/console/login", &cookie, &form).await;

    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    assert_eq!(asked.location(), "/console/login?next=/console/calls/x%3Fy%3D1");
    assert_eq!(entered.status, StatusCode::SEE_OTHER);
    assert_eq!(entered.location(), "/console/calls/x");
    let set = entered.header("set-cookie");
    assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
}

#[tokio::test]
async fn a_wrong_password_opens_nothing() {
    let world = World::new().await;

    for (login, password) in [(LOGIN, "wrong"), ("nobody", PASSWORD), (LOGIN, ""), ("", "")] {
        let refused = world.try_password(login, password).await;

        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert!(!refused.header("set-cookie").contains("gudok_session"));
    }
}

#[tokio::test]
async fn a_login_leads_to_no_other_site() {
    let world = World::new().await;
    let (cookie, token) = world.login_form().await;
    let form = format!("login={LOGIN}&password={PASSWORD}&form_token={token}&next=//evil.example");

    let entered = world.post_form("/console/login", &cookie, &form).await;

    assert_eq!(entered.location(), "/console");
}

#[tokio::test]
async fn after_ten_wrong_passwords_even_the_right_one_waits() {
    let world = World::new().await;

    for _ in 0..10 {
        assert_eq!(world.try_password(LOGIN, "wrong").await.status, StatusCode::UNAUTHORIZED);
    }

    assert_eq!(world.try_password(LOGIN, PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing() {
    let world = World::new().await;
    let (visit, token) = world.login_form().await;
    let session = world.signed_in().await;
    let login = format!("login={LOGIN}&password={PASSWORD}&form_token=");

    let forged = world.post_form("/console/login", &visit, &format!("{login}x")).await;
    let elsewhere = world.post_form("/console/login", "", &format!("{login}{token}")).await;
    let leaving = world.post_form("/console/logout", &session, "form_token=x").await;

    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    assert_eq!(leaving.status, StatusCode::FORBIDDEN);
    assert_eq!(world.look(&session, "/console").await.status, StatusCode::OK);
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let world = World::new().await;
    let session = world.signed_in().await;
    let token = world.look(&session, "/console").await.form_token();

    let left = world.post_form("/console/logout", &session, &format!("form_token={token}")).await;

    assert_eq!(left.location(), "/console/login");
    assert_eq!(world.look(&session, "/console").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_new_password_ends_every_session() {
    let world = World::new().await;
    let session = world.signed_in().await;

    let org = OrgId::new(job_core::demo::ORG);
    access::set_password(&world.store, &org, LOGIN, "another", 2).await.expect("password");

    assert_eq!(world.look(&session, "/console").await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.try_password(LOGIN, "another").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_master_does_not_come_in_by_the_staffs_door() {
    let world = World::new().await;
    let admin = world.store.user(LOGIN).await.expect("store").expect("admin");
    let master = User { login: "master".into(), role: Role::Master, ..admin };
    world.store.add_user(&master).await.expect("store");

    let refused = world.try_password("master", PASSWORD).await;

    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_admin_sees_nothing_of_another_organisation() {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await;
    let other = OrgId::new("other");
    access::set_password(&world.store, &other, "stranger", "theirs", 3).await.expect("password");
    let session = world.try_password("stranger", "theirs").await.cookie("gudok_session");
    let job = state["job_id"].as_str().expect("job");

    for path in [
        format!("/console/calls/{call}"),
        format!("/console/calls/{call}/recording"),
        format!("/console/jobs/{job}"),
        format!("/console/jobs/{job}/file.json"),
    ] {
        assert_eq!(world.look(&session, &path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(!world.look(&session, "/console").await.text().contains("call-1"));
}

#[tokio::test]
async fn every_answer_is_dressed_for_the_open() {
    let world = World::new().await;

    for path in ["/", "/console/login", "/nowhere", "/api/v1/calls", "/assets/gudok.css", "/t/x"] {
        let answer = world.get(path).await;

        assert!(answer.header("content-security-policy").contains("default-src 'self'"), "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("referrer-policy").is_empty(), "{path}");
        assert!(!answer.header("x-request-id").is_empty(), "{path}");
    }
}

/// Every route of the console, walked by the admin of another organisation with a good form token.
#[tokio::test]
async fn no_page_of_the_console_shows_or_changes_what_is_anothers() {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let call = world.call_like(&written, "call-1").await.to_string();
    let (job, photo) = (state["job_id"].as_str().expect("job"), world.photo_in(&written).await);
    let start = serde_json::json!({ "type": "client_request", "channel": "web" });
    let open = world.api_post(KEY, "/api/v1/ai/conversation/start", &start).await.json();
    let open = open["conversation_id"].as_str().expect("id").to_owned();
    let other = OrgId::new("other");
    access::set_password(&world.store, &other, "stranger", "theirs", 3).await.expect("password");
    let session = world.try_password("stranger", "theirs").await.cookie("gudok_session");
    let token = world.look(&session, "/console").await.form_token();
    let before = world.everything().await;
    let routes = include_str!("../../src/console/mod.rs");
    let routes: Vec<&str> =
        routes.split(".route(\"").skip(1).filter_map(|it| it.split('"').next()).collect();
    assert!(routes.len() >= 14, "{routes:?}");

    for route in routes {
        for name in [written.as_str(), &call, job, &photo, &open] {
            let path = route.replace("{id}", name).replace("{hash}", name);
            let path = format!("/console{}", if path == "/" { "" } else { &path });
            let shown = world.look(&session, &path).await;
            let form = format!(
                "form_token={token}&text=x&once=1&master_id=demo-master-1&master=demo-master-1"
            );
            // Leaving would end the walk.
            let leaves = matches!(route, "/login" | "/logout");
            let done =
                if leaves { None } else { Some(world.post_form(&path, &session, &form).await) };
            for answer in [Some(shown), done].into_iter().flatten() {
                assert!(!answer.status.is_server_error(), "{path}: {}", answer.status);
                let told = answer.text();
                for secret in ["Багратиона", "4567890", "call-1"] {
                    let named = path.contains(secret);
                    assert!(named || !told.contains(secret), "{path} tells {secret}");
                }
                let mine = answer.status.is_success() && route.contains('{');
                assert!(!mine, "{path}: {}", answer.status);
            }
            let nobody = world.get(&path).await;
            assert!(!nobody.text().contains("Багратиона"), "{path}");
        }
    }
    assert_eq!(world.everything().await, before, "something of the first has changed");
}
