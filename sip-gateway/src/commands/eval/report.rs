//! What a rehearsal came to, on the terminal and as one page.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use dialog::rehearsal::{Run, Score};

use super::Result;

pub(super) fn table(result: &Result) -> String {
    let Score { runs, scenarios, tries, .. } = result.score;
    let score = &result.score;
    let mut text = String::new();
    let _ = writeln!(text, "{}: {scenarios} callers, {runs} calls", title(result));
    let _ = writeln!(text, "  pass^1          {:.3}", score.pass_1);
    let _ = writeln!(text, "  pass^{tries}          {:.3}", score.pass_all);
    let _ = writeln!(text, "  slot accuracy   {:.3}", score.slot_accuracy);
    let _ = writeln!(text, "  turns per call  {:.1}", score.turns);
    if result.voice {
        let _ = writeln!(text, "  seconds a call  {:.1}", score.seconds);
    }
    rows(&mut text, "by manner", &score.personas);
    rows(&mut text, "by goal", &score.goals);
    for run in result.runs.iter().filter(|run| !run.passed()).take(SHOWN_MAX) {
        let _ =
            writeln!(text, "  failed: {} ({}): {}", run.scenario, run.seed, run.faults.join("; "));
    }
    text
}

/// Failures told on the terminal; the page holds all.
const SHOWN_MAX: usize = 20;

fn rows(text: &mut String, name: &str, table: &BTreeMap<String, (usize, usize)>) {
    let cells = table.iter().map(|(name, (good, all))| format!("{name} {good}/{all}"));
    let _ = writeln!(text, "  {name}: {}", cells.collect::<Vec<_>>().join(" · "));
}

fn title(result: &Result) -> String {
    let how = if result.voice { "by voice" } else { "in words" };
    let noise = match result.noise {
        0 => String::new(),
        rate => format!(", {rate} % of words wrong"),
    };
    format!("{:?}, {:?} split, {how}{noise}", result.language, result.split)
}

pub(super) fn difference(before: &[Result], now: &[Result]) -> String {
    let mut text = String::new();
    for result in now {
        let same = |it: &&Result| it.language == result.language && it.voice == result.voice;
        let Some(before) = before.iter().find(same) else { continue };
        let (lost, gained) = result.score.against(&before.score);
        let change = result.score.pass_1 - before.score.pass_1;
        let _ = writeln!(text, "since then, {}: pass^1 {change:+.3}", title(result));
        let _ = writeln!(text, "  lost: {}", named(&lost));
        let _ = writeln!(text, "  gained: {}", named(&gained));
    }
    text
}

fn named(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

const HEAD: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>gudok eval</title>\
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:auto;padding:1rem;\
color-scheme:light dark}details{border:1px solid #8886;border-radius:.5rem;margin:.4rem 0;\
padding:.4rem .8rem}summary{cursor:pointer}.bad summary{border-left:.4rem solid #c33;\
padding-left:.5rem}pre{white-space:pre-wrap;font:15px/1.5 ui-monospace,monospace}\
label{margin-right:1rem}table{border-collapse:collapse}td,th{padding:.2rem .8rem;text-align:left}\
</style>";

const FILTER: &str = "<script>const show=()=>{const f=document.querySelector('#find').value\
.toLowerCase(),bad=document.querySelector('#bad').checked;document.querySelectorAll('details')\
.forEach(d=>d.hidden=(bad&&!d.classList.contains('bad'))||!d.dataset.name.includes(f))};\
document.addEventListener('input',show);show()</script>";

/// One page, nothing beside it: the scores, then every conversation with what was wrong.
pub(super) fn page(results: &[Result]) -> String {
    let mut page = String::from(HEAD);
    page.push_str(
        "<h1>gudok eval</h1><p><label>Find <input id=\"find\" placeholder=\"tap, angry…\"></label>\
         <label><input type=\"checkbox\" id=\"bad\" checked> only failures</label></p>",
    );
    for result in results {
        let _ = write!(page, "<h2>{}</h2>", escaped(&title(result)));
        scores(&mut page, &result.score);
        result.runs.iter().for_each(|run| conversation(&mut page, run));
    }
    page.push_str(FILTER);
    page
}

fn scores(page: &mut String, score: &Score) {
    let _ = write!(
        page,
        "<p>{} callers, {} calls: pass^1 <b>{:.3}</b>, pass^{} <b>{:.3}</b>, slots {:.3}, \
         {:.1} turns a call</p><table><tr><th>manner</th><th>passed</th></tr>",
        score.scenarios,
        score.runs,
        score.pass_1,
        score.tries,
        score.pass_all,
        score.slot_accuracy,
        score.turns
    );
    for (name, (good, all)) in &score.personas {
        let _ = write!(page, "<tr><td>{}</td><td>{good} of {all}</td></tr>", escaped(name));
    }
    page.push_str("</table>");
}

fn conversation(page: &mut String, run: &Run) {
    let class = if run.passed() { "" } else { " class=\"bad\"" };
    let name = escaped(&run.scenario);
    let _ = write!(
        page,
        "<details{class} data-name=\"{name}\"><summary>{name}, try {} {}</summary><pre>",
        run.seed,
        escaped(&run.faults.join("; "))
    );
    for (who, said) in &run.transcript {
        let _ = writeln!(page, "{who:6} {}", escaped(said));
    }
    page.push_str("</pre></details>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_caller_says_is_never_markup() {
        assert_eq!(escaped("<b> & \"c\""), "&lt;b> &amp; &quot;c&quot;");
    }
}
