//! Who phones: sipp, baresip, and the program's own simulated caller.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use job_core::trade::Language;
use media::audio::Frame;
use media::codec::g711::Law;
use media::speech::espeak::Espeak;
use media::speech::{
    Events, Expect, Go, Heard, Line, Recogniser, Spoken, Synthesiser, Tongue, Voice,
};
use media::turn::TurnId;
use media::vad::Vad;
use sip_gateway::net::speech;

use crate::gateway::{Gateway, gudok, terminate, until};

/// Whatever a peer does, it is over by then.
pub(crate) const CALL_WITHIN: Duration = Duration::from_secs(240);
/// The greeting is out by then.
const GREETING: Duration = Duration::from_secs(9);
const RATE: u32 = 8_000;
/// Half a minute.
const QUIET_AT_THE_END: usize = 30 * RATE as usize;
/// 400 ms of silence end a phrase.
const PAUSE_FRAMES: usize = 20;

/// A peer at work; dropped, it is gone.
pub(crate) struct Peer {
    name: String,
    program: Child,
    log: PathBuf,
}

impl Peer {
    fn start(name: &str, folder: &Path, command: &mut Command) -> Self {
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).unwrap();
        let program = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .current_dir(folder)
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}; deploy/packages test installs it"));
        Self { name: name.to_owned(), program, log }
    }

    pub(crate) fn finish(mut self) {
        let status = self.wait();
        assert!(
            status.success(),
            "{} ended with {status}:\n{}",
            self.name,
            std::fs::read_to_string(&self.log).unwrap_or_default()
        );
    }

    /// Asks it to end of itself, as a person closing the program does.
    pub(crate) fn close(self) {
        terminate(&self.program);
        self.finish();
    }

    /// However it ends: the gateway may have died.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        until(&self.name, CALL_WITHIN, || self.program.try_wait().unwrap())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// sipp with its own scenario for a caller: exit code 0 says that no call failed.
pub(crate) fn sipp<S: AsRef<OsStr>>(gateway: &Gateway, name: &str, arguments: &[S]) -> Peer {
    sipp_to(&gateway.keys.sip, &gateway.folder("peers"), name, arguments)
}

/// sipp that phones whoever listens at that address.
pub(crate) fn sipp_to<S: AsRef<OsStr>>(
    address: &str,
    folder: &Path,
    name: &str,
    arguments: &[S],
) -> Peer {
    let mut command = Command::new("sipp");
    command
        .arg(address)
        .args(["-s", "100", "-i", "127.0.0.1", "-nostdin"])
        .args(["-timeout", "90", "-timeout_error"])
        .args(arguments);
    Peer::start(name, folder, &mut command)
}

/// sipp with one of our scenarios, one call.
pub(crate) fn sipp_scenario(gateway: &Gateway, name: &str) -> Peer {
    let file = data(&format!("{name}.xml"));
    sipp(gateway, name, &["-m", "1", "-sf", file.to_str().unwrap()])
}

/// sipp that plays a recorded microphone to the end and never listens.
pub(crate) fn sipp_plays(gateway: &Gateway, microphone: &Path) -> Peer {
    let wav = hound::WavReader::open(microphone).unwrap();
    let samples: Vec<i16> = wav.into_samples().map(Result::unwrap).collect();
    let mut sound = Vec::new();
    Law::Mu.encode(&samples, &mut sound);
    std::fs::write(gateway.folder("peers").join("microphone.ulaw"), sound).unwrap();
    let file = data("plays.xml");
    let longest = CALL_WITHIN.as_secs().to_string();
    let arguments = ["-m", "1", "-timeout", &longest, "-sf", file.to_str().unwrap()];
    sipp(gateway, "plays", &arguments)
}

/// The simulated caller as a process of its own.
pub(crate) fn caller(gateway: &Gateway, number: &str, scenario: &Path) -> Peer {
    let name = scenario.file_stem().unwrap().to_str().unwrap();
    let folder = gateway.folder("peers");
    let mut command = gudok();
    command
        .args(["call", "--to", &gateway.address(number)])
        .arg("--scenario")
        .arg(scenario)
        .arg("--out")
        .arg(folder.join(name));
    Peer::start(name, &folder, &mut command)
}

/// A softphone whose microphone hears a recorded question again and again.
pub(crate) fn baresip(gateway: &Gateway, question: &str) -> Peer {
    let microphone = gateway.folder("baresip").join("microphone.wav");
    record(question, &microphone);
    softphone(gateway, &Softphone { codec: "pcmu", encryption: "" }, &microphone)
}

/// How a softphone speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Softphone {
    /// As baresip's module is called, and its codec in the account.
    pub(crate) codec: &'static str,
    /// `srtp-mand`, or nothing.
    pub(crate) encryption: &'static str,
}

/// baresip with that microphone, until it is closed.
pub(crate) fn softphone(gateway: &Gateway, phone: &Softphone, microphone: &Path) -> Peer {
    phone.dials(&gateway.folder("baresip"), &gateway.address("100"), microphone)
}

/// As `baresip`, but through whoever listens at that address.
pub(crate) fn baresip_by(address: &str, gateway: &Gateway, question: &str) -> Peer {
    let folder = gateway.folder("baresip");
    let microphone = folder.join("microphone.wav");
    record(question, &microphone);
    let phone = Softphone { codec: "pcma", encryption: "" };
    phone.dials(&folder, &format!("sip:100@{address}"), &microphone)
}

impl Softphone {
    fn dials(&self, folder: &Path, number: &str, microphone: &Path) -> Peer {
        self.furnish(folder, "127.0.0.1:0", microphone);
        let mut command = Command::new("baresip");
        command.arg("-f").arg(folder).args(["-e", &format!("/dial {number}")]);
        Peer::start("baresip", folder, &mut command)
    }

    /// Writes down what baresip must know.
    fn furnish(&self, folder: &Path, listen: &str, microphone: &Path) {
        let modules = ["account", "aufile", "g711", "g722", "opus", "srtp", "sndfile", "menu"];
        let mut config = String::from("module_path /usr/lib/baresip/modules\n");
        config.extend(modules.map(|module| format!("module {module}.so\n")));
        config += &format!(
            "sip_listen {listen}\naudio_srate 8000\naudio_channels 1\n\
             audio_source aufile,{}\naudio_player aufile,{}\nsnd_path {}\n",
            microphone.display(),
            folder.join("earpiece.wav").display(),
            folder.display()
        );
        std::fs::write(folder.join("config"), config).unwrap();
        let Softphone { codec, encryption } = self;
        let encrypted = match *encryption {
            "" => String::new(),
            way => format!(";mediaenc={way}"),
        };
        let account = format!("<sip:test@127.0.0.1>;regint=0;audio_codecs={codec}{encrypted}\n");
        std::fs::write(folder.join("accounts"), account).unwrap();
    }
}

/// A telephone for the gateway to phone: sipp with that scenario, which says those words once it has
/// picked up. And where it is.
pub(crate) fn telephone(scenario: &str, words: &str) -> (Peer, String) {
    let quiet = vec![0; RATE as usize / 2];
    telephone_sounding(
        scenario,
        &[quiet, synthesise(words), vec![0; 4 * QUIET_AT_THE_END]].concat(),
    )
}

/// A person who says a word, and something else so many seconds later.
pub(crate) fn person(word: &str, later: u32, more: &str) -> (Peer, String) {
    let quiet = |seconds: u32| vec![0; (seconds * RATE) as usize];
    let sounds = [quiet(1), synthesise(word), quiet(later), synthesise(more), quiet(60)].concat();
    telephone_sounding("picks-up", &sounds)
}

/// … whose owner makes these sounds.
pub(crate) fn telephone_sounding(scenario: &str, samples: &[i16]) -> (Peer, String) {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = std::env::temp_dir().join(format!("gudok-telephone-{port}"));
    std::fs::create_dir_all(&folder).unwrap();
    let mut sound = Vec::new();
    Law::Mu.encode(samples, &mut sound);
    std::fs::write(folder.join("says.ulaw"), sound).unwrap();
    let file = data(&format!("{scenario}.xml"));
    let mut command = Command::new("sipp");
    command.arg("-sf").arg(file).args(["-i", "127.0.0.1", "-p", &port.to_string(), "-m", "1"]);
    command.args(["-nostdin", "-timeout", "150", "-timeout_error"]);
    (Peer::start(scenario, &folder, &mut command), format!("127.0.0.1:{port}"))
}

/// linphone that picks up, says a word and keeps what it hears, until there is `enough`. And where it is.
pub(crate) fn waiting_linphone(folder: &Path) -> (Peer, String) {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    says_hello(folder);
    let mut command = Command::new("sh");
    command.arg(data("waiting-linphone.sh")).arg(folder).arg(port.to_string());
    (Peer::start("linphone", folder, &mut command), format!("127.0.0.1:{port}"))
}

fn says_hello(folder: &Path) -> PathBuf {
    let microphone = folder.join("microphone.wav");
    let word = synthesise("алло");
    write(&microphone, word.into_iter().chain(std::iter::repeat_n(0, 4 * QUIET_AT_THE_END)));
    microphone
}

/// baresip that picks up whoever of the demo's people is phoned, says a word and waits. And where it is.
pub(crate) fn waiting_softphone(folder: &Path) -> (Peer, String) {
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let microphone = says_hello(folder);
    Softphone { codec: "pcma", encryption: "" }.furnish(folder, &address, &microphone);
    let numbers = (1..20).chain(101..120).map(|nth| {
        format!("<sip:+70000000{nth:03}@127.0.0.1>;regint=0;audio_codecs=pcma;answermode=auto\n")
    });
    std::fs::write(folder.join("accounts"), numbers.collect::<String>()).unwrap();
    let mut command = Command::new("baresip");
    command.arg("-f").arg(folder);
    (Peer::start("baresip", folder, &mut command), address)
}

/// linphone as `linphone.sh` has it; what it printed.
pub(crate) fn linphone(gateway: &Gateway) -> String {
    let folder = gateway.folder("linphone");
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = Command::new("sh");
    command.arg(data("linphone.sh")).arg(&folder).arg(port.to_string());
    let output = command.arg(gateway.address("100")).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    told
}

/// A softphone behind a router that hides it asks a question. What it heard, and the gateway's data.
pub(crate) fn natted(question: &str) -> (Vec<i16>, PathBuf) {
    let data_folder = std::env::temp_dir().join(format!("gudok-natted-{}", std::process::id()));
    let phone = data_folder.join("phone");
    std::fs::create_dir_all(&phone).unwrap();
    let microphone = phone.join("microphone.wav");
    record(question, &microphone);
    Softphone { codec: "pcma", encryption: "" }.furnish(&phone, "192.168.50.2:5060", &microphone);
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "--mount", "sh"]).arg(data("natted.sh"));
    command.arg(gudok().get_program()).args([&data_folder, &phone]);
    command.env("GUDOK_SIP__GUESTS", "203.0.113.0/24");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (heard_in(&phone), data_folder)
}

/// What the softphone's owner has heard.
pub(crate) fn earpiece(gateway: &Gateway) -> Vec<i16> {
    heard_in(&gateway.folder("baresip"))
}

pub(crate) fn heard_in(folder: &Path) -> Vec<i16> {
    let is_heard = |file: &PathBuf| file.to_string_lossy().ends_with("-dec.wav");
    let mut files = std::fs::read_dir(folder).unwrap();
    let file = files.find_map(|file| Some(file.unwrap().path()).filter(is_heard)).unwrap();
    let wav = hound::WavReader::open(file).unwrap();
    let every = (wav.spec().sample_rate / RATE) as usize;
    // linphone announces more than it writes.
    wav.into_samples().map_while(Result::ok).step_by(every).collect()
}

/// The words of a whole call to booking, each where the agent leaves room for it: a microphone for
/// peers that cannot listen. Taken from a call of the simulated caller.
pub(crate) fn rehearsed(name: &str) -> PathBuf {
    let gateway = Gateway::start(&format!("{name}-rehearsal"));
    caller(&gateway, "100", &data("browser-ru.toml")).finish();
    let call = gateway.call_of("caller");
    assert_eq!(call.reason(), "completed", "{}", gateway.page(&call).told());

    let file = std::env::temp_dir().join(format!("gudok-{name}-{}.wav", std::process::id()));
    // A softphone whose microphone ends hangs up, and a farewell may be longer than the rehearsed one.
    let quiet = std::iter::repeat_n(0, QUIET_AT_THE_END);
    write(&file, gateway.recording(&call).caller.into_iter().chain(quiet));
    gateway.stop();
    file
}

/// What the Russian recogniser makes of the agent's voice, pause by pause.
pub(crate) fn recognised(sound: &[i16]) -> String {
    let cache = std::env::temp_dir().join("gudok-caller");
    let recogniser = speech::caller_recogniser(&cache, Language::Ru).unwrap();
    let (sender, heard) = mpsc::channel();
    let events: Events = Arc::new(move |_, it| drop(sender.send(it)));
    let mut ear = recogniser.open(events).unwrap();
    let (mut vad, mut turn, mut words) = (Vad::new(), TurnId::first(), Vec::new());
    let frames: Vec<(bool, &Frame)> =
        sound.as_chunks().0.iter().map(|frame| (vad.hear(frame).voiced, frame)).collect();
    for phrase in phrases(&frames) {
        ear.begin(turn, Expect::Anything).unwrap();
        for (_, frame) in phrase {
            until("the recogniser", CALL_WITHIN, || ear.hear(frame).ok());
        }
        ear.end(turn).unwrap();
        turn = turn.next();
        words.push(final_words(&heard));
    }
    words.join(" ")
}

/// Frames between pauses, a little of the pause on either side.
fn phrases<'a, 'b>(frames: &'a [(bool, &'b Frame)]) -> Vec<&'a [(bool, &'b Frame)]> {
    let (mut all, mut from, mut silent) = (Vec::new(), None, 0);
    for (nth, (voiced, _)) in frames.iter().enumerate() {
        silent = if *voiced { 0 } else { silent + 1 };
        if *voiced && from.is_none() {
            from = Some(nth.saturating_sub(PAUSE_FRAMES / 2));
        }
        if let Some(began) = from.take_if(|_| silent == PAUSE_FRAMES) {
            all.push(&frames[began..nth]);
        }
    }
    all.extend(from.map(|began| &frames[began..]));
    all
}

fn final_words(heard: &mpsc::Receiver<Heard>) -> String {
    loop {
        match heard.recv_timeout(CALL_WITHIN).unwrap() {
            Heard::Final(words) => return words.text,
            Heard::Partial(_) => {}
            Heard::Failed(error) => panic!("{error}"),
        }
    }
}

/// Silence while the greeting is heard, then the words; twice.
fn record(words: &str, file: &Path) {
    let said = synthesise(words);
    let silence = vec![0; (GREETING.as_secs() as u32 * RATE) as usize];
    let heard = [&silence, &said, &silence, &said, &silence].into_iter().flatten();
    write(file, heard.copied());
}

fn write(file: &Path, samples: impl Iterator<Item = i16>) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(file, spec).unwrap();
    for sample in samples {
        wav.write_sample(sample).unwrap();
    }
    wav.finalize().unwrap();
}

pub(crate) fn synthesise(words: &str) -> Vec<i16> {
    let (sender, spoken) = mpsc::channel();
    let line = Line {
        turn: TurnId::first(),
        text: words.to_owned(),
        voice: Voice::plain(Tongue::Ru, "ru+f5"),
    };
    let sink = Box::new(move |it| match sender.send(it) {
        Ok(()) => Go::On,
        Err(_) => Go::Stop,
    });
    Espeak::new(1).unwrap().speak(line, sink);

    let mut samples = Vec::new();
    for it in spoken {
        match it {
            Spoken::Samples(piece) => samples.extend_from_slice(&piece),
            Spoken::Done => break,
            Spoken::Failed(error) => panic!("{error}"),
        }
    }
    samples
}

/// A file of tests/peers.
pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

/// A caller who comes with the program.
pub(crate) fn demo_caller(name: &str) -> PathBuf {
    let callers = Path::new(env!("CARGO_MANIFEST_DIR")).join("callers");
    callers.join(name)
}
