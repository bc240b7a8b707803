//! The recording of a call: a WAV file with the caller on the left and the agent on the right.
//!
//! Both are written in the same call, one frame each, so they cannot drift apart.
//!
//! **Never here:** opening files, deciding what is recorded.

use std::fmt;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};

use crate::audio::{FRAME, FRAME_TIME, Frame, RATE};

/// A process killed at any moment loses at most this much (one second).
const FRAMES_BETWEEN_FLUSHES: u64 = 50;

/// RIFF, fmt of 16 bytes, data: what stands before the sound (Microsoft, "Multimedia Programming Interface", 1991).
const HEADER: usize = 44;
/// Both sides, 16 bits.
const FRAME_BYTES: usize = FRAME * 2 * 2;

const SPEC: WavSpec = WavSpec {
    channels: 2,
    sample_rate: RATE,
    bits_per_sample: 16,
    sample_format: SampleFormat::Int,
};

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("recording stopped after {after:?}: {cause}")]
    Write { after: Duration, cause: hound::Error },
}

pub struct Recording<W: Write + Seek> {
    wav: WavWriter<W>,
    frames: u64,
}

impl<W: Write + Seek> Recording<W> {
    /// `file` should be buffered; it is flushed once a second.
    pub fn new(file: W) -> Result<Recording<W>, RecordingError> {
        let wav = WavWriter::new(file, SPEC)
            .map_err(|cause| RecordingError::Write { after: Duration::ZERO, cause })?;
        Ok(Recording { wav, frames: 0 })
    }

    /// Adds the 20 ms that were heard and the 20 ms that were said at the same time.
    pub fn push(&mut self, caller: &Frame, agent: &Frame) -> Result<(), RecordingError> {
        let mut writer = self.wav.get_i16_writer(2 * FRAME as u32);
        for (&left, &right) in caller.iter().zip(agent) {
            writer.write_sample(left);
            writer.write_sample(right);
        }
        let written = writer.flush();
        self.check(written)?;

        self.frames += 1;
        if !self.frames.is_multiple_of(FRAMES_BETWEEN_FLUSHES) {
            return Ok(());
        }
        self.flush()
    }

    /// All of it is in the file now.
    pub fn flush(&mut self) -> Result<(), RecordingError> {
        let flushed = self.wav.flush();
        self.check(flushed)
    }

    pub fn duration(&self) -> Duration {
        FRAME_TIME * u32::try_from(self.frames).unwrap_or(u32::MAX)
    }

    /// Completes the header; says how long the recording is.
    pub fn finish(self) -> Result<Duration, RecordingError> {
        let after = self.duration();
        self.wav.finalize().map_err(|cause| RecordingError::Write { after, cause })?;
        Ok(after)
    }

    fn check(&self, written: hound::Result<()>) -> Result<(), RecordingError> {
        written.map_err(|cause| RecordingError::Write { after: self.duration(), cause })
    }
}

/// Makes silence of that time in a recording that is flushed; nothing before or after it changes, nor the length.
/// `time` ends with the recording at the latest.
pub fn blank(file: &mut (impl Write + Seek), time: Range<Duration>) -> io::Result<()> {
    let frame = |time: Duration| (time.as_millis() / FRAME_TIME.as_millis()) as usize;
    let frames = frame(time.end).saturating_sub(frame(time.start));
    file.seek(SeekFrom::Start((HEADER + frame(time.start) * FRAME_BYTES) as u64))?;
    for _ in 0..frames {
        file.write_all(&[0; FRAME_BYTES])?;
    }
    file.flush()
}

impl<W: Write + Seek> fmt::Debug for Recording<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recording").field("duration", &self.duration()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Cursor;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn the_caller_is_left_the_agent_right_and_both_start_together() {
        let mut file = Cursor::new(Vec::new());
        let mut recording = Recording::new(&mut file).unwrap();

        recording.push(&[1; FRAME], &[-1; FRAME]).unwrap();
        recording.push(&[2; FRAME], &[-2; FRAME]).unwrap();
        let duration = recording.finish().unwrap();

        let samples = read(file.get_ref());
        assert_eq!(duration, Duration::from_millis(40));
        assert_eq!(samples.len(), 4 * FRAME);
        assert_eq!(samples[..4], [1, -1, 1, -1]);
        assert_eq!(samples[2 * FRAME..][..4], [2, -2, 2, -2]);
    }

    #[test]
    fn what_is_blanked_is_true_silence_and_nothing_else_changes() {
        let disk = Disk::default();
        let mut recording = Recording::new(disk.clone()).unwrap();
        (1..=9).for_each(|nth| recording.push(&[nth; FRAME], &[-nth; FRAME]).unwrap());
        recording.flush().unwrap();

        let end = disk.clone().stream_position().unwrap();
        blank(&mut disk.clone(), Duration::from_millis(60)..Duration::from_millis(120)).unwrap();
        disk.clone().seek(SeekFrom::Start(end)).unwrap();
        recording.push(&[10; FRAME], &[-10; FRAME]).unwrap();
        recording.finish().unwrap();

        let samples = read(disk.0.borrow().get_ref());
        let frames = samples.chunks(2 * FRAME);
        let levels: Vec<(i16, i16)> = frames
            .map(|frame| {
                assert!(frame.chunks(2).all(|pair| pair == [frame[0], frame[1]]));
                (frame[0], frame[1])
            })
            .collect();
        let expected = [1, 2, 3, 0, 0, 0, 7, 8, 9, 10].map(|level| (level, -level));
        assert_eq!(levels, expected);
    }

    #[test]
    fn a_killed_process_loses_at_most_a_second() {
        let disk = Disk::default();
        let mut recording = Recording::new(disk.clone()).unwrap();
        (0..125).for_each(|_| recording.push(&[1; FRAME], &[2; FRAME]).unwrap());

        let left_behind = disk.0.borrow().get_ref().clone();
        std::mem::forget(recording);

        let frames = read(&left_behind).len() / 2 / FRAME;
        assert!((75..=125).contains(&frames), "{frames} frames");
    }

    #[derive(Clone, Default)]
    struct Disk(Rc<RefCell<Cursor<Vec<u8>>>>);

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Disk {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.borrow_mut().seek(to)
        }
    }

    fn read(file: &[u8]) -> Vec<i16> {
        let wav = hound::WavReader::new(Cursor::new(file)).unwrap();
        assert_eq!(wav.spec(), SPEC);
        wav.into_samples().map(|sample| sample.unwrap()).collect()
    }
}
