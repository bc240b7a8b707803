//! `gudok doctor`: is everything there that a call needs, and how is it mended?

mod live;

use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::ExitCode;

use dialog::pack::Pack;
use job_core::ids::Ids;
use job_core::store::Store;
use job_core::trade::Language;

use super::{code, log, runtime};
use crate::config::Settings;
use crate::net::house::PACKS;
use crate::net::ports::Ports;

/// What was looked at, and what was found or how it is mended.
struct Finding {
    what: String,
    found: Result<String, String>,
}

/// Prints one line per check; 0 when all are good.
/// `live`: every speech and language service is asked once, which costs what it costs.
pub fn doctor(settings: &Settings, live: bool) -> anyhow::Result<ExitCode> {
    log("error");
    let mut findings = vec![
        data_folder(settings),
        udp("SIP over UDP", settings.sip.listen),
        tcp("SIP over TCP", settings.sip.listen, "sip.listen"),
        tcp("HTTP", settings.http.listen, "http.listen"),
        media_ports(settings),
        database(settings)?,
    ];
    findings.extend(packs());
    findings.extend(speech(settings));
    if live {
        findings.extend(live::live(settings, &runtime()?));
    }

    for finding in &findings {
        match &finding.found {
            Ok(found) => println!("ok    {:18} {found}", finding.what),
            Err(mend) => println!("FAIL  {:18} {mend}", finding.what),
        }
    }
    Ok(code(findings.iter().all(|finding| finding.found.is_ok())))
}

fn data_folder(settings: &Settings) -> Finding {
    let probe = settings.data.join(".doctor");
    let written = std::fs::create_dir_all(&settings.data)
        .and_then(|()| std::fs::write(&probe, b"ok"))
        .and_then(|()| std::fs::remove_file(&probe));
    let shown = settings.data.display();
    let found = written
        .map(|()| shown.to_string())
        .map_err(|error| format!("{shown}: {error}; choose another with --data or data = \"…\""));
    Finding { what: "data folder".into(), found }
}

fn udp(what: &str, address: SocketAddr) -> Finding {
    let found = UdpSocket::bind(address)
        .map(|_| address.to_string())
        .map_err(|error| format!("{address}: {error}; set sip.listen, or end what uses the port"));
    Finding { what: what.into(), found }
}

fn tcp(what: &str, address: SocketAddr, key: &str) -> Finding {
    let found = TcpListener::bind(address)
        .map(|_| address.to_string())
        .map_err(|error| format!("{address}: {error}; set {key}, or end what uses the port"));
    Finding { what: what.into(), found }
}

fn media_ports(settings: &Settings) -> Finding {
    let (first, last) = settings.media.ports;
    let opened = Ports::new(settings.sip.listen.ip(), (first, last)).open();
    let found = opened.map(|_| format!("{first}–{last}")).map_err(|error| error.to_string());
    Finding { what: "media ports".into(), found }
}

fn database(settings: &Settings) -> anyhow::Result<Finding> {
    let url = settings.database_url();
    let path = url.strip_prefix("sqlite:").unwrap_or(&url).to_owned();
    let opened = runtime()?.block_on(async {
        let store = Store::open(&path, Ids::new(0)).await?;
        store.close().await;
        Ok::<_, job_core::store::StoreError>(())
    });
    let found = opened
        .map(|()| "opens, schema is current".into())
        .map_err(|error| format!("{error}; check database.url or DATABASE_URL"));
    Ok(Finding { what: "database".into(), found })
}

fn packs() -> Vec<Finding> {
    let one = |name: &&str, language| {
        let loaded = Pack::built_in(name, language);
        let found = loaded.map(|_| "complete".to_owned()).map_err(|error| error.to_string());
        Finding { what: format!("pack {name} {language:?}"), found }
    };
    let languages = [Language::Ru, Language::En];
    PACKS.iter().flat_map(|name| languages.map(|language| one(name, language))).collect()
}

fn speech(settings: &Settings) -> Vec<Finding> {
    let model = Some(&settings.speech.model_ru).filter(|path| **path != PathBuf::new());
    let data = settings.data.join("speech").join("recogniser");
    let checks = media::speech::doctor::examine(&data, model.map(PathBuf::as_path));
    checks.into_iter().map(|check| Finding { what: check.name, found: check.found }).collect()
}
