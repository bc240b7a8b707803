//! Whole calls in real time, from the greeting to the goodbye, whose recogniser, voice or model is a service on this
//! machine that fails at any moment: nobody is left without a sound, and all of them book or are phoned back.
//!
//! What the caller says travels as sound through codec, jitter buffer and floor; for the recogniser every sentence is
//! one word of `code`, as long as that word takes, so that a frame too few makes it another.
//!
//! **Never here:** single turns and sentences (`chaos`, `voices`, `minds`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use call_tests::world::core::QuietDay;
use call_tests::world::{Quiet, Voices};
use dialog::conversation::{Answer, Conversation, Kind as Talks, Request, RequestId, Setup};
use dialog::llm::Thinker;
use dialog::pack::Pack;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use job_core::ids::ConversationId;
use job_core::trade::{Channel, Language};
use media::audio::{FRAME_TIME, Frame, SILENCE, level_dbfs};
use media::codec::Codec;
use media::speech::{
    Ear, Go, Heard, Line, Recogniser, Spoken, Synthesiser, Tongue, Voice as Named, Words,
};
use media::turn::TurnId;
use sip_gateway::call::end::End;
use sip_gateway::call::line::{Agreed, Origin};
use sip_gateway::call::note::Note;
use sip_gateway::call::{self, Call, Start, Talk};
use sip_gateway::caller::scenario::{Mind, Scenario};
use sip_gateway::caller::{self, Caller};
use sip_gateway::clock;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::code::{VOCABULARY, say};
use crate::voices::VOICE;

/// No call lasts longer.
const LONGEST: Duration = Duration::from_secs(240);
/// Softer frames are silence.
const VOICED_DBFS: f32 = -45.0;
const BEGAN: &str = "2026-11-20T12:00:00+02:00";
const CALLER: &str = include_str!("../../callers/demo-ru.toml");

/// What all calls share.
pub(crate) struct Stage {
    pub(crate) minds: Option<Arc<dyn Thinker>>,
    pack: Arc<Pack>,
    voices: Arc<Voices>,
    /// The agent's voice, going on.
    buzz: Arc<[i16]>,
    sentences: Sentences,
    scenario: Scenario,
}

/// What became of a call.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) end: End,
    pub(crate) jobs: usize,
    pub(crate) called_back: usize,
    /// The longest time that a caller who was owed a sound heard none.
    pub(crate) quiet: Duration,
    pub(crate) transcript: Vec<Note>,
}

impl Ending {
    pub(crate) fn is_served(&self) -> bool {
        self.jobs == 1 || self.called_back > 0 || self.end == End::HandedOver
    }

    pub(crate) fn told(&self, kind: &str) -> bool {
        let tells = |note: &Note| matches!(note, Note::Event { kind: it, .. } if *it == kind);
        self.transcript.iter().any(tells)
    }
}

/// The caller's sentences, each with a word of the code; the shortest has the shortest.
struct Sentences(Vec<String>);

impl Sentences {
    fn of(scenario: &Scenario) -> Self {
        let answers = scenario.answers.iter().flat_map(|answer| answer.say.clone());
        let mut all: Vec<String> = answers.collect();
        all.extend([scenario.opening.clone(), scenario.otherwise.clone()]);
        all.sort_by_key(|sentence| (sentence.chars().count(), sentence.clone()));
        all.dedup();
        assert!(all.len() <= VOCABULARY.len(), "{} sentences", all.len());
        Sentences(all)
    }

    fn sound(&self, sentence: &str) -> Vec<Frame> {
        self.0.iter().position(|it| it == sentence).map(say).unwrap_or_default()
    }

    /// A partial result knows the beginning of the sentence only.
    fn words(&self, heard: Words, partial: bool) -> Words {
        let known = |word: &str| VOCABULARY.iter().position(|it| *it == word);
        let all = heard.text.split_whitespace().filter_map(|word| self.0.get(known(word)?));
        let text = all.map(String::as_str).collect::<Vec<_>>().join(" ");
        let words = text.split_whitespace();
        let count = words.clone().count();
        let told = if partial { count.div_ceil(2) } else { count };
        let text = words.take(told).collect::<Vec<_>>().join(" ");
        Words { text, words: Vec::new(), confidence: heard.confidence }
    }
}

impl Stage {
    /// `opening`: what the caller says first, in place of the scenario's own.
    pub(crate) fn new(minds: Option<Arc<dyn Thinker>>, opening: Option<&str>) -> Arc<Self> {
        let mut scenario = Scenario::parse("caller", CALLER).unwrap();
        scenario.thinks_ms = 100;
        if let Some(opening) = opening {
            let problem = std::mem::replace(&mut scenario.opening, opening.to_owned());
            scenario.otherwise = problem;
        }
        let pack = Arc::new(Pack::built_in("home-repair", Language::Ru).unwrap());
        let sentences = Sentences::of(&scenario);
        let voices = Voices::new();
        let buzz = voices.agent.say(&"а".repeat(400)).into();
        Arc::new(Stage { minds, pack, voices, buzz, sentences, scenario })
    }

    fn conversation(&self) -> Conversation {
        let setup = Setup {
            id: ConversationId::new("c1"),
            kind: Talks::ClientRequest,
            channel: Channel::Phone,
            language: Language::Ru,
            phone: self.scenario.phone.clone(),
            zone: TimeZone::get("Europe/Kaliningrad").unwrap(),
        };
        Conversation::new(Arc::clone(&self.pack), setup).with_models(self.minds.is_some())
    }

    /// One call from the answer to its end, heard and spoken by those.
    pub(crate) async fn call(
        self: Arc<Self>,
        ears: Arc<dyn Recogniser>,
        mouth: Arc<dyn Synthesiser>,
    ) -> Ending {
        let began: (Instant, Timestamp) = (clock::now(), BEGAN.parse().unwrap());
        let mut show = Show::new(self, began, ears, mouth);
        let mut beat = tokio::time::interval(FRAME_TIME);
        show.tell_gateway(call::Input::Answered);
        while show.over.is_none() && show.now - began.0 < LONGEST {
            beat.tick().await;
            show.now += FRAME_TIME;
            show.step();
        }
        show.ending()
    }
}

/// What comes back from services.
enum News {
    Heard(TurnId, Heard),
    Spoken(TurnId, Spoken),
    Core(RequestId, Answer),
}

/// One call under way.
struct Show {
    stage: Arc<Stage>,
    now: Instant,
    began: (Instant, Timestamp),
    gateway: Call,
    caller: Caller,
    core: QuietDay,
    ears: Arc<dyn Recogniser>,
    ear: Option<Box<dyn Ear>>,
    mouth: Arc<dyn Synthesiser>,
    hushed: Arc<AtomicU32>,
    tell: mpsc::UnboundedSender<News>,
    news: mpsc::UnboundedReceiver<News>,
    /// The caller's next sentence, until its first sound is heard.
    coming: Option<Vec<Frame>>,
    /// What the recogniser has still to hear of it.
    code: VecDeque<Frame>,
    agent_said: String,
    quiet: Quiet,
    transcript: Vec<Note>,
    for_caller: VecDeque<(TurnId, String)>,
    over: Option<End>,
}

impl Show {
    fn new(
        stage: Arc<Stage>,
        began: (Instant, Timestamp),
        ears: Arc<dyn Recogniser>,
        mouth: Arc<dyn Synthesiser>,
    ) -> Self {
        let agreed = Agreed::usual(Codec::Pcma);
        let origin = |ssrc| Origin { ssrc, sequence: 65_000, timestamp: u32::MAX - 4_000 };
        let (tell, news) = mpsc::unbounded_channel();
        let gateway = Call::new(Start {
            agreed,
            origin: origin(0xA6E27),
            talk: Talk::Conversation(Box::new(stage.conversation())),
            at: began,
            longest: LONGEST,
            words_late: ears.lateness(),
            drafts: true,
            denoises: false,
            errand: None,
        });
        let mind = Mind::new(stage.scenario.clone());
        let mut show = Show {
            now: began.0,
            began,
            gateway,
            caller: Caller::new(began.0, agreed, origin(0xCA11), mind),
            core: QuietDay::new(stage.pack.prices.clone()),
            ears,
            ear: None,
            mouth,
            hushed: Arc::default(),
            tell,
            news,
            coming: None,
            code: VecDeque::new(),
            agent_said: String::new(),
            quiet: Quiet::default(),
            transcript: Vec::new(),
            for_caller: VecDeque::new(),
            over: None,
            stage,
        };
        show.open_ear();
        show
    }

    fn ending(self) -> Ending {
        Ending {
            end: self.over.unwrap_or(End::TimeLimit),
            jobs: self.core.booked.len(),
            called_back: self.core.called_back,
            quiet: self.quiet.longest(),
            transcript: self.transcript,
        }
    }

    fn open_ear(&mut self) {
        let tell = self.tell.clone();
        let events = Arc::new(move |turn, heard| drop(tell.send(News::Heard(turn, heard))));
        self.ear = self.ears.open(events).ok();
    }

    fn step(&mut self) {
        while let Ok(news) = self.news.try_recv() {
            match news {
                News::Heard(turn, heard) => {
                    let sentences = &self.stage.sentences;
                    let heard = match heard {
                        Heard::Partial(words) => Heard::Partial(sentences.words(words, true)),
                        Heard::Final(words) => Heard::Final(sentences.words(words, false)),
                        failed @ Heard::Failed(_) => failed,
                    };
                    self.tell_gateway(call::Input::Heard(turn, heard));
                }
                News::Spoken(line, spoken) => {
                    self.tell_gateway(call::Input::Spoken(line, spoken));
                }
                News::Core(id, answer) => self.tell_gateway(call::Input::Core(id, answer)),
            }
        }
        self.tell_gateway(call::Input::Tick);
        self.quiet.hear(self.gateway.frames(), self.gateway.is_saying());
        while let Some((turn, text)) = self.for_caller.pop_front() {
            let heard = Heard::Final(Words { text, words: Vec::new(), confidence: 0.95 });
            self.tell_caller(caller::Input::Heard(turn, heard));
        }
        self.tell_caller(caller::Input::Tick);
    }

    fn tell_gateway(&mut self, input: call::Input<'_>) {
        self.gateway.handle(self.now, input);
        while let Some(output) = self.gateway.poll() {
            self.carry_out(output);
        }
    }

    fn carry_out(&mut self, output: call::Output) {
        match output {
            call::Output::Packets => {
                let packets: Vec<Vec<u8>> = self.gateway.packets().iter().map(Vec::from).collect();
                for packet in packets {
                    self.tell_caller(caller::Input::Packet(&packet));
                }
            }
            call::Output::Listen { turn, expect, back } => {
                if let Some(ear) = &mut self.ear {
                    let _ = ear.begin(turn, expect);
                }
                back.iter().for_each(|frame| self.feed(frame));
            }
            call::Output::Hear(_) => self.feed(&self.gateway.for_ear().clone()),
            call::Output::Settle(turn) => {
                if let Some(ear) = &mut self.ear {
                    self.code.drain(..).for_each(|frame| drop(ear.hear(&frame)));
                    let _ = ear.end(turn);
                }
            }
            call::Output::Forget(turn) => {
                self.code.clear();
                if let Some(ear) = &mut self.ear {
                    ear.drop_turn(turn);
                }
            }
            call::Output::Reopen => self.open_ear(),
            call::Output::Speak { line, text, .. } => self.speak(line, text),
            call::Output::Hush(line) => self.hushed.store(line.0, Ordering::Relaxed),
            call::Output::Ask(id, request) => self.ask(id, request),
            call::Output::Note(note) => {
                if let Note::Agent { text, .. } = &note {
                    self.agent_said = format!("{} {text}", self.agent_said);
                }
                self.transcript.push(note);
            }
            call::Output::HangUp(end) => {
                self.hushed.store(u32::MAX, Ordering::Relaxed);
                self.over = self.over.or(Some(end));
            }
            call::Output::Report(_)
            | call::Output::HandOver
            | call::Output::Blank { .. }
            | call::Output::Join
            | call::Output::Across(_)
            | call::Output::Remember => {}
        }
    }

    /// The first sound of a sentence is the first frame of its word.
    fn feed(&mut self, frame: &Frame) {
        if level_dbfs(frame) > VOICED_DBFS {
            self.code.extend(self.coming.take().into_iter().flatten());
        }
        let coded = self.code.pop_front().unwrap_or(SILENCE);
        if let Some(ear) = &mut self.ear {
            let _ = ear.hear(&coded);
        }
    }

    /// The services' own sound would be no voice for the caller's ear: another of the same length is.
    fn speak(&self, line: TurnId, text: String) {
        let (tell, hushed) = (self.tell.clone(), Arc::clone(&self.hushed));
        let (buzz, mut at) = (Arc::clone(&self.stage.buzz), 0);
        let sink = move |spoken: Spoken| {
            if hushed.load(Ordering::Relaxed) >= line.0 {
                return Go::Stop;
            }
            let spoken = match spoken {
                Spoken::Samples(samples) => {
                    let from = at;
                    at += samples.len();
                    Spoken::Samples((from..at).map(|nth| buzz[nth % buzz.len()]).collect())
                }
                other => other,
            };
            if tell.send(News::Spoken(line, spoken)).is_ok() { Go::On } else { Go::Stop }
        };
        let voice = Named::plain(Tongue::Ru, VOICE);
        self.mouth.speak(Line { turn: line, text, voice }, Box::new(sink));
    }

    fn ask(&mut self, id: RequestId, request: Request) {
        let since = jiff::SignedDuration::try_from(self.now - self.began.0).unwrap();
        let (tell, minds) = (self.tell.clone(), self.stage.minds.clone());
        if let (Request::Think(thought), Some(minds)) = (&request, minds) {
            let thought = thought.clone();
            Handle::current().spawn(async move {
                let proposal = minds.think(&thought).await.ok();
                let _ = tell.send(News::Core(id, Answer::Thought(proposal)));
            });
            return;
        }
        let answer = self.core.answer(self.began.1 + since, request);
        let _ = tell.send(News::Core(id, answer));
    }

    fn tell_caller(&mut self, input: caller::Input<'_>) {
        self.caller.handle(self.now, input);
        while let Some(output) = self.caller.poll() {
            match output {
                caller::Output::Packets => {
                    let packets: Vec<Vec<u8>> =
                        self.caller.packets().iter().map(Vec::from).collect();
                    for packet in packets {
                        self.gateway.handle(self.now, call::Input::Packet(&packet));
                    }
                }
                caller::Output::Settle(turn) => {
                    let text = std::mem::take(&mut self.agent_said);
                    self.for_caller.push_back((turn, text));
                }
                caller::Output::Speak { line, text } => {
                    self.coming = Some(self.stage.sentences.sound(&text));
                    let sound = self.stage.voices.caller.say(&text).into();
                    self.caller
                        .handle(self.now, caller::Input::Spoken(line, Spoken::Samples(sound)));
                    self.caller.handle(self.now, caller::Input::Spoken(line, Spoken::Done));
                }
                caller::Output::HangUp
                | caller::Output::Report(_)
                | caller::Output::Listen { .. }
                | caller::Output::Hear(_)
                | caller::Output::Forget(_)
                | caller::Output::Event(_) => {}
            }
        }
    }
}
