//! The books: postings are only ever added, balances are sums, a master is paid out once a batch.

use jiff::Timestamp;
use jiff::civil::Date;

use super::db::{Row, Tx, values};
use super::{OrgStore, StoreError, patiently};
use crate::ids::MasterId;
use crate::ledger::{Account, Balance, Posting, paid_out};
use crate::money::Kopecks;

/// One line of the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    pub posting: String,
    /// As [`Account`] writes itself.
    pub account: String,
    pub amount: Kopecks,
    /// `paid`, `refunded` or `paid_out`.
    pub what: String,
    /// The payment, or the payout's batch.
    pub cause: String,
    pub at: Timestamp,
}

/// Paid to one master in one batch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Payout {
    pub batch: Date,
    pub master: MasterId,
    pub amount: Kopecks,
}

impl OrgStore {
    pub(super) async fn post(
        &self,
        tx: &mut Tx,
        posting: &Posting,
        cause: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let id = self.new_id(now);
        for (line, entry) in posting.entries().iter().enumerate() {
            tx.execute(
                "INSERT INTO ledger (org_id, posting, line, account, amount, what, cause, at_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                values![
                    &self.org,
                    &id,
                    line as i64,
                    entry.account.to_string(),
                    entry.amount.0,
                    posting.what().as_str(),
                    cause,
                    now,
                ],
            )
            .await?;
        }
        Ok(())
    }

    /// The lines of one payment or batch in order.
    pub async fn ledger_of(&self, cause: &str) -> Result<Vec<LedgerLine>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT * FROM ledger WHERE org_id = $1 AND cause = $2 ORDER BY at_ms, posting, line",
                values![&self.org, cause],
            )
            .await?;

        rows.iter().map(line).collect()
    }

    /// Every account with its balance, by name. Together they are zero.
    pub async fn balances(&self) -> Result<Vec<(String, Kopecks)>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT account, CAST(SUM(amount) AS BIGINT) AS amount FROM ledger \
                 WHERE org_id = $1 GROUP BY account ORDER BY account",
                values![&self.org],
            )
            .await?;

        rows.iter().map(|row| Ok((row.text("account")?, Kopecks(row.int("amount")?)))).collect()
    }

    /// Postings whose lines do not add up: always none.
    pub async fn out_of_balance(&self) -> Result<Vec<String>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT posting FROM ledger WHERE org_id = $1 GROUP BY posting HAVING SUM(amount) <> 0",
                values![&self.org],
            )
            .await?;

        rows.iter().map(|row| row.text("posting")).collect()
    }

    pub async fn balance(&self, master: &MasterId) -> Result<Balance, StoreError> {
        let rows = self.db.query(BALANCE, self.accounts_of(master).as_slice()).await?;

        balance(&rows)
    }

    /// Pays every master out what is due; a batch that was paid stays as it was. What it brought.
    pub async fn pay_out(&self, batch: Date, now: Timestamp) -> Result<Vec<Payout>, StoreError> {
        for master in self.masters_in_ledger().await? {
            patiently!(self.pay_once(&master, batch, now))?;
        }
        self.payouts(batch).await
    }

    async fn masters_in_ledger(&self) -> Result<Vec<MasterId>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT m.id FROM masters m WHERE m.org_id = $1 AND EXISTS (SELECT 1 FROM ledger l \
                 WHERE l.org_id = $1 AND l.account = 'master:' || m.id) ORDER BY m.id",
                values![&self.org],
            )
            .await?;

        rows.iter().map(|row| Ok(MasterId::new(row.text("id")?))).collect()
    }

    async fn pay_once(
        &self,
        master: &MasterId,
        batch: Date,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        tx.execute(
            "UPDATE masters SET touched = touched + 1 WHERE org_id = $1 AND id = $2",
            values![&self.org, master],
        )
        .await?;
        let rows = tx.query(BALANCE, self.accounts_of(master).as_slice()).await?;
        let balance = balance(&rows)?;
        let Some(posting) = paid_out(master, balance) else {
            return tx.roll_back().await;
        };
        let written = tx
            .execute(
                "INSERT INTO payouts (org_id, batch, master_id, amount, at_ms) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
                values![&self.org, batch.to_string(), master, balance.due().0, now],
            )
            .await?;
        if written == 0 {
            return tx.roll_back().await;
        }
        self.post(&mut tx, &posting, &format!("payout:{batch}"), now).await?;
        tx.commit().await
    }

    /// What a batch brought, by master.
    pub async fn payouts(&self, batch: Date) -> Result<Vec<Payout>, StoreError> {
        let rows = self
            .db
            .query(
                "SELECT master_id, amount FROM payouts WHERE org_id = $1 AND batch = $2 \
                 ORDER BY master_id",
                values![&self.org, batch.to_string()],
            )
            .await?;

        rows.iter()
            .map(|row| {
                let master = MasterId::new(row.text("master_id")?);
                Ok(Payout { batch, master, amount: Kopecks(row.int("amount")?) })
            })
            .collect()
    }

    /// A master's share of what clients paid since then, refunds taken off.
    pub(super) async fn earned_since(
        &self,
        tx: &mut Tx,
        master: &MasterId,
        since: Timestamp,
    ) -> Result<Kopecks, StoreError> {
        let row = tx
            .first(
                "SELECT CAST(COALESCE(-SUM(amount), 0) AS BIGINT) AS amount FROM ledger \
                 WHERE org_id = $1 AND account = $2 AND at_ms >= $3 AND what <> 'paid_out'",
                values![&self.org, Account::Master(master.clone()).to_string(), since],
            )
            .await?;

        row.map_or(Ok(Kopecks(0)), |row| Ok(Kopecks(row.int("amount")?)))
    }

    fn accounts_of(&self, master: &MasterId) -> [super::db::Value; 3] {
        let account = |account: Account| account.to_string().into();

        [
            (&self.org).into(),
            account(Account::Master(master.clone())),
            account(Account::Hand(master.clone())),
        ]
    }
}

/// `$2` is what the master earned, `$3` the cash in hand.
const BALANCE: &str = "SELECT \
     CAST(COALESCE(-SUM(CASE WHEN account = $2 THEN amount END), 0) AS BIGINT) AS earned, \
     CAST(COALESCE(SUM(CASE WHEN account = $3 THEN amount END), 0) AS BIGINT) AS in_hand \
     FROM ledger WHERE org_id = $1 AND account IN ($2, $3)";

fn balance(rows: &[Row]) -> Result<Balance, StoreError> {
    let Some(row) = rows.first() else { return Ok(Balance::default()) };

    Ok(Balance { earned: Kopecks(row.int("earned")?), in_hand: Kopecks(row.int("in_hand")?) })
}

fn line(row: &Row) -> Result<LedgerLine, StoreError> {
    Ok(LedgerLine {
        posting: row.text("posting")?,
        account: row.text("account")?,
        amount: Kopecks(row.int("amount")?),
        what: row.text("what")?,
        cause: row.text("cause")?,
        at: row.time("at_ms")?,
    })
}
