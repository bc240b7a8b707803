//! Serves the console over a made-up house, to be looked at: `cargo run -p web --example console`.

#[path = "../tests/http/world.rs"]
mod world;

use job_core::conversation::ConversationStatus;
use tokio::net::TcpListener;
use world::{LOGIN, PASSWORD, World};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let world = World::new().await;
    let (written, state, _) = world.booking("ru").await;
    let (english, _, _) = world.booking("en").await;
    let call = world.call_like(&written, "call-1").await;
    world.call_ended("call-2", ConversationStatus::Abandoned, "caller_hung_up_over_agent").await;
    world.call_ended("call-3", ConversationStatus::Escalated, "recogniser_lost").await;
    world.call_ended("call-4", ConversationStatus::Active, "").await;
    let listener = TcpListener::bind("127.0.0.1:8099").await?;

    println!("http://127.0.0.1:8099/console  {LOGIN} / {PASSWORD}");
    println!("/console/calls/{call}\n/console/calls/{english}\n/console/jobs/{}", state["job_id"]);
    let booked = world.demo().jobs(&Default::default(), Default::default()).await;
    for job in booked.unwrap_or_default().iter().take(1) {
        println!("/t/{}", job.tracking);
    }
    println!("cookie {}", world.signed_in().await);
    axum::serve(listener, world.pages.clone()).await
}
