//! What a caller's own recording shows, sample for sample: how soon the agent answered, and how soon
//! it fell silent when the caller cut in.

use std::path::Path;

use media::audio::{FRAME, level_dbfs};

/// A frame louder than this is speech.
const LOUD_DBFS: f32 = -45.0;
/// The agent must have been speaking this many frames before, for it to be an interruption.
const SPOKE_BEFORE: usize = 15;
/// The caller must go on for this many frames: shorter sounds must not stop the agent.
const GOES_ON: usize = 15;
/// Silence of this many frames means that the agent has stopped.
const STOPPED: usize = 15;
/// Milliseconds of a frame.
const FRAME_MS: u64 = 20;

/// Milliseconds from each cut-in to the agent's last sound. Left is the agent, right the caller.
pub(super) fn yields(file: &Path) -> anyhow::Result<Vec<u64>> {
    let (agent, caller) = loudness(file)?;
    let mut found = Vec::new();
    let mut at = 1;
    while at + GOES_ON < caller.len() {
        if cuts_in(&agent, &caller, at) {
            let silent = silent_from(&agent, at);
            found.push((silent - at) as u64 * FRAME_MS);
            at = silent.max(at + GOES_ON);
        }
        at += 1;
    }
    Ok(found)
}

/// Milliseconds to the agent's first sound, and from each end of the caller's speech to the agent's
/// next sound.
pub(super) fn answers(file: &Path) -> anyhow::Result<(Option<u64>, Vec<u64>)> {
    let (agent, caller) = loudness(file)?;
    let first = agent.iter().position(|loud| *loud).map(|at| at as u64 * FRAME_MS);
    Ok((first, gaps(&agent, &caller)))
}

fn gaps(agent: &[bool], caller: &[bool]) -> Vec<u64> {
    let (mut found, mut owed) = (Vec::new(), None);
    for (at, (agent, caller)) in agent.iter().zip(caller).enumerate() {
        if *caller {
            owed = Some(at);
        } else if *agent && let Some(last) = owed.take() {
            found.push((at - last - 1) as u64 * FRAME_MS);
        }
    }
    found
}

fn cuts_in(agent: &[bool], caller: &[bool], at: usize) -> bool {
    let quiet_before = !caller[at.saturating_sub(SPOKE_BEFORE)..at].iter().any(|loud| *loud);
    let agent_spoke = at >= SPOKE_BEFORE && mostly(&agent[at - SPOKE_BEFORE..at + 3]);
    caller[at] && quiet_before && agent_spoke && mostly(&caller[at..at + GOES_ON])
}

/// Loud in two frames of three: speech has its own short silences.
fn mostly(frames: &[bool]) -> bool {
    frames.iter().filter(|loud| **loud).count() * 3 > frames.len() * 2
}

/// The first frame from `at` with which a long silence of the agent begins.
fn silent_from(agent: &[bool], at: usize) -> usize {
    let quiet = |from: usize| !agent[from..(from + STOPPED).min(agent.len())].contains(&true);
    (at..agent.len()).find(|from| quiet(*from)).unwrap_or(agent.len())
}

fn loudness(file: &Path) -> anyhow::Result<(Vec<bool>, Vec<bool>)> {
    let mut reader = hound::WavReader::open(file)?;
    let samples: Vec<i16> = reader.samples().collect::<Result<_, _>>()?;
    let side = |nth: usize| -> Vec<bool> {
        let samples: Vec<i16> = samples.iter().skip(nth).step_by(2).copied().collect();
        samples.chunks_exact(FRAME).map(|frame| level_dbfs(frame) > LOUD_DBFS).collect()
    };
    Ok((side(0), side(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_from_cutting_in_to_silence_is_read_from_both_sides() {
        let agent: Vec<bool> = (0..200).map(|frame| frame < 60).collect();
        let caller: Vec<bool> = (0..200).map(|frame| (50..100).contains(&frame)).collect();

        let cut: Vec<usize> = (1..150).filter(|at| cuts_in(&agent, &caller, *at)).collect();

        assert_eq!(cut, [50]);
        assert_eq!(silent_from(&agent, 50), 60);
    }

    #[test]
    fn a_gap_lasts_from_the_last_sound_to_the_answer() {
        let caller: Vec<bool> = (0..100).map(|frame| (10..20).contains(&frame)).collect();
        let agent: Vec<bool> = (0..100).map(|frame| !(5..45).contains(&frame)).collect();

        assert_eq!(gaps(&agent, &caller), [25 * FRAME_MS]);
    }
}
