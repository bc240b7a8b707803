//! Every way a request is refused: the fact and the mend. Whether it is told as
//! `application/problem+json` (RFC 9457) or as a page is decided where answers leave (manners).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use job_core::consent::ChangeRefused;
use job_core::day::DayRefused;
use job_core::media::Unfit;
use job_core::order::Refused;
use job_core::payment::PaymentRefused;
use job_core::store::TakeOverRefused;

use crate::till::yookassa::ProviderError;

#[derive(Debug, Clone, thiserror::Error)]
pub enum Refusal {
    #[error("no API key: send `Authorization: Bearer KEY` or `X-Api-Key: KEY`")]
    NoKey,
    #[error("this API key is not known")]
    WrongKey,
    #[error("this API key may not do that: it lacks the scope {scope:?}")]
    OutOfScope { scope: &'static str },
    #[error("too many requests: wait {} ms", .wait.as_millis())]
    TooMany { wait: SignedDuration },
    #[error("a key does not take itself back: use another one")]
    OwnKey,
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: String },
    #[error("there is nothing at this address")]
    NoPage,
    #[error("{field}: {fact}")]
    Invalid { field: &'static str, fact: String },
    #[error("the request's body: {0}")]
    Body(String),
    #[error("the request's query: {0}")]
    Query(String),
    #[error("the request's body is longer than is taken")]
    TooLong,
    #[error("the form is too old, or not ours: load the page again")]
    StaleForm,
    #[error("the conversation is answering another message: send this one again")]
    Busy,
    #[error("the conversation has not come to a job")]
    NoJob,
    #[error("nobody is to come to this job")]
    NoMaster,
    #[error("the call is not under way")]
    NotUnderWay,
    #[error(transparent)]
    File(Unfit),
    #[error(transparent)]
    TakeOver(TakeOverRefused),
    #[error(transparent)]
    Payment(PaymentRefused),
    #[error(transparent)]
    Day(DayRefused),
    #[error(transparent)]
    Order(Refused),
    #[error(transparent)]
    Price(ChangeRefused),
    #[error(transparent)]
    Provider(ProviderError),
    #[error("something failed on our side; it is in the log")]
    Trouble,
    /// Refused by the server itself, e.g. a method that is not served.
    #[error("{}", .0.canonical_reason().unwrap_or("refused"))]
    Plain(StatusCode),
}

impl Refusal {
    /// Logs what happened, tells the outside only that it did.
    pub fn trouble(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "request failed");
        Self::Trouble
    }

    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoKey | Self::WrongKey => StatusCode::UNAUTHORIZED,
            Self::NotFound { .. } | Self::NoPage => StatusCode::NOT_FOUND,
            Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::OutOfScope { .. } => StatusCode::FORBIDDEN,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::File(Unfit::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::File(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Body(_) | Self::Query(_) => StatusCode::BAD_REQUEST,
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Busy | Self::OwnKey | Self::NotUnderWay | Self::NoJob | Self::NoMaster => {
                StatusCode::CONFLICT
            }
            Self::Trouble => StatusCode::INTERNAL_SERVER_ERROR,
            Self::TakeOver(TakeOverRefused::Unknown(_)) => StatusCode::NOT_FOUND,
            Self::TakeOver(_) => StatusCode::CONFLICT,
            Self::Payment(refused) => payment_status(refused),
            Self::Order(Refused::Unknown) => StatusCode::NOT_FOUND,
            Self::Price(ChangeRefused::Unknown(_)) => StatusCode::NOT_FOUND,
            Self::Price(ChangeRefused::NoPrice(_) | ChangeRefused::NotNeeded { .. }) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Day(_) | Self::Order(_) | Self::Price(_) => StatusCode::CONFLICT,
            Self::Provider(ProviderError::Refused(_)) => StatusCode::BAD_GATEWAY,
            Self::Provider(ProviderError::Away(_)) => StatusCode::SERVICE_UNAVAILABLE,
            // Nothing has failed: here only cash is taken.
            Self::Provider(ProviderError::NotSetUp) => StatusCode::CONFLICT,
            Self::Plain(status) => *status,
        }
    }

    /// The refusal behind an answer that has only a status.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::NoPage,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLong,
            other => Self::Plain(other),
        }
    }
}

fn payment_status(refused: &PaymentRefused) -> StatusCode {
    match refused {
        PaymentRefused::UnknownJob(_) | PaymentRefused::Unknown(_) => StatusCode::NOT_FOUND,
        PaymentRefused::NoSum(_) | PaymentRefused::TooMuchBack { .. } => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        PaymentRefused::PaidAlready(_)
        | PaymentRefused::JobCancelled(_)
        | PaymentRefused::NoMaster(_)
        | PaymentRefused::KeyReused(_)
        | PaymentRefused::OtherSum { .. }
        | PaymentRefused::OnlyTheProviders(_)
        | PaymentRefused::NotTheProviders(_) => StatusCode::CONFLICT,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut answer = self.status().into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}
