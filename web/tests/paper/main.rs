//! The printed job file, seen as a printer sees it: rendered by poppler and laid over the picture that
//! was looked at, read back as text, its QR codes decoded by zbar.
//!
//! After a change that is meant: look at the picture the failing test names, and copy it over the
//! golden one.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "../post/booked.rs"]
mod booked;
mod picture;

use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::tz::TimeZone;
use job_core::ids::{Ids, OrgId};
use job_core::job_file::JobFile;
use job_core::order::Part;
use job_core::settings::Settings;
use job_core::store::Store;
use job_core::trade::{Address, Language};
use picture::Picture;

/// Of all dots, so many may be of another shade; fonts differ a little from one poppler to the next.
const TOLERANCE: f64 = 0.004;

#[tokio::test]
async fn the_printed_file_looks_as_it_did_when_it_was_looked_at() {
    let folder = Folder::new("golden");
    let file = file().await;

    for (language, golden) in [(Language::Ru, "job-ru.pgm"), (Language::En, "job-en.pgm")] {
        let seen = folder.rendered(&file, language);

        let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/paper").join(golden);
        let kept = folder.keep(&seen, golden);
        let known = Picture::read(&std::fs::read(&known).unwrap_or_default());
        let known = known.unwrap_or_else(|| panic!("no golden picture; look at {kept}"));
        let off = seen.differs(&known);
        assert!(off < TOLERANCE, "{golden}: {off:.4} of the dots differ; look at {kept}");
    }
}

#[tokio::test]
async fn another_file_looks_different() {
    let folder = Folder::new("other");
    let mut file = file().await;
    let one = folder.rendered(&file, Language::Ru);
    file.steps.clear();

    let other = folder.rendered(&file, Language::Ru);

    assert!(one.differs(&other) > TOLERANCE);
}

#[tokio::test]
async fn what_is_printed_can_be_read_and_scanned() {
    let folder = Folder::new("read");
    let file = file().await;

    let pdf = folder.printed(&file, Language::Ru);

    let text = output(Command::new("pdftotext").args(["-layout", pdf.to_str().unwrap(), "-"]));
    for words in ["Заказ 1001", "Подгорел контакт", "Проспект Мира", "Отключить автомат", "+7 911"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    let png = folder.0.join("page");
    output(Command::new("pdftoppm").args(["-r", "150", "-png"]).args([&pdf, &png]));
    let codes =
        output(Command::new("zbarimg").args(["--raw", "-q"]).arg(folder.0.join("page-1.png")));
    assert!(codes.contains(&file.map_link), "{codes}");
    assert!(codes.contains("https://gudok.test/console/calls/call/recording"), "{codes}");
}

#[tokio::test]
async fn a_long_file_goes_on_on_the_next_page() {
    let folder = Folder::new("long");
    let mut file = file().await;
    file.steps = (1..=90).map(|step| format!("Шаг {step}: проверить соединение")).collect();

    let pdf = folder.printed(&file, Language::Ru);

    let told = output(Command::new("pdfinfo").arg(&pdf));
    let pages = told.lines().find_map(|it| it.strip_prefix("Pages:")).unwrap().trim().to_owned();
    let text = output(Command::new("pdftotext").args([pdf.to_str().unwrap(), "-"]));
    assert_eq!(pages, "3");
    assert!((1..=90).all(|step| text.contains(&format!("Шаг {step}:"))));
}

async fn file() -> JobFile {
    let now = "2026-11-23T08:00:00Z".parse().unwrap();
    let store = Store::open(":memory:", Ids::new(1)).await.unwrap();
    let org = OrgId::new("o");
    store.add_organisation(&org, "Дом", &Settings::default()).await.unwrap();
    let job = booked::job(&store.org(&org), now).await;
    let mut file = store.org(&org).job_file(&job).await.unwrap().unwrap();
    let items = |all: &[&str]| all.iter().map(|it| (*it).to_owned()).collect::<Vec<String>>();
    file.address = Address {
        city: Some("Калининград".into()),
        street: Some("Проспект Мира".into()),
        house: Some("21/3".into()),
        flat: Some("14".into()),
        ..Address::default()
    };
    file.map_link = "https://yandex.ru/maps/?text=Kaliningrad,%20Mira%2021%2F3".into();
    file.recording = Some("call.wav".into());
    file.problem = "Искрит розетка на кухне, пахнет горелым, когда включаем чайник.".into();
    file.safety = items(&["Не пользоваться розеткой", "Обесточить линию до начала работ"]);
    file.steps = items(&[
        "Отключить автомат и проверить отсутствие напряжения",
        "Снять розетку, осмотреть контакты и изоляцию проводов, при необходимости укоротить до чистой меди",
        "Поставить новую розетку, затянуть клеммы",
    ]);
    file.test = items(&["Нагрузка 2 кВт в течение 10 минут, корпус холодный"]);
    file.tools = items(&["Индикатор", "Отвёртки", "Стриппер"]);
    file.consumables = items(&["Изолента"]);
    file.parts = vec![Part { name: "Розетка с заземлением".into(), cost: 350 }];
    file
}

/// A folder of this test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gudok-paper-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn printed(&self, file: &JobFile, language: Language) -> PathBuf {
        let zone = TimeZone::get("Europe/Kaliningrad").unwrap();
        let pdf = web::paper::job_file(file, language, &zone, "https://gudok.test").unwrap();
        let path = self.0.join("job.pdf");
        std::fs::write(&path, pdf).unwrap();
        path
    }

    fn rendered(&self, file: &JobFile, language: Language) -> Picture {
        let pdf = self.printed(file, language);
        let page = self.0.join("seen");
        output(
            Command::new("pdftoppm").args(["-r", "40", "-gray", "-singlefile"]).args([&pdf, &page]),
        );

        Picture::read(&std::fs::read(page.with_extension("pgm")).unwrap()).unwrap()
    }

    /// Where the picture stays after a failure.
    fn keep(&self, seen: &Picture, name: &str) -> String {
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, seen.written()).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn output(command: &mut Command) -> String {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).into_owned()
}
