//! An answered call is given all it needs, its page, recogniser and conversation among it, and its seat.
//!
//! **Never here:** whether it is answered; its line.

use super::phoning::said;
use super::*;

impl Switchboard {
    /// Puts the call at its pacemaker: from here on it lives in frames of 20 ms.
    pub(super) async fn seat(&self, joining: Joining) -> anyhow::Result<()> {
        let Joining {
            leg,
            number,
            dialled,
            caller,
            wire,
            agreed,
            origin,
            hang_up,
            hand_over,
            errand,
        } = joining;
        let now = clock::wall();
        let id = ConversationId::new(self.parts.store.new_id(now));
        let page = self.parts.scribe.page(id.clone());
        let file = self.parts.recordings.join(format!("{id}.wav"));
        let caller_diverted = caller.diverted;
        let phone = caller.number.as_deref().and_then(job_core::phone::e164);
        let language = number.language;
        let rows = self.parts.store.org(&number.org);
        let settings = rows.settings().await?;
        let packs = self.packs(&number)?;

        let records = number.pack.is_some() || self.parts.load_line.recording;
        let record = Record {
            participant: phone.clone().or(caller.number),
            dialled: errand.is_none().then_some(dialled),
            recording: records.then(|| format!("{id}.wav")),
            test: settings.demo,
            ..Record::beginning(id.clone(), Channel::Phone, language, now)
        };
        page.begin(number.org.clone(), record);
        if let Some(detail) = caller_diverted {
            page.note(Note::Event { at: Duration::ZERO, kind: "diverted", detail });
        }
        if records {
            self.parts.studio.tape.begin(leg, file);
        }
        lock(&self.lines).talks(leg, number.org.clone(), id.clone());

        let beat = self.beat(leg).clone();
        let meter = meter(&page, &number.org, &self.parts.tariff);
        let (errand, told) = errand.unzip();
        let joins = errand.as_ref().and_then(|errand| errand.joins.clone());
        let joins = joins.map(|(leg, _)| Partner { leg, beat: self.beat(leg).clone() });
        let end = if joins.is_some() { "brief_end" } else { "errand_end" };
        let talks = errand.as_ref().is_none_or(|errand| errand.talks);
        let (ear, talk) = match &number.pack {
            _ if !talks => {
                let reply = fixed(&packs, language, end);
                (None, Talk::Notice { reply, language, end: End::Completed })
            }
            None => (None, self.prompt(&packs, language)),
            Some(_) => match self
                .parts
                .studio
                .recognisers
                .of(language)
                .open_metered(events(&beat, leg), Arc::clone(&meter))
            {
                Ok(ear) => {
                    let zone = settings.time_zone()?;
                    let setup = setup(id.clone(), language, phone, zone);
                    let conversation = self.conversation(&rows, packs.clone(), setup, now).await;
                    let conversation = conversation.with_person_near(hand_over.is_some());
                    let conversation = conversation.with_models(self.parts.thinker.is_some());
                    (Some(ear), Talk::Conversation(Box::new(conversation)))
                }
                Err(error) => (None, notice(&packs, language, &error)),
            },
        };
        let seat = Seat {
            leg,
            call: Call::new(Start {
                agreed,
                origin,
                talk,
                at: (clock::now(), now),
                longest: self.parts.longest,
                words_late: self.parts.studio.recognisers.of(language).lateness(),
                drafts: self.parts.drafts,
                denoises: self.parts.denoises,
                errand: errand.map(|errand| said(&packs, &errand)),
            }),
            wire,
            ear,
            language,
            studio: self.parts.studio.clone(),
            clerk: self.clerk(rows, packs, id),
            page,
            beat: beat.clone(),
            hang_up,
            hand_over,
            joins,
            partner: None,
            told,
            meter,
            began: clock::now(),
            org: number.org.clone(),
            tariff: Arc::clone(&self.parts.tariff),
            reel: Vec::new(),
            records,
            hushed: Arc::new(AtomicU32::new(0)),
            ended: None,
            deaf: None,
        };
        if lock(&self.lines).pacemaker(leg).is_some() {
            beat.send(Message::Sit(Box::new(seat)));
        } else {
            self.abandoned(&seat);
        }
        Ok(())
    }

    /// The caller hung up before the call was seated.
    fn abandoned(&self, seat: &Seat) {
        seat.page.end(End::CallerHungUp, seat.call.conversation());
        if let Some(told) = &seat.told {
            told(Ended::Answered(End::CallerHungUpOverAgent));
        }
        self.parts.studio.tape.end(seat.leg);
    }

    /// A new conversation, or the one that broke off when this number last phoned.
    async fn conversation(
        &self,
        rows: &OrgStore,
        packs: Packs,
        setup: Setup,
        now: Timestamp,
    ) -> Conversation {
        match broken_off(rows, &setup, now).await {
            Some(mut memory) => {
                memory.setup = setup;
                Conversation::resume(packs, memory)
            }
            None => Conversation::new(packs, setup),
        }
    }

    /// The load line's one sentence.
    fn prompt(&self, packs: &Packs, language: Language) -> Talk {
        let listens = self.parts.load_line.voice_activity;
        Talk::Prompt { reply: fixed(packs, language, "load_line"), language, listens }
    }

    fn clerk(&self, rows: OrgStore, packs: Packs, conversation: ConversationId) -> Clerk {
        let runtime = tokio::runtime::Handle::current();
        Clerk { rows, packs, conversation, parts: Arc::clone(&self.parts), runtime }
    }
}

/// Writes on the page what is used.
fn meter(page: &Page, org: &OrgId, tariff: &Arc<Tariff>) -> Meter {
    let (page, org, tariff) = (page.clone(), org.clone(), Arc::clone(tariff));
    Arc::new(move |service, share| page.used(&org, tariff.share(service, share)))
}

/// The memory of this number's last conversation, where it broke off a short while ago.
async fn broken_off(rows: &OrgStore, setup: &Setup, now: Timestamp) -> Option<Memory> {
    let phone = setup.phone.as_deref()?;
    let found = rows.resume_candidate(phone, now).await;
    let record = found.inspect_err(|error| tracing::error!(%error, "no resumption")).ok()??;
    serde_json::from_str(record.memory.as_deref()?).ok()
}

fn setup(id: ConversationId, language: Language, phone: Option<String>, zone: TimeZone) -> Setup {
    Setup { id, kind: Kind::ClientRequest, channel: Channel::Phone, language, phone, zone }
}

/// All recognisers are taken, or none works: the caller is told so and let go.
fn notice(packs: &Packs, language: Language, error: &SpeechError) -> Talk {
    tracing::warn!(%error, "a caller is sent away");
    Talk::Notice { reply: fixed(packs, language, "busy_lines"), language, end: End::Busy }
}
