//! What the gateway's HTTP API tells about its calls.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::gateway::{Gateway, until};
use crate::phones::CALL_WITHIN;

/// Rows are written a moment after the line is cut.
const WRITTEN_WITHIN: Duration = Duration::from_secs(10);
/// Quieter samples are no voice.
const AUDIBLE: u16 = 1_000;
const LIMIT: usize = 200;

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) participant: Option<String>,
    pub(crate) ended: Option<String>,
    pub(crate) end_reason: Option<String>,
    pub(crate) job_id: Option<String>,
    pub(crate) has_recording: bool,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) transcript: Vec<Line>,
    pub(crate) events: Vec<Event>,
    pub(crate) usage: Vec<Used>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Used {
    pub(crate) service: String,
    pub(crate) unit: String,
    pub(crate) amount: i64,
    pub(crate) cost: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Line {
    pub(crate) speaker: String,
    pub(crate) text: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) detail: String,
}

#[derive(Deserialize)]
struct Calls {
    calls: Vec<Call>,
}

impl Gateway {
    /// Phone calls, newest first; what the demo was seeded with is left out.
    pub(crate) fn calls(&self) -> Vec<Call> {
        let mut all = Vec::new();
        loop {
            let path = format!("/api/v1/calls?channel=phone&limit={LIMIT}&offset={}", all.len());
            let Calls { calls } = self.get(&path);
            let last = calls.len() < LIMIT;
            all.extend(calls);
            if last {
                all.retain(|call| call.has_recording);
                return all;
            }
        }
    }

    /// All calls, once `count` of them are over and none is open.
    pub(crate) fn calls_over(&self, count: usize) -> Vec<Call> {
        until("every call to have its end", WRITTEN_WITHIN, || {
            let calls = self.calls();
            let over = calls.iter().all(|call| call.ended.is_some());
            (over && calls.len() == count).then_some(calls)
        })
    }

    /// The only call of this participant, once it is over.
    pub(crate) fn call_of(&self, participant: &str) -> Call {
        until("the call to have its end", WRITTEN_WITHIN, || {
            let theirs = |call: &Call| call.participant.as_deref() == Some(participant);
            let call = self.calls().into_iter().find(theirs)?;
            call.ended.is_some().then_some(call)
        })
    }

    /// Waits until a caller has hung up or was let go, however long they talk.
    pub(crate) fn talks_to_the_end(&self) {
        until("the conversation to end", CALL_WITHIN, || {
            self.calls().pop().filter(|call| call.ended.is_some())
        });
    }

    pub(crate) fn page(&self, call: &Call) -> Page {
        self.get(&format!("/api/v1/calls/{}", call.id))
    }

    /// Fails where the job or its job file is missing.
    pub(crate) fn job_file(&self, call: &Call) -> serde_json::Value {
        let job = call.job_id.as_ref().unwrap_or_else(|| panic!("nothing was booked: {call:?}"));
        let _: serde_json::Value = self.get(&format!("/api/v1/jobs/{job}"));
        self.get(&format!("/api/v1/jobs/{job}/instructions"))
    }

    /// The recording as it is served, unpacked by opusdec.
    pub(crate) fn small_recording(&self, call: &Call) -> Recording {
        let url = format!("{}/api/v1/calls/{}/recording", self.keys.http, call.id);
        web::post::secure();
        let asked = async {
            let client = reqwest::Client::builder().timeout(WRITTEN_WITHIN).build()?;
            let answer = client.get(&url).bearer_auth(&self.keys.api_key).send().await?;
            let kind = answer.headers()["content-type"].clone();
            Ok((kind, answer.error_for_status()?.bytes().await?))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let answer: Result<_, reqwest::Error> = runtime.unwrap().block_on(asked);
        let (kind, sound) = answer.unwrap_or_else(|error| panic!("{url}: {error:?}"));
        assert_eq!(kind, "audio/ogg");
        let (small, large) =
            (self.folder("small").join("it.ogg"), self.folder("small").join("it.wav"));
        std::fs::write(&small, sound).unwrap();
        let unpacked = std::process::Command::new("opusdec")
            .args(["--quiet", "--rate", "8000", "--no-dither"])
            .args([&small, &large])
            .status()
            .expect("opusdec; deploy/packages test installs it");
        assert!(unpacked.success(), "opusdec: {unpacked}");
        Recording::open(&large)
    }

    pub(crate) fn recording(&self, call: &Call) -> Recording {
        Recording::open(&self.folder("recordings").join(format!("{}.wav", call.id)))
    }

    /// The status of an order to the gateway.
    pub(crate) fn order(&self, path: &str) -> u16 {
        let url = format!("{}{path}", self.keys.http);
        web::post::secure();
        let asked = async {
            let client = reqwest::Client::builder().timeout(WRITTEN_WITHIN).build()?;
            client.post(&url).bearer_auth(&self.keys.api_key).send().await
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let answer: Result<reqwest::Response, reqwest::Error> = runtime.unwrap().block_on(asked);
        answer.unwrap_or_else(|error| panic!("{url}: {error:?}")).status().as_u16()
    }

    fn get<T: DeserializeOwned>(&self, path: &str) -> T {
        let url = format!("{}{path}", self.keys.http);
        web::post::secure();
        let asked = async {
            let client = reqwest::Client::builder().timeout(WRITTEN_WITHIN).build()?;
            let answer = client.get(&url).bearer_auth(&self.keys.api_key).send().await?;
            answer.error_for_status()?.json().await
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let answer: Result<T, reqwest::Error> = runtime.unwrap().block_on(asked);
        answer.unwrap_or_else(|error| panic!("{url}: {error:?}"))
    }
}

impl Call {
    pub(crate) fn reason(&self) -> &str {
        self.end_reason.as_deref().unwrap_or("none")
    }
}

impl Page {
    /// The whole conversation, for whoever wonders how it could end so.
    pub(crate) fn told(&self) -> String {
        let line = |line: &Line| format!("{}: {}\n", line.speaker, line.text);
        self.transcript.iter().map(line).collect()
    }

    /// What one side said, in small letters.
    pub(crate) fn said(&self, speaker: &str) -> String {
        let lines = self.transcript.iter().filter(|line| line.speaker == speaker);
        let texts: Vec<String> = lines.map(|line| line.text.to_lowercase()).collect();
        texts.join("\n")
    }
}

/// A recording as it lies on the disk.
pub(crate) struct Recording {
    pub(crate) length: Duration,
    /// Every sample of the left channel.
    pub(crate) caller: Vec<i16>,
    /// … and of the right one.
    pub(crate) agent: Vec<i16>,
    loudest: [u16; 2],
}

impl std::fmt::Debug for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { length, loudest, .. } = self;
        f.debug_struct("Recording").field("length", length).field("loudest", loudest).finish()
    }
}

impl Recording {
    /// Of a gateway that is no longer there to be asked.
    pub(crate) fn only_one(folder: &Path) -> Self {
        let mut files = std::fs::read_dir(folder).unwrap();
        Self::open(&files.next().expect("a recording").unwrap().path())
    }

    fn open(file: &Path) -> Self {
        let mut wav = hound::WavReader::open(file).unwrap();
        let length =
            Duration::from_secs_f64(f64::from(wav.duration()) / f64::from(wav.spec().sample_rate));
        let (mut loudest, mut caller, mut agent) = ([0; 2], Vec::new(), Vec::new());
        for (nth, sample) in wav.samples::<i16>().enumerate() {
            let (side, sample): (&mut u16, i16) = (&mut loudest[nth % 2], sample.unwrap());
            *side = (*side).max(sample.unsigned_abs());
            if nth % 2 == 0 { &mut caller } else { &mut agent }.push(sample);
        }
        Self { length, caller, agent, loudest }
    }

    pub(crate) fn has_caller(&self) -> bool {
        self.loudest[0] > AUDIBLE
    }

    pub(crate) fn has_agent(&self) -> bool {
        self.loudest[1] > AUDIBLE
    }
}
