//! Calls we place: a line is taken, somebody is phoned, and seated like everybody else once they are there.
//!
//! **Never here:** whom to phone and why (`outgoing`), who picked up.

use super::*;
use crate::call;
use crate::net::trunks::WayOut;

/// Whom we phone may let it ring for so long.
const RINGS_FOR: Duration = Duration::from_secs(40);

/// Somebody we phone.
pub(super) struct Calling {
    sockets: [UdpSocket; 2],
    local: sdp::Local,
    errand: Errand,
    pub(super) ended: Told,
}

/// Hears how a call of ours ended.
pub type Told = Arc<dyn Fn(Ended) + Send + Sync>;

impl Switchboard {
    /// Phones somebody; the error says why it cannot be tried.
    pub async fn phone(
        &self,
        leg: Leg,
        trunk: &str,
        errand: Errand,
        ended: Told,
    ) -> Result<(), String> {
        if self.closing.load(Ordering::Relaxed) {
            return Err("the house is about to close".into());
        }
        let way = self.parts.trunks.way_out(trunk).await?;
        let strained = |nth: usize| self.parts.beats[nth].strained();
        lock(&self.lines).take(leg, strained).map_err(|why| format!("no line: {why:?}"))?;
        let opened = self.parts.ports.open().map_err(|error| error.to_string());
        let sockets = opened.inspect_err(|_| self.let_go(leg))?;
        let port = sockets[0].local_addr().map(|local| local.port()).unwrap_or_default();
        let local = self.local(port);
        let sdp = sdp::offer(local.address, local.port);
        let to = match &errand.joins {
            Some((_, address)) => address.clone(),
            None => format!("sip:{}@{}", errand.number, way.domain),
        };
        lock(&self.calling).insert(leg, Calling { sockets, local, errand, ended });
        let WayOut { flow, us: from, credentials, .. } = way;
        self.parts.handset.order(Command::Call { leg, flow, to, from, sdp, credentials });
        let board = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(RINGS_FOR).await;
            if lock(&board.calling).contains_key(&leg) {
                board.parts.handset.order(Command::HangUp { leg });
            }
        });
        Ok(())
    }

    /// Whom we phoned is there.
    pub(super) async fn picked_up(&self, leg: Leg, sdp: Vec<u8>) {
        let Some(Calling { sockets, local, errand, ended }) = lock(&self.calling).remove(&leg)
        else {
            return;
        };
        let session = match sdp::read_answer(&sdp) {
            Ok(session) => session,
            Err(error) => {
                tracing::warn!(%leg, %error, "no common sound with whom we phoned");
                self.parts.handset.order(Command::HangUp { leg });
                return ended(Ended::Answered(End::MediaLost));
            }
        };
        let number = Number {
            org: errand.org.clone(),
            pack: Some(PACKS[0].to_owned()),
            language: errand.language,
        };
        let caller = Caller { number: Some(errand.number.clone()), ..Caller::default() };
        let dialled = errand.number.clone();
        let waiting = Waiting { sockets, local, number, dialled, caller };
        self.join_telephone(leg, waiting, &session, Some((errand, ended))).await;
    }
}

/// Who phones, and what for.
pub(super) fn said(packs: &Packs, errand: &Errand) -> call::Errand {
    let begin = fixed(packs, errand.language, "errand_begin");
    let text = format!("{} {}", begin.text, errand.words);
    let speech = errand.speech.as_ref().unwrap_or(&errand.words);
    let speech = format!("{} {speech}", begin.speech);
    let reply = Reply { text, speech, awaiting: Awaiting::None };
    call::Errand { reply, joins: errand.joins.is_some() }
}
