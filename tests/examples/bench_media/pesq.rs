//! PESQ (ITU-T P.862, mapped as P.862.1 says) by its Python package, where that is installed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};

/// Reads a reference and then each sound as raw 16-bit samples of 8 kHz; a score a line.
const PROGRAM: &str = "
import sys, numpy
from pesq import pesq
read = lambda name: numpy.fromfile(name, dtype='<i2')
sent = read(sys.argv[1])
for name in sys.stdin.read().split():
    print(pesq(8000, sent, read(name), 'nb'))
";

pub(crate) fn is_missing() -> bool {
    let asked =
        Command::new("python3").args(["-c", "import numpy, pesq"]).stderr(Stdio::null()).status();
    !asked.is_ok_and(|status| status.success())
}

/// How much like `sent` each of those sounds; nothing without the package.
pub(crate) fn scores(sent: &[i16], heard: &[Vec<i16>]) -> anyhow::Result<Option<Vec<f64>>> {
    if is_missing() {
        return Ok(None);
    }
    let folder = std::env::temp_dir().join(format!("gudok-pesq-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let reference = folder.join("sent");
    write(&reference, sent)?;
    let mut names = Vec::new();
    for (nth, sound) in heard.iter().enumerate() {
        let file = folder.join(nth.to_string());
        write(&file, sound)?;
        names.push(file.display().to_string());
    }
    let scores = run(&reference, &names.join("\n"));
    std::fs::remove_dir_all(&folder)?;
    Ok(Some(scores?))
}

fn run(reference: &Path, names: &str) -> anyhow::Result<Vec<f64>> {
    let mut program = Command::new("python3")
        .args(["-c", PROGRAM])
        .arg(reference)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    program.stdin.take().context("no way in")?.write_all(names.as_bytes())?;
    let output = program.wait_with_output()?;
    ensure!(output.status.success(), "pesq ended with {}", output.status);
    let lines = String::from_utf8(output.stdout)?;
    lines.lines().map(|line| Ok(line.parse()?)).collect()
}

fn write(file: &Path, samples: &[i16]) -> std::io::Result<()> {
    std::fs::write(file, samples.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<u8>>())
}
