//! Who phones: sipp, baresip, and the program's own simulated caller.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use media::speech::espeak::Espeak;
use media::speech::{Go, Line, Spoken, Synthesiser, Tongue, Voice};
use media::turn::TurnId;

use crate::gateway::{Gateway, gudok, until};

/// Whatever a peer does, it is over by then.
const CALL_WITHIN: Duration = Duration::from_secs(170);
/// The greeting is out by then.
const GREETING: Duration = Duration::from_secs(9);
const RATE: u32 = 8_000;

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
    let mut command = Command::new("sipp");
    command
        .arg(&gateway.keys.sip)
        .args(["-s", "100", "-i", "127.0.0.1", "-nostdin"])
        .args(["-timeout", "90", "-timeout_error"])
        .args(arguments);
    Peer::start(name, &gateway.folder("peers"), &mut command)
}

/// sipp with one of our scenarios, one call.
pub(crate) fn sipp_scenario(gateway: &Gateway, name: &str) -> Peer {
    let file = data(&format!("{name}.xml"));
    sipp(gateway, name, &["-m", "1", "-sf", file.to_str().unwrap()])
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

/// A softphone whose microphone hears a recorded question again and again; it hangs up after
/// `seconds`.
pub(crate) fn baresip(gateway: &Gateway, question: &str, seconds: u32) -> Peer {
    let folder = gateway.folder("baresip");
    let microphone = folder.join("microphone.wav");
    record(question, &microphone);
    let config = format!(
        "module_path /usr/lib/baresip/modules\n\
         module account.so\nmodule aufile.so\nmodule g711.so\nmodule menu.so\n\
         sip_listen 127.0.0.1:0\naudio_srate 8000\naudio_channels 1\n\
         audio_source aufile,{}\naudio_player aufile,{}\n",
        microphone.display(),
        folder.join("earpiece.wav").display()
    );
    std::fs::write(folder.join("config"), config).unwrap();
    std::fs::write(folder.join("accounts"), "<sip:test@127.0.0.1>;regint=0\n").unwrap();
    let mut command = Command::new("baresip");
    command
        .arg("-f")
        .arg(&folder)
        .args(["-e", &format!("/dial {}", gateway.address("100"))])
        .args(["-t", &seconds.to_string()]);
    Peer::start("baresip", &folder, &mut command)
}

/// Silence while the greeting is heard, then the words; twice.
fn record(words: &str, file: &Path) {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let said = synthesise(words);
    let silence = vec![0; (GREETING.as_secs() as u32 * RATE) as usize];
    let mut wav = hound::WavWriter::create(file, spec).unwrap();
    for sample in [&silence, &said, &silence, &said, &silence].into_iter().flatten() {
        wav.write_sample(*sample).unwrap();
    }
    wav.finalize().unwrap();
}

fn synthesise(words: &str) -> Vec<i16> {
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
