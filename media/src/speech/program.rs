//! A speech program beside this process: text goes in through its standard input, never through
//! its arguments, what it says comes back, and one that hangs is killed.
//!
//! **Never here:** which program, what its output means, a shell.

use std::io::{ErrorKind, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use super::SpeechError;

/// Text longer than this could fill the pipe while nobody reads the answer.
pub(super) const TEXT_MAX: usize = 32 * 1024;
const READ: usize = 4096;

/// How a program is called in errors, and where it comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) name: &'static str,
    pub(super) package: &'static str,
}

/// A running program; killed where it is dropped before its end.
#[derive(Debug)]
pub(super) struct Program {
    child: Child,
    origin: Origin,
}

impl Program {
    /// Starts it and gives it the whole text, at most [`TEXT_MAX`] bytes.
    pub(super) fn start(
        origin: Origin,
        arguments: &[&str],
        text: &str,
    ) -> Result<(Program, ChildStdout), SpeechError> {
        let mut program = Program::spawn(origin, arguments)?;
        if text.len() > TEXT_MAX {
            return Err(program.fact(format!("{} bytes are too much at once", text.len())));
        }
        let mut stdin = program.child.stdin.take().expect("stdin is piped");
        match stdin.write_all(text.as_bytes()) {
            // A program that is gone already is noticed where its answer is read.
            Err(e) if e.kind() != ErrorKind::BrokenPipe => return Err(program.fact(e.to_string())),
            Ok(()) | Err(_) => {}
        }
        drop(stdin);
        let stdout = program.child.stdout.take().expect("stdout is piped");
        Ok((program, stdout))
    }

    fn spawn(origin: Origin, arguments: &[&str]) -> Result<Program, SpeechError> {
        let child = Command::new(origin.name)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        match child {
            Ok(child) => Ok(Program { child, origin }),
            Err(e) if e.kind() == ErrorKind::NotFound => {
                Err(SpeechError::package(origin.name, origin.package))
            }
            Err(e) => Err(SpeechError::Engine { engine: origin.name, fact: e.to_string() }),
        }
    }

    /// Waits for the end of a program whose output has ended.
    pub(super) fn finish(mut self) -> Result<(), SpeechError> {
        let status = self.child.wait().map_err(|e| self.fact(e.to_string()))?;
        if status.success() { Ok(()) } else { Err(self.fact(format!("ended with {status}"))) }
    }

    fn fact(&self, fact: String) -> SpeechError {
        SpeechError::Engine { engine: self.origin.name, fact }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only where it has ended and been waited for already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// All that a program says to a text of any length; killed after `patience` without a sign of life.
pub(super) fn ask(
    origin: Origin,
    arguments: &[&str],
    text: String,
    patience: Duration,
) -> Result<Vec<u8>, SpeechError> {
    let mut program = Program::spawn(origin, arguments)?;
    let stdout = program.child.stdout.take().expect("stdout is piped");
    let mut stdin = program.child.stdin.take().expect("stdin is piped");
    thread::spawn(move || stdin.write_all(text.as_bytes()));

    let heard = listen(stdout);
    let mut answer = Vec::new();
    loop {
        match heard.recv_timeout(patience) {
            Ok(bytes) => answer.extend(bytes),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                return Err(SpeechError::Silent { engine: origin.name, after: patience });
            }
        }
    }
    program.finish()?;
    Ok(answer)
}

fn listen(mut stdout: ChildStdout) -> Receiver<Vec<u8>> {
    let (say, heard) = mpsc::sync_channel(4);
    thread::spawn(move || {
        let mut room = [0; READ];
        while let Ok(n @ 1..) = stdout.read(&mut room) {
            if say.send(room[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    heard
}

/// Line ends would be pauses.
pub(super) fn one_paragraph(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ") + "\n"
}

/// A name from the configuration must not pass for an option or a path.
pub(super) fn must_be_name(origin: Origin, name: &str) -> Result<(), SpeechError> {
    let letters = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_');
    if !name.is_empty() && !name.starts_with('-') && name.chars().all(letters) {
        return Ok(());
    }
    Err(SpeechError::Engine { engine: origin.name, fact: format!("{name:?} is no voice") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_hangs_is_killed_and_named() {
        let sleep = Origin { name: "sleep", package: "coreutils" };
        let patience = Duration::from_millis(20);

        let answer = ask(sleep, &["60"], String::new(), patience);

        assert_eq!(answer, Err(SpeechError::Silent { engine: "sleep", after: patience }));
    }

    #[test]
    fn a_program_that_is_not_there_is_named_with_its_package() {
        let nobody = Origin { name: "no-such-program", package: "nowhere" };

        let said = ask(nobody, &[], String::new(), Duration::ZERO).unwrap_err().to_string();

        assert_eq!(said, "no-such-program is missing; apt-get install nowhere");
    }

    #[test]
    fn text_of_any_length_goes_in_while_the_answer_comes_out() {
        let cat = Origin { name: "cat", package: "coreutils" };
        let text = "слово ".repeat(100_000);

        let answer = ask(cat, &[], text.clone(), Duration::from_secs(20)).unwrap();

        assert!(answer == text.as_bytes());
    }

    #[test]
    fn what_looks_like_an_option_or_a_path_is_no_name() {
        let names = ["ru+f5", "en-us", "rms", "", "-w", "../x", "ru f5", "ru;ls"];

        let good = names.map(|name| must_be_name(ESPEAK, name).is_ok());

        assert_eq!(good, [true, true, true, false, false, false, false, false]);
    }

    const ESPEAK: Origin = Origin { name: "espeak-ng", package: "espeak-ng" };
}
