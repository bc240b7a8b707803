//! Money as a list of payments; what everybody has is added up from the beginning each time.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use job_core::ids::{JobId, MasterId, PaymentId};
use job_core::job::JobStatus;
use job_core::payment::{Method, PaymentRefused, PaymentStatus, Seen};
use job_core::store::PaymentRequest;

use super::Model;

#[derive(Debug, Clone)]
pub(crate) struct Payment {
    request: PaymentRequest,
    master: MasterId,
    status: PaymentStatus,
    refunded: i64,
}

#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
    refunds: BTreeMap<String, (PaymentId, i64)>,
    batches: BTreeSet<(Date, MasterId)>,
    /// Paid out of earnings, and taken off the cash in hand, by master.
    settled: BTreeMap<MasterId, (i64, i64)>,
}

/// State of a payment: status, kopecks refunded, whose it is.
pub(crate) type State = (PaymentStatus, i64, MasterId);

impl Payment {
    /// What is not paid yet is for whoever comes.
    pub(crate) fn follow(&mut self, job: &JobId, master: &MasterId) {
        if self.request.job == *job && self.status == PaymentStatus::Pending {
            self.master = master.clone();
        }
    }
}

impl Model {
    pub(crate) fn begin_payment(
        &mut self,
        request: &PaymentRequest,
        id: Option<PaymentId>,
    ) -> Result<PaymentId, PaymentRefused> {
        let amount = request.amount.0;
        if amount <= 0 || amount > 100_000_000 {
            return Err(PaymentRefused::NoSum(amount));
        }
        let Some(job) = self.jobs.get(&request.job) else {
            return Err(PaymentRefused::UnknownJob(request.job.clone()));
        };
        let known = self.books.payments.iter().find(|(_, it)| it.request.key == request.key);
        if let Some((known, payment)) = known {
            return match payment.request == *request {
                true => Ok(known.clone()),
                false => Err(PaymentRefused::KeyReused(request.key.clone())),
            };
        }
        if job.status == JobStatus::Cancelled {
            return Err(PaymentRefused::JobCancelled(request.job.clone()));
        }
        if job.status == JobStatus::Queued {
            return Err(PaymentRefused::NoMaster(request.job.clone()));
        }
        if job.status == JobStatus::Paid || self.books.is_paid(&request.job) {
            return Err(PaymentRefused::PaidAlready(request.job.clone()));
        }
        let id = id.unwrap_or_else(|| PaymentId::new("the store made none"));
        let payment = Payment {
            request: request.clone(),
            master: job.busy.master.clone(),
            status: PaymentStatus::Pending,
            refunded: 0,
        };
        self.books.payments.insert(id.clone(), payment);
        if request.method == Method::Cash {
            self.succeed(&id);
        }
        Ok(id)
    }

    pub(crate) fn payment_seen(
        &mut self,
        id: &PaymentId,
        seen: &Seen,
    ) -> Result<State, PaymentRefused> {
        let Some(payment) = self.books.payments.get(id) else {
            return Err(PaymentRefused::Unknown(id.clone()));
        };
        let (ours, theirs) = (payment.request.amount.0, seen.amount.0);
        if payment.request.method == Method::Cash {
            return Err(PaymentRefused::NotTheProviders(id.clone()));
        }
        if ours != theirs {
            return Err(PaymentRefused::OtherSum { id: id.clone(), ours, theirs });
        }
        if seen.refunded.0 > ours {
            let left = ours - payment.refunded;
            let (id, asked) = (id.clone(), seen.refunded.0);
            return Err(PaymentRefused::TooMuchBack { id, asked, left });
        }
        let before = payment.status;
        if before != PaymentStatus::Succeeded {
            let master = self.jobs[&payment.request.job].busy.master.clone();
            let payment = self.books.payments.get_mut(id).unwrap();
            payment.master = master;
            if before == PaymentStatus::Pending {
                payment.status = seen.status;
            }
            if seen.status == PaymentStatus::Succeeded {
                self.succeed(id);
            }
        }
        let payment = self.books.payments.get_mut(id).unwrap();
        if payment.status == PaymentStatus::Succeeded {
            payment.refunded = payment.refunded.max(seen.refunded.0);
        }
        Ok(state(payment))
    }

    pub(crate) fn refund_cash(
        &mut self,
        id: &PaymentId,
        part: i64,
        key: &str,
    ) -> Result<State, PaymentRefused> {
        let Some(payment) = self.books.payments.get_mut(id) else {
            return Err(PaymentRefused::Unknown(id.clone()));
        };
        if payment.request.method != Method::Cash {
            return Err(PaymentRefused::OnlyTheProviders(id.clone()));
        }
        if let Some(known) = self.books.refunds.get(key) {
            return match *known == (id.clone(), part) {
                true => Ok(state(payment)),
                false => Err(PaymentRefused::KeyReused(key.into())),
            };
        }
        let left = payment.request.amount.0 - payment.refunded;
        if part <= 0 || part > left {
            return Err(PaymentRefused::TooMuchBack { id: id.clone(), asked: part, left });
        }
        payment.refunded += part;
        let state = state(payment);
        self.books.refunds.insert(key.into(), (id.clone(), part));
        Ok(state)
    }

    fn succeed(&mut self, id: &PaymentId) {
        let payment = self.books.payments.get_mut(id).unwrap();
        payment.status = PaymentStatus::Succeeded;
        let job = self.jobs.get_mut(&payment.request.job).unwrap();
        if job.status == JobStatus::Done {
            job.status = JobStatus::Paid;
        }
    }
}

impl Books {
    /// Money for it is here, and not all of it given back.
    pub(crate) fn is_paid(&self, job: &JobId) -> bool {
        self.payments.values().any(|it| {
            it.request.job == *job
                && it.status == PaymentStatus::Succeeded
                && it.refunded < it.request.amount.0
        })
    }

    /// What a master earned, and the cash in hand, neither yet settled.
    pub(crate) fn balance(&self, master: &MasterId) -> (i64, i64) {
        let settled = self.settled.get(master).copied().unwrap_or_default();
        let (mut earned, mut in_hand) = (-settled.0, -settled.1);
        for payment in self.payments.values().filter(|it| it.master == *master) {
            if payment.status != PaymentStatus::Succeeded {
                continue;
            }
            let left = payment.request.amount.0 - payment.refunded;
            earned += share(left);
            if payment.request.method == Method::Cash {
                in_hand += left;
            }
        }
        (earned, in_hand)
    }

    /// Who gets how much; a batch that was paid brings nothing more.
    pub(crate) fn pay_out(&mut self, batch: Date, masters: &[MasterId]) {
        for master in masters {
            let (earned, in_hand) = self.balance(master);
            let due = earned - in_hand;
            if due > 0 && self.batches.insert((batch, master.clone())) {
                let settled = self.settled.entry(master.clone()).or_default();
                *settled = (settled.0 + earned, settled.1 + in_hand);
            }
        }
    }
}

fn state(payment: &Payment) -> State {
    (payment.status, payment.refunded, payment.master.clone())
}

/// Of what is left after 2 %, three quarters; a half kopeck goes up each time, the rest is theirs.
fn share(kopecks: i64) -> i64 {
    let fee = (kopecks * 2 + 50) / 100;
    let net = kopecks - fee;

    net - (net + 2) / 4
}
