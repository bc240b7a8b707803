//! Payments as the database keeps them: each request once, each rouble posted once.
//!
//! A payment's row and its job's are locked in one order: the job first.

use jiff::Timestamp;
use serde_json::json;

use super::db::{Row, Tx, values, word};
use super::outbox::Draft;
use super::{OrgStore, Store, StoreError, json as json_text, patiently, refuse};
use crate::ids::{JobId, MasterId, OrgId, PaymentId};
use crate::job::JobStatus;
use crate::ledger::next_payout;
use crate::money::{Kopecks, split};
use crate::payment::{Method, Payment, PaymentRefused, PaymentStatus, Seen, payable};

/// A payment asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRequest {
    pub job: JobId,
    pub method: Method,
    pub amount: Kopecks,
    /// Chosen by the asker: the same key again is the same payment.
    pub key: String,
}

type Outcome<T> = Result<Result<T, PaymentRefused>, StoreError>;

impl OrgStore {
    /// Begins a payment; cash is paid at once. The same request again gets the same payment.
    pub async fn begin_payment(
        &self,
        request: &PaymentRequest,
        now: Timestamp,
    ) -> Outcome<Payment> {
        if let Err(refused) = payable(request.amount) {
            return Ok(Err(refused));
        }
        patiently!(self.begin_once(request, now))
    }

    async fn begin_once(&self, request: &PaymentRequest, now: Timestamp) -> Outcome<Payment> {
        let mut tx = self.db.begin().await?;
        let Some(job) = self.locked(&mut tx, &request.job).await? else {
            return refuse(tx, PaymentRefused::UnknownJob(request.job.clone())).await;
        };
        if let Some(known) = self.payment_of_key(&mut tx, &request.key).await? {
            tx.roll_back().await?;
            return Ok(same(known, request));
        }
        let status: JobStatus = job.word("status")?;
        if status == JobStatus::Cancelled {
            return refuse(tx, PaymentRefused::JobCancelled(request.job.clone())).await;
        }
        if status == JobStatus::Queued {
            return refuse(tx, PaymentRefused::NoMaster(request.job.clone())).await;
        }
        if status == JobStatus::Paid || self.is_paid(&mut tx, &request.job).await? {
            return refuse(tx, PaymentRefused::PaidAlready(request.job.clone())).await;
        }
        let Some(mut payment) = self.insert_payment(&mut tx, request, &job, now).await? else {
            return refuse(tx, PaymentRefused::KeyReused(request.key.clone())).await;
        };
        if request.method == Method::Cash {
            let seen = Seen {
                status: PaymentStatus::Succeeded,
                amount: request.amount,
                refunded: Kopecks(0),
            };
            if let Err(refused) = self.settle(&mut tx, &mut payment, &seen, now).await? {
                return refuse(tx, refused).await;
            }
        }
        tx.commit().await?;

        Ok(Ok(payment))
    }

    /// `None`: another job took that key at the same moment.
    async fn insert_payment(
        &self,
        tx: &mut Tx,
        request: &PaymentRequest,
        job: &Row,
        now: Timestamp,
    ) -> Result<Option<Payment>, StoreError> {
        let payment = Payment {
            id: PaymentId::new(self.new_id(now)),
            job: request.job.clone(),
            master: MasterId::new(job.text("master_id")?),
            method: request.method,
            amount: request.amount,
            refunded: Kopecks(0),
            status: PaymentStatus::Pending,
            rates: self.settings_in(tx).await?.rates,
            provider_id: None,
            page: None,
            created: now,
            paid: None,
        };
        let made = tx
            .execute(
                "INSERT INTO payments (id, org_id, job_id, master_id, request_key, method, amount, \
             refunded, status, rates, created_ms, touched) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 'pending', $8, $9, 0) ON CONFLICT DO NOTHING",
                values![
                    &payment.id,
                    &self.org,
                    &payment.job,
                    &payment.master,
                    &request.key,
                    word(payment.method),
                    payment.amount.0,
                    json_text(&payment.rates),
                    now,
                ],
            )
            .await?;
        Ok((made == 1).then_some(payment))
    }

    /// Keeps the provider's name of a payment and where the client pays; the first stands.
    pub async fn payment_opened(
        &self,
        id: &PaymentId,
        provider_id: &str,
        page: Option<&str>,
    ) -> Result<Option<Payment>, StoreError> {
        self.db
            .execute(
                "UPDATE payments SET provider_id = COALESCE(provider_id, $3), page = COALESCE(page, $4) \
                 WHERE org_id = $1 AND id = $2",
                values![&self.org, id, provider_id, page],
            )
            .await?;
        self.payment(id).await
    }

    /// Takes over the state of a payment as its provider has it now.
    pub async fn payment_seen(
        &self,
        id: &PaymentId,
        seen: &Seen,
        now: Timestamp,
    ) -> Outcome<Payment> {
        patiently!(self.seen_once(id, seen, now))
    }

    async fn seen_once(&self, id: &PaymentId, seen: &Seen, now: Timestamp) -> Outcome<Payment> {
        let mut tx = self.db.begin().await?;
        let Some(mut payment) = self.locked_payment(&mut tx, id).await? else {
            return refuse(tx, PaymentRefused::Unknown(id.clone())).await;
        };
        if payment.method == Method::Cash {
            return refuse(tx, PaymentRefused::NotTheProviders(id.clone())).await;
        }
        if let Err(refused) = self.settle(&mut tx, &mut payment, seen, now).await? {
            return refuse(tx, refused).await;
        }
        tx.commit().await?;

        Ok(Ok(payment))
    }

    /// Part of a cash payment goes back; `key` as at its beginning. What the provider gives back
    /// counts when `payment_seen` says so, and only then.
    pub async fn refund_cash(
        &self,
        id: &PaymentId,
        part: Kopecks,
        key: &str,
        now: Timestamp,
    ) -> Outcome<Payment> {
        patiently!(self.refund_once(id, part, key, now))
    }

    async fn refund_once(
        &self,
        id: &PaymentId,
        part: Kopecks,
        key: &str,
        now: Timestamp,
    ) -> Outcome<Payment> {
        let mut tx = self.db.begin().await?;
        let Some(mut payment) = self.locked_payment(&mut tx, id).await? else {
            return refuse(tx, PaymentRefused::Unknown(id.clone())).await;
        };
        if payment.method != Method::Cash {
            return refuse(tx, PaymentRefused::OnlyTheProviders(id.clone())).await;
        }
        let written = tx
            .execute(
                "INSERT INTO refunds (org_id, request_key, payment_id, amount, at_ms) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                values![&self.org, key, id, part.0, now],
            )
            .await?;
        if written == 0 {
            let same = self.refund_of_key(&mut tx, key).await? == Some((id.clone(), part));
            tx.roll_back().await?;
            return Ok(if same { Ok(payment) } else { Err(PaymentRefused::KeyReused(key.into())) });
        }
        let posting = match payment.give_back(part) {
            Ok(posting) => posting,
            Err(refused) => return refuse(tx, refused).await,
        };
        self.write_payment(&mut tx, &payment).await?;
        self.post(&mut tx, &posting, payment.id.as_str(), now).await?;
        tx.commit().await?;

        Ok(Ok(payment))
    }

    async fn refund_of_key(
        &self,
        tx: &mut Tx,
        key: &str,
    ) -> Result<Option<(PaymentId, Kopecks)>, StoreError> {
        let row = tx
            .first(
                "SELECT payment_id, amount FROM refunds WHERE org_id = $1 AND request_key = $2",
                values![&self.org, key],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some((PaymentId::new(row.text("payment_id")?), Kopecks(row.int("amount")?))))
    }

    /// Postings, the job's last step and the messages of what is new in `seen`.
    async fn settle(
        &self,
        tx: &mut Tx,
        payment: &mut Payment,
        seen: &Seen,
        now: Timestamp,
    ) -> Outcome<()> {
        let before = payment.status;
        let postings = match payment.take(seen, now) {
            Ok(postings) => postings,
            Err(refused) => return Ok(Err(refused)),
        };
        self.write_payment(tx, payment).await?;
        for posting in &postings {
            self.post(tx, posting, payment.id.as_str(), now).await?;
        }
        if before != PaymentStatus::Succeeded && payment.status == PaymentStatus::Succeeded {
            self.job_paid(tx, payment, now).await?;
        }
        Ok(Ok(()))
    }

    async fn job_paid(
        &self,
        tx: &mut Tx,
        payment: &Payment,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let row = tx
            .first(
                "SELECT status FROM jobs WHERE org_id = $1 AND id = $2",
                values![&self.org, &payment.job],
            )
            .await?;
        let status: Option<JobStatus> = row.map(|row| row.word("status")).transpose()?;
        if status == Some(JobStatus::Done) {
            self.mark_paid(tx, &payment.job, payment.id.as_str(), now).await?;
        }
        self.tell_of_payment(tx, payment, now).await
    }

    /// The client's receipt; the master's share, the day's total and the day it is paid out.
    async fn tell_of_payment(
        &self,
        tx: &mut Tx,
        payment: &Payment,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let told = json!({
            "payment_id": payment.id,
            "job_id": payment.job,
            "amount_kopecks": payment.amount,
            "method": payment.method,
        });
        self.tell_hooks(tx, "payment.confirmed", &told, now).await?;
        let Some(file) = self.file_in(tx, &payment.job).await? else {
            return Ok(());
        };
        let settings = self.settings_in(tx).await?;
        let today = now.to_zoned(settings.time_zone()?);
        let midnight = today.start_of_day().map_or(now, |start| start.timestamp());
        let to_client = Draft {
            job: Some(&payment.job),
            recipient: "client",
            address: &file.client.phone,
            template: "paid",
            language: file.language,
            payload: json!({
                "number": file.number,
                "amount": payment.amount,
                "method": payment.method,
                "currency": settings.currency,
                "tracking": file.tracking,
            }),
        };
        self.send(tx, to_client, now).await?;
        let to_master = Draft {
            job: Some(&payment.job),
            recipient: "master",
            address: &file.master.phone,
            template: "earned",
            language: settings.language,
            payload: json!({
                "number": file.number,
                "share": split(payment.amount, payment.rates).master,
                "today": self.earned_since(tx, &payment.master, midnight).await?,
                "payout": next_payout(today.date(), settings.payout_weekday()),
            }),
        };
        self.send(tx, to_master, now).await
    }

    async fn write_payment(&self, tx: &mut Tx, payment: &Payment) -> Result<(), StoreError> {
        tx.execute(
            "UPDATE payments SET status = $3, refunded = $4, paid_ms = $5, master_id = $6 \
             WHERE org_id = $1 AND id = $2",
            values![
                &self.org,
                &payment.id,
                word(payment.status),
                payment.refunded.0,
                payment.paid,
                &payment.master,
            ],
        )
        .await?;
        Ok(())
    }

    /// Whether money for the job is with us and not all given back.
    pub(super) async fn is_paid(&self, tx: &mut Tx, job: &JobId) -> Result<bool, StoreError> {
        let row = tx
            .first(
                "SELECT id FROM payments WHERE org_id = $1 AND job_id = $2 AND status = 'succeeded' \
                 AND refunded < amount LIMIT 1",
                values![&self.org, job],
            )
            .await?;

        Ok(row.is_some())
    }

    async fn payment_of_key(&self, tx: &mut Tx, key: &str) -> Result<Option<Payment>, StoreError> {
        let row = tx
            .first(
                "SELECT * FROM payments WHERE org_id = $1 AND request_key = $2",
                values![&self.org, key],
            )
            .await?;

        row.as_ref().map(payment).transpose()
    }

    /// Until the money is certain, it is for the master who has the job now.
    async fn locked_payment(
        &self,
        tx: &mut Tx,
        id: &PaymentId,
    ) -> Result<Option<Payment>, StoreError> {
        let job = tx
            .first(
                "UPDATE jobs SET touched = touched + 1 WHERE org_id = $1 AND id = \
                 (SELECT job_id FROM payments WHERE org_id = $1 AND id = $2) RETURNING master_id",
                values![&self.org, id],
            )
            .await?;
        let row = tx
            .first(
                "UPDATE payments SET touched = touched + 1 WHERE org_id = $1 AND id = $2 RETURNING *",
                values![&self.org, id],
            )
            .await?;
        let (Some(job), Some(row)) = (job, row) else { return Ok(None) };
        let mut payment = payment(&row)?;
        if payment.status != PaymentStatus::Succeeded {
            payment.master = MasterId::new(job.text("master_id")?);
        }
        Ok(Some(payment))
    }

    pub async fn payment(&self, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        let row = self
            .db
            .first("SELECT * FROM payments WHERE org_id = $1 AND id = $2", values![&self.org, id])
            .await?;

        row.as_ref().map(payment).transpose()
    }

    /// By the provider's name of it.
    pub async fn payment_of_provider(
        &self,
        provider_id: &str,
    ) -> Result<Option<Payment>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT * FROM payments WHERE org_id = $1 AND provider_id = $2",
                values![&self.org, provider_id],
            )
            .await?;

        row.as_ref().map(payment).transpose()
    }

    /// Oldest first.
    pub async fn payments_of_job(&self, job: &JobId) -> Result<Vec<Payment>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM payments WHERE org_id = $1 AND job_id = $2 ORDER BY created_ms, id",
                values![&self.org, job],
            )
            .await?;

        rows.iter().map(payment).collect()
    }
}

impl Store {
    /// Whose payment that is, by the provider's name of it.
    pub async fn payment_by_provider(
        &self,
        provider_id: &str,
    ) -> Result<Option<(OrgId, Payment)>, StoreError> {
        let row = self
            .db
            .first(
                "SELECT * FROM payments WHERE provider_id = $1 ORDER BY created_ms, id LIMIT 1",
                values![provider_id],
            )
            .await?;
        let Some(row) = row else { return Ok(None) };

        Ok(Some((OrgId::new(row.text("org_id")?), payment(&row)?)))
    }
}

/// The payment of a key that was used before, if it was used for the same thing.
fn same(known: Payment, request: &PaymentRequest) -> Result<Payment, PaymentRefused> {
    let asked = (&request.job, request.method, request.amount);

    if asked == (&known.job, known.method, known.amount) {
        Ok(known)
    } else {
        Err(PaymentRefused::KeyReused(request.key.clone()))
    }
}

fn payment(row: &Row) -> Result<Payment, StoreError> {
    Ok(Payment {
        id: PaymentId::new(row.text("id")?),
        job: JobId::new(row.text("job_id")?),
        master: MasterId::new(row.text("master_id")?),
        method: row.word("method")?,
        amount: Kopecks(row.int("amount")?),
        refunded: Kopecks(row.int("refunded")?),
        status: row.word("status")?,
        rates: row.json("rates")?,
        provider_id: row.maybe_text("provider_id")?,
        page: row.maybe_text("page")?,
        created: row.time("created_ms")?,
        paid: row.maybe_time("paid_ms")?,
    })
}
