//! The real program, phoned by real peers: sipp, baresip, and its own simulated caller, each in a
//! process of its own. Only sound and SIP connect them, and only here tests take the time of a call.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod chromium;
mod console;
mod doors;
mod exchange;
mod gateway;
mod network;
mod pages;
mod phones;
mod scanner;
mod services;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use chromium::Chromium;
use gateway::{Gateway, until};
use pages::Page;
use phones::{
    CALL_WITHIN, Softphone, baresip, caller, data, demo_caller, earpiece, recognised, rehearsed,
    sipp, sipp_plays, sipp_scenario, softphone,
};
use sip_gateway::clock;

/// Every other wait of these tests is shorter.
const A_CALL: Duration = Duration::from_secs(90);
/// How a call ends whose caller hangs up at once; a slow machine may run out of recognisers.
const HUNG_UP_AT_ONCE: &[&str] = &["caller_hung_up", "caller_hung_up_over_agent", "busy"];
/// A killed process loses no more of a recording.
const LOST_MOST: Duration = Duration::from_millis(1_500);

/// Two cores: what needs them both has them to itself, so that no recogniser falls behind.
static MACHINE: RwLock<()> = RwLock::new(());

fn alone() -> RwLockWriteGuard<'static, ()> {
    MACHINE.write().unwrap_or_else(PoisonError::into_inner)
}

fn beside_others() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn two_hundred_calls_at_twenty_a_second_leave_none_open() {
    let _machine = beside_others();
    let gateway = Gateway::start("load");

    sipp(&gateway, "uac", &["-sn", "uac", "-r", "20", "-m", "200"]).finish();

    for call in gateway.calls_over(200) {
        assert!(HUNG_UP_AT_ONCE.contains(&call.reason()), "{call:?}");
    }
    gateway.stop();
}

#[test]
fn the_load_line_plays_its_prompt_to_more_callers_than_there_are_recognisers() {
    let _machine = beside_others();
    let gateway = Gateway::start_with("load-line", &[("GUDOK_SPEECH__RECOGNISERS", "1")]);

    let load = ["-sn", "uac", "-s", "900", "-d", "4000", "-r", "10", "-m", "10"];
    sipp(&gateway, "uac-900", &load).finish();

    for call in gateway.calls_over(10) {
        assert_eq!(call.reason(), "caller_hung_up_over_agent", "{call:?}");
        assert!(gateway.recording(&call).has_agent());
    }
    gateway.stop();
}

#[test]
fn a_recording_made_small_is_whole_and_any_player_opens_it() {
    let _machine = beside_others();
    let gateway = Gateway::start_with("small", &[("GUDOK_CALLS__SMALL_RECORDINGS", "true")]);

    sipp(&gateway, "uac-small", &["-sn", "uac", "-s", "900", "-d", "6000", "-m", "1"]).finish();

    let call = gateway.calls_over(1).remove(0);
    let large = gateway.folder("recordings").join(format!("{}.wav", call.id));
    until("the large one to be gone", Duration::from_secs(10), || (!large.exists()).then_some(()));
    let recording = gateway.small_recording(&call);
    assert!(recording.has_agent() && !recording.has_caller(), "{recording:?}");
    assert!((5..9).contains(&recording.length.as_secs()), "{recording:?}");
    let small = std::fs::metadata(web::sound::small(&large)).unwrap().len();
    assert!(small * 4 < 32_000 * recording.length.as_secs(), "{small} bytes: {recording:?}");
    gateway.stop();
}

/// The office pauses the recording, lets it go on, and hangs up.
#[test]
fn what_the_office_hides_is_true_silence_in_the_recording() {
    let _machine = beside_others();
    let gateway = Gateway::start("hidden");
    let mut caller =
        sipp(&gateway, "hidden", &["-sn", "uac", "-s", "900", "-d", "60000", "-m", "1"]);
    let call = until("the call", Duration::from_secs(20), || gateway.calls().into_iter().next());
    let order = |what: &str| gateway.order(&format!("/api/v1/calls/{}/{what}", call.id));

    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(order("recording/pause"), 204);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(order("recording/resume"), 204);
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(order("hang-up"), 204);

    // sipp's own caller takes our BYE for a failure of its scenario.
    caller.wait();
    let [over] = &gateway.calls_over(1)[..] else { panic!("more than one call") };
    assert_eq!(over.reason(), "hung_up_by_office");
    assert_eq!(order("hang-up"), 409, "it is over");
    assert_eq!(gateway.order("/api/v1/calls/nobodys/hang-up"), 404);
    let recording = gateway.recording(&call);
    let silent = |samples: &[i16]| samples.iter().all(|sample| *sample == 0);
    let seconds: Vec<bool> = recording
        .agent
        .chunks(8_000)
        .zip(recording.caller.chunks(8_000))
        .map(|(agent, caller)| silent(agent) && silent(caller))
        .collect();
    let hidden: Vec<usize> = (0..seconds.len()).filter(|nth| seconds[*nth]).collect();
    assert!((3..=5).contains(&hidden.len()), "{seconds:?}");
    assert!(!seconds[0] && recording.length > Duration::from_secs(9), "{recording:?}");
    let events = gateway.page(&call).events;
    let told = |kind: &str| events.iter().any(|event| event.kind == kind);
    assert!(told("recording_paused") && told("recording_resumed"));
    gateway.stop();
}

#[test]
fn a_gateway_told_to_stop_lets_its_calls_end_and_takes_no_new_one() {
    let _machine = beside_others();
    let mut gateway = Gateway::start("drain");
    let load = |name, milliseconds| {
        sipp(&gateway, name, &["-sn", "uac", "-s", "900", "-d", milliseconds, "-m", "1"])
    };
    let running = load("running", "6000");
    until("the call", A_CALL, || (gateway.calls().len() == 1).then_some(()));

    gateway.ask_to_stop();
    load("too-late", "100").wait();
    running.finish();
    gateway.wait_for_its_end();

    gateway.rise();
    let calls = gateway.calls_over(1);
    assert_eq!(calls[0].reason(), "caller_hung_up_over_agent");
    gateway.stop();
}

#[test]
fn callers_beyond_the_recognisers_are_told_so_and_those_beyond_the_lines_are_refused() {
    let _machine = beside_others();
    let few = [("GUDOK_SPEECH__RECOGNISERS", "1"), ("GUDOK_CALLS__MOST", "2")];
    let gateway = Gateway::start_with("busy", &few);

    let first = sipp_scenario(&gateway, "stays");
    until("the first call", A_CALL, || (gateway.calls().len() == 1).then_some(()));
    let second = sipp_scenario(&gateway, "is-let-go");
    until("the second call", A_CALL, || (gateway.calls().len() == 2).then_some(()));
    sipp_scenario(&gateway, "is-refused").finish();
    second.finish();
    first.finish();

    gateway.calls_over(2);
    let let_go = gateway.call_of("waits");
    assert_eq!(let_go.reason(), "busy");
    assert!(gateway.recording(&let_go).has_agent());
    let untouched = gateway.call_of("stays");
    assert!(untouched.reason().starts_with("caller_hung_up"), "{untouched:?}");
    gateway.stop();
}

#[test]
fn a_softphone_is_answered_understood_and_recorded() {
    let _machine = beside_others();
    let gateway = Gateway::start("softphone");

    let phone = baresip(&gateway, "здравствуйте у меня течёт кран");
    until("the caller to be understood", A_CALL, || {
        let page = gateway.page(&gateway.calls().pop()?);
        (page.said("client").contains("кран") && page.said("agent").lines().count() > 1)
            .then_some(())
    });
    phone.close();

    let call = gateway.call_of("test");
    let said = gateway.page(&call).said("client");
    assert!(said.contains("кран"), "{said}");
    let shown = gateway.console_page(&call).to_lowercase();
    assert!(said.lines().all(|line| shown.contains(line)), "{shown}");
    let recording = gateway.recording(&call);
    assert!(recording.has_caller() && recording.has_agent(), "{recording:?}");
    gateway.stop();
}

#[test]
fn a_browser_and_softphones_of_every_codec_are_talked_through_to_their_bookings() {
    let _machine = alone();
    let microphone = rehearsed("codecs");
    let phones = [
        ("opus", Softphone { codec: "opus/48000/2", encryption: "" }),
        ("g722", Softphone { codec: "g722", encryption: "" }),
        ("srtp", Softphone { codec: "pcma", encryption: "srtp-mand" }),
    ];

    std::thread::scope(|threads| {
        threads.spawn(|| calls_from_a_browser(&microphone));
        for (name, phone) in &phones {
            threads.spawn(|| calls_with(name, phone, &microphone));
        }
        threads.spawn(|| calls_by_sipp(&microphone));
    });

    std::fs::remove_file(microphone).unwrap();
}

fn calls_from_a_browser(microphone: &Path) {
    let gateway = Gateway::start("chromium");
    let page = format!("{}/ring/100", gateway.keys.http);
    let mut browser = Chromium::open(&gateway.folder("chromium"), &page, microphone);

    browser.tape();
    browser.evaluate("document.querySelector('[data-state] button').click()");
    until("the end of the browser's call", CALL_WITHIN, || {
        (browser.evaluate("window.gudokCall.state") == "over").then_some(())
    });

    is_booked(&gateway, "browser");
    let heard = recognised(&browser.taken());
    assert!(heard.contains("помощник") && heard.contains("записываем"), "{heard}");
    gateway.stop();
}

fn calls_with(name: &str, phone: &Softphone, microphone: &Path) {
    let gateway = Gateway::start(name);

    let phone = softphone(&gateway, phone, microphone);
    gateway.talks_to_the_end();
    phone.close();

    is_booked(&gateway, "test");
    let heard = recognised(&earpiece(&gateway));
    assert!(heard.contains("помощник") && heard.contains("записываем"), "{name}: {heard}");
    gateway.stop();
}

fn calls_by_sipp(microphone: &Path) {
    let gateway = Gateway::start("sipp");

    sipp_plays(&gateway, microphone).finish();

    let call = gateway.call_of("plays");
    assert_eq!(call.reason(), "completed", "{}", gateway.page(&call).told());
    gateway.job_file(&call);
    let recording = gateway.recording(&call);
    assert!(recording.has_caller() && recording.has_agent(), "{recording:?}");
    gateway.stop();
}

fn is_booked(gateway: &Gateway, participant: &str) {
    let call = gateway.call_of(participant);
    assert_eq!(call.reason(), "completed", "{}", gateway.page(&call).told());
    gateway.job_file(&call);
    let recording = gateway.recording(&call);
    assert!(recording.has_caller() && recording.has_agent(), "{recording:?}");
    sounded_well_both_ways(&gateway.page(&call));
}

/// Both ends have told how they heard each other.
fn sounded_well_both_ways(page: &Page) {
    for kind in ["sound_from_caller", "sound_to_caller"] {
        let told = page.events.iter().find(|event| event.kind == kind).map(|it| it.detail.as_str());
        let told = told.unwrap_or_else(|| panic!("no {kind}"));
        let score: f32 = told.split(',').next().unwrap_or_default().parse().unwrap();
        assert!((4.0..=4.5).contains(&score), "{kind}: {told}");
    }
}

#[test]
fn a_russian_and_an_english_caller_at_once_are_talked_through_to_their_bookings() {
    let _machine = alone();
    let gateway = Gateway::start("demo");

    let russian = caller(&gateway, "100", &demo_caller("demo-ru.toml"));
    let english = caller(&gateway, "200", &demo_caller("demo-en.toml"));
    russian.finish();
    english.finish();

    for participant in ["+79114567890", "+79114567891"] {
        let call = gateway.call_of(participant);
        assert_eq!(call.reason(), "completed", "{}", gateway.page(&call).told());
        gateway.job_file(&call);
        let recording = gateway.recording(&call);
        assert!(recording.has_caller() && recording.has_agent(), "{recording:?}");
    }
    gateway.stop();
}

/// Vosk alone hears the caller, and Piper alone speaks.
#[test]
fn a_caller_heard_and_answered_by_services_elsewhere_books() {
    let _machine = alone();
    let data = std::env::temp_dir().join(format!("gudok-services-{}", std::process::id()));
    let (vosk, piper) = (services::vosk(&data), services::piper());
    let settings = [
        ("GUDOK_SERVICES__OUR_VOSK__KIND", "vosk"),
        ("GUDOK_SERVICES__OUR_VOSK__ADDRESS", vosk.address.as_str()),
        ("GUDOK_SERVICES__OUR_PIPER__KIND", "piper"),
        ("GUDOK_SERVICES__OUR_PIPER__ADDRESS", piper.address.as_str()),
        ("GUDOK_SERVICES__OUR_PIPER__VOICE", "ru"),
        ("GUDOK_SERVICES__OUR_VOSK__PRICE", "0.6"),
        ("GUDOK_SERVICES__OUR_PIPER__PRICE", "1.5"),
        ("GUDOK_CALLS__PRICE", "1.2"),
        ("GUDOK_SPEECH__RECOGNISE_RU", "our_vosk"),
        ("GUDOK_SPEECH__SPEAK_RU", "our_piper"),
    ];
    let gateway = Gateway::start_with("services", &settings);

    caller(&gateway, "100", &demo_caller("demo-ru.toml")).finish();

    let call = gateway.call_of("+79114567890");
    assert_eq!(call.reason(), "completed", "{}", gateway.page(&call).told());
    gateway.job_file(&call);
    assert!(vosk.asked.load(Ordering::Relaxed) > 0 && piper.asked.load(Ordering::Relaxed) > 0);
    let page = gateway.page(&call);
    for (service, unit) in [("our_vosk", "heard"), ("our_piper", "spoken"), ("line", "line")] {
        let used = page.usage.iter().find(|it| it.service == service && it.unit == unit);
        let used = used.unwrap_or_else(|| panic!("{service} is not counted: {:?}", page.usage));
        assert!(used.amount > 0 && used.cost > 0, "{used:?}");
    }
    gateway.stop();
    std::fs::remove_dir_all(data).unwrap();
}

#[test]
fn a_call_of_silence_of_keys_or_cut_short_says_so_on_its_page() {
    let _machine = beside_others();
    let gateway = Gateway::start("odd");

    let silent = caller(&gateway, "100", &data("silent.toml"));
    let mut leaves = caller(&gateway, "100", &data("leaves.toml"));
    let keys = caller(&gateway, "100", &data("keys.toml"));
    let no_sound = sipp_scenario(&gateway, "is-let-go");
    leaves.wait();
    for peer in [silent, keys, no_sound] {
        peer.finish();
    }

    gateway.calls_over(4);
    assert_eq!(gateway.call_of("+79114560001").reason(), "caller_silent");
    assert_eq!(gateway.call_of("+79114560002").reason(), "caller_hung_up_over_agent");
    assert_eq!(gateway.call_of("waits").reason(), "media_lost");
    let keys = gateway.call_of("+79114560003");
    let page = gateway.page(&keys);
    assert_eq!(keys.reason(), "completed", "{}", page.told());
    assert!(page.events.iter().any(|event| event.kind == "keys"));
    gateway.job_file(&keys);
    gateway.stop();
}

#[test]
fn a_killed_process_loses_a_second_of_sound_and_takes_the_caller_up_where_it_broke_off() {
    let _machine = beside_others();
    let mut gateway = Gateway::start("killed");
    let cut_off = caller(&gateway, "100", &data("breaks-off.toml"));
    until("the call", A_CALL, || gateway.calls().pop());
    let began = clock::now();
    let broken = until("the answer to the problem", A_CALL, || {
        let call = gateway.calls().pop()?;
        (gateway.page(&call).said("agent").lines().count() > 1).then_some(call)
    });

    let talked = clock::now() - began;
    gateway.die();
    drop(cut_off);
    let recording = gateway.recording(&broken);
    gateway.rise();
    caller(&gateway, "100", &data("phones-again.toml")).wait();

    assert!(recording.length + LOST_MOST >= talked, "{recording:?} of {talked:?}");
    let calls = gateway.calls_over(2);
    let again = calls.iter().find(|call| call.id != broken.id).unwrap();
    let broken = calls.iter().find(|call| call.id == broken.id).unwrap();
    assert_eq!(broken.reason(), "crashed");
    let greeting = gateway.page(again).said("agent");
    assert!(greeting.contains("снова"), "{greeting}");
    assert!(greeting.contains("кран"), "{greeting}");
    gateway.stop();
}
