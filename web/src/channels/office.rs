//! Somebody of the office in a written conversation: steps in, writes, hands back. What the client is
//! told of it leaves by the client's own channel.

use dialog::desk::DeskError;
use dialog::state::State;
use job_core::chat::Parcel;
use job_core::ids::ConversationId;
use job_core::store::{OrgStore, StoreError, TakeOverRefused};
use job_core::trade::Language;

use crate::House;
use crate::refusal::Refusal;

impl House {
    /// From now on only `who` answers there; the client is told that a person has come.
    pub(crate) async fn step_in(
        &self,
        rows: &OrgStore,
        id: &ConversationId,
        who: &str,
    ) -> Result<(), Refusal> {
        let now = (self.clock)();
        settled(rows.step_in(id, who, now).await)?;
        let words = self.written(rows, id, "person_here").await?;
        // Stepping in twice says it once.
        let taken = rows.events(id).await.map_err(Refusal::trouble)?;
        let times = taken.iter().filter(|it| it.kind == "taken_over").count();
        self.tell(rows, id, words, &format!("here:{times}")).await
    }

    pub(crate) async fn operator_writes(
        &self,
        rows: &OrgStore,
        id: &ConversationId,
        (who, text): (&str, &str),
        key: &str,
    ) -> Result<(), Refusal> {
        let now = (self.clock)();
        settled(rows.operator_says(id, (who, text), key, now).await)?;
        self.ring(id);
        Ok(())
    }

    /// The agent answers again, and puts the open question.
    pub(crate) async fn hand_back(
        &self,
        rows: &OrgStore,
        id: &ConversationId,
        who: &str,
    ) -> Result<(), Refusal> {
        let now = (self.clock)();
        settled(rows.hand_back(id, who, now).await)?;
        let desk = self.desk(rows.id());
        let answered = desk.take_up_after_person(id, now).await.map_err(desk_refusal)?;
        let parcel = Parcel {
            text: answered.reply,
            choices: answered.choices,
            wants_phone: answered.wants_phone,
            ..Parcel::default()
        };
        self.tell(rows, id, parcel, &format!("back:{}", now.as_millisecond())).await
    }

    async fn written(
        &self,
        rows: &OrgStore,
        id: &ConversationId,
        name: &str,
    ) -> Result<Parcel, Refusal> {
        let record = rows.conversation(id).await.map_err(Refusal::trouble)?;
        let state = record.as_ref().and_then(|it| it.state.as_deref());
        let state = state.and_then(|it| serde_json::from_str::<State>(it).ok());
        let own = record.map_or(Language::default(), |it| it.language);
        let language = state.map_or(own, |state| state.language);
        let words = self.packs.get(language).and_then(|pack| pack.written(name));
        Ok(Parcel { text: words.unwrap_or_default().to_owned(), ..Parcel::default() })
    }

    async fn tell(
        &self,
        rows: &OrgStore,
        id: &ConversationId,
        parcel: Parcel,
        key: &str,
    ) -> Result<(), Refusal> {
        let line = rows.line_of(id).await.map_err(Refusal::trouble)?;
        if let Some(line) = line.filter(|_| !parcel.text.is_empty()) {
            let key = format!("office:{id}:{key}");
            let now = (self.clock)();
            rows.say_in_chat(&line, &parcel, &key, now).await.map_err(Refusal::trouble)?;
        }
        self.ring(id);
        Ok(())
    }
}

fn settled(done: Result<Result<(), TakeOverRefused>, StoreError>) -> Result<(), Refusal> {
    done.map_err(Refusal::trouble)?.map_err(Refusal::TakeOver)
}

fn desk_refusal(error: DeskError) -> Refusal {
    crate::api::refuse(error)
}
