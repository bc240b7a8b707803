//! A booking: one transaction that turns a hold into a job with its file, messages and history.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Tx, values, word};
use super::outbox::Draft;
use super::slots::district;
use super::{ATTEMPTS, OrgStore, StoreError, json as json_text};
use crate::assign::{Assignment, Rule};
use crate::board::{Asked, Own};
use crate::ids::{ConversationId, HoldId, JobId, MasterId, base32};
use crate::job::JobStatus;
use crate::job_file::{AssignedMaster, Decided, JobFile};
use crate::order::{Booked, Order, Refused};
use crate::price::{PriceList, quote};
use crate::settings::Settings;
use crate::slot::{Offer, Work};

/// A hold that has been claimed by the booking's transaction.
struct Claim {
    offer: Offer,
    master: AssignedMaster,
}

impl OrgStore {
    /// Books what the conversation holds. The same conversation booking twice gets the same job.
    /// The core prices the work by itself, from `list` and what the slot decides.
    ///
    /// `random`: 64 bits nobody can guess, for door code and tracking link.
    pub async fn book(
        &self,
        order: &Order,
        list: &PriceList,
        now: Timestamp,
        random: u64,
    ) -> Result<Result<Booked, Refused>, StoreError> {
        let settings = self.settings().await?;
        let work = work_of(order, &settings);
        let own = Own { conversation: Some(&order.conversation), job: None };
        let why = self.explained(&work, &order.offer, (own, &[]), &settings, now).await?;
        for _ in 1..ATTEMPTS {
            match self.book_once(order, list, &settings, &why, now, random).await {
                Err(error) if error.is_passing() => {}
                Ok(None) => {}
                Ok(Some(done)) => return Ok(done),
                Err(error) => return Err(error),
            }
        }
        let last = self.book_once(order, list, &settings, &why, now, random).await?;

        Ok(last.unwrap_or(Err(Refused::Taken(order.offer.start))))
    }

    /// `None`: the same conversation is booking at this moment; look again.
    async fn book_once(
        &self,
        order: &Order,
        list: &PriceList,
        settings: &Settings,
        why: &Assignment,
        now: Timestamp,
        random: u64,
    ) -> Result<Option<Result<Booked, Refused>>, StoreError> {
        let mut tx = self.db.begin().await?;
        if let Some(booked) = self.booked_by(&mut tx, &order.conversation).await? {
            tx.roll_back().await?;
            return Ok(Some(Ok(booked)));
        }
        let Some(claim) = self.claim(&mut tx, order, now).await? else {
            // While this waited for the hold, the same conversation may have booked it.
            let meanwhile = self.booked_by(&mut tx, &order.conversation).await?;
            tx.roll_back().await?;
            return Ok(Some(meanwhile.ok_or_else(|| Refused::HoldExpired(order.hold.clone()))));
        };
        let zone = settings.time_zone()?;
        let facts = order.price.clone().in_slot(list, claim.offer.start, now, &zone);
        let decided = Decided {
            job: JobId::new(self.new_id(now)),
            number: self.next_number(&mut tx).await?,
            visit: claim.offer,
            master: claim.master,
            quote: quote(list, &facts),
            facts,
            door_code: format!("{:04}", (random >> 32) % 10_000),
            tracking: format!("/t/{}", base32(u128::from(random), 13)),
            assignment: why.clone(),
            booked: now,
        };
        let file = JobFile::new(order, decided, list, settings.rates);
        if !self.insert_job(&mut tx, order, settings, &file).await? {
            tx.roll_back().await?;
            return Ok(None);
        }
        self.hand_over(&mut tx, (&order.hold, &file.job), &file.visit.master_id).await?;
        self.write_file(&mut tx, &file).await?;
        self.write_history(
            &mut tx,
            &file.job,
            JobStatus::Booked,
            order.conversation.as_str(),
            "",
            now,
        )
        .await?;
        self.remember_client(&mut tx, order).await?;
        self.announce(&mut tx, settings, &file, now).await?;
        tx.commit().await?;
        tracing::info!(org = %self.org, job = %file.job, "job booked");

        Ok(Some(Ok(booked(&file))))
    }

    /// Who could have come, read before the transaction: it explains, it does not decide.
    pub(super) async fn explained(
        &self,
        work: &Work,
        offer: &Offer,
        (own, lost): (Own<'_>, &[(MasterId, Rule)]),
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Assignment, StoreError> {
        let asked = Asked { work, district: district(settings, work), own, lost, now };
        let start = offer.start;
        let mut why = self.on_board(settings, now, |board| board.assignment(&asked, start)).await?;
        why.chosen = Some(offer.master_id.clone());

        Ok(why)
    }

    async fn booked_by(
        &self,
        tx: &mut Tx,
        conversation: &ConversationId,
    ) -> Result<Option<Booked>, StoreError> {
        let row = tx
            .first(
                "SELECT f.file FROM jobs j JOIN job_files f ON f.job_id = j.id AND f.org_id = j.org_id \
                 WHERE j.org_id = $1 AND j.conversation_id = $2 AND j.status <> 'cancelled' \
                 ORDER BY f.version DESC LIMIT 1",
                values![&self.org, conversation],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(booked(&row.json("file")?)))
    }

    /// Locks the conversation's hold, if it still stands and is for the slot that was agreed.
    async fn claim(
        &self,
        tx: &mut Tx,
        order: &Order,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let row = tx
            .first(
                "UPDATE holds SET expires_ms = expires_ms WHERE org_id = $1 AND id = $2 \
                 AND conversation_id = $3 AND expires_ms > $4 AND master_id = $5 AND start_ms = $6 \
                 RETURNING start_ms, end_ms, \
                 (SELECT m.name FROM masters m WHERE m.id = holds.master_id) AS name, \
                 (SELECT m.phone FROM masters m WHERE m.id = holds.master_id) AS phone",
                values![
                    &self.org,
                    &order.hold,
                    &order.conversation,
                    now,
                    &order.offer.master_id,
                    order.offer.start,
                ],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some(Claim {
            offer: Offer {
                start: row.time("start_ms")?,
                end: row.time("end_ms")?,
                master_id: order.offer.master_id.clone(),
            },
            master: AssignedMaster { name: row.text("name")?, phone: row.text("phone")? },
        }))
    }

    async fn next_number(&self, tx: &mut Tx) -> Result<String, StoreError> {
        let row = tx
            .first(
                "UPDATE organisations SET next_number = next_number + 1 WHERE id = $1 \
                 RETURNING next_number",
                values![&self.org],
            )
            .await?;

        Ok(row
            .ok_or_else(|| StoreError::UnknownOrg(self.org.clone()))?
            .int("next_number")?
            .to_string())
    }

    /// `false`: the conversation has a job already.
    async fn insert_job(
        &self,
        tx: &mut Tx,
        order: &Order,
        settings: &Settings,
        file: &JobFile,
    ) -> Result<bool, StoreError> {
        let work = work_of(order, settings);
        let made = tx
            .execute(
                "INSERT INTO jobs (id, org_id, number, status, conversation_id, category, urgency, \
                 diagnosis, client_name, client_phone, address, city, street, district, master_id, \
                 start_ms, end_ms, minutes, total, tracking, door_code, booked_ms, diagnosis_code, \
                 told_most, touched) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
                 $18, $19, $20, $21, $22, $23, $24, 0) ON CONFLICT DO NOTHING",
                values![
                    &file.job,
                    &self.org,
                    &file.number,
                    JobStatus::Booked.as_str(),
                    &order.conversation,
                    word(work.category),
                    word(file.urgency),
                    &file.diagnosis,
                    &file.client.name,
                    &file.client.phone,
                    json_text(&file.address),
                    &work.city,
                    work.street.clone(),
                    district(settings, &work),
                    &file.visit.master_id,
                    file.visit.start,
                    file.visit.end,
                    work.minutes,
                    file.quote.total,
                    file.tracking.trim_start_matches("/t/"),
                    &file.door_code,
                    file.booked,
                    &file.diagnosis_code,
                    file.quote.max,
                ],
            )
            .await?;

        Ok(made == 1)
    }

    /// The cells of the hold become the job's.
    async fn hand_over(
        &self,
        tx: &mut Tx,
        (hold, job): (&HoldId, &JobId),
        master: &MasterId,
    ) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE occupied SET hold_id = NULL, job_id = $3 WHERE org_id = $1 AND hold_id = $2",
            values![&self.org, hold, job],
        )
        .await?;
        tx.execute("DELETE FROM holds WHERE org_id = $1 AND id = $2", values![&self.org, hold])
            .await?;
        self.promises_changed(tx, master).await
    }

    /// The next version of a job's file.
    pub(super) async fn write_file(&self, tx: &mut Tx, file: &JobFile) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO job_files (org_id, job_id, version, file) \
             SELECT $1, $2, COALESCE(MAX(version), 0) + 1, $3 FROM job_files \
             WHERE org_id = $1 AND job_id = $2",
            values![&self.org, &file.job, json_text(file)],
        )
        .await?;
        Ok(())
    }

    pub(super) async fn write_history(
        &self,
        tx: &mut Tx,
        job: &JobId,
        status: JobStatus,
        by: &str,
        note: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO job_history (org_id, job_id, seq, at_ms, status, by_whom, note) \
             SELECT $1, $2, COALESCE(MAX(seq), 0) + 1, $3, $4, $5, $6 FROM job_history \
             WHERE org_id = $1 AND job_id = $2",
            values![&self.org, job, now, status.as_str(), by, note],
        )
        .await?;
        let told = serde_json::json!({ "job_id": job, "status": status, "by": by, "note": note });
        self.tell_hooks(tx, &format!("job.{status}"), &told, now).await
    }

    async fn remember_client(&self, tx: &mut Tx, order: &Order) -> Result<(), StoreError> {
        tx.execute(
            "INSERT INTO clients (org_id, phone, name, address) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org_id, phone) DO UPDATE SET name = excluded.name, address = excluded.address",
            values![&self.org, &order.phone, &order.name, json_text(&order.address)],
        )
        .await?;
        tx.execute(
            "UPDATE conversations SET job_id = (SELECT j.id FROM jobs j WHERE j.org_id = $1 \
             AND j.conversation_id = $2 AND j.status <> 'cancelled') WHERE org_id = $1 AND id = $2",
            values![&self.org, &order.conversation],
        )
        .await?;
        Ok(())
    }

    /// The client's confirmation with the tracking link, and the master's offer.
    async fn announce(
        &self,
        tx: &mut Tx,
        settings: &Settings,
        file: &JobFile,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let to_client = json!({
            "number": file.number,
            "start": file.visit.start,
            "master": file.master.name,
            "door_code": file.door_code,
            "min": file.quote.min,
            "max": file.quote.max,
            "tracking": file.tracking,
        });
        let client = Draft {
            job: Some(&file.job),
            recipient: "client",
            address: &file.client.phone,
            template: "booked",
            language: file.language,
            payload: to_client,
        };
        self.send(tx, client, now).await?;
        self.propose(tx, settings, file, now).await
    }
}

/// The work of an order, as it was asked for when the slot was sought.
fn work_of(order: &Order, settings: &Settings) -> Work {
    Work {
        category: order.price.category,
        minutes: order.findings.minutes,
        city: order.address.city.clone().unwrap_or_else(|| settings.city.clone()),
        street: order.address.street.clone(),
        urgent: order.price.urgent,
    }
}

fn booked(file: &JobFile) -> Booked {
    Booked {
        job: file.job.clone(),
        number: file.number.clone(),
        offer: file.visit.clone(),
        master_name: file.master.name.clone(),
        door_code: file.door_code.clone(),
        quote: file.quote.clone(),
        tracking: file.tracking.clone(),
    }
}

/// Kept apart so that a move can say who comes instead.
pub(super) async fn master_named(
    store: &OrgStore,
    tx: &mut Tx,
    id: &MasterId,
) -> Result<Option<AssignedMaster>, StoreError> {
    let row = tx
        .first(
            "SELECT name, phone FROM masters WHERE org_id = $1 AND id = $2",
            values![&store.org, id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };

    Ok(Some(AssignedMaster { name: row.text("name")?, phone: row.text("phone")? }))
}
