//! Messages by e-mail over SMTP (RFC 5321); a master's comes with the job file as PDF. The Message-ID
//! is the message's own name, so that a server that met it twice can tell.

use std::time::Duration;

use job_core::outbox::Outcome;
use job_core::store::Message;
use job_core::trade::Language;
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use serde::{Deserialize, Serialize};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Encrypted from the first byte (port 465).
    Tls,
    /// Encrypted after STARTTLS, or not at all (port 587).
    #[default]
    Starttls,
    /// In the clear: for a server on this machine.
    None,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    pub host: String,
    pub port: u16,
    #[serde(default)]
    pub tls: Tls,
    /// E.g. `Мастер на час <service@example.com>`.
    pub from: String,
    #[serde(default)]
    pub login: Option<String>,
    #[serde(default, skip_serializing)]
    pub password: Option<String>,
}

/// An e-mail server that is set up.
#[derive(Debug)]
pub(crate) struct Mailer {
    transport: Transport,
    from: Mailbox,
    /// For one letter, from the connection to the server's last word.
    patience: Duration,
}

impl Mailer {
    /// The setting that is wrong, if one is.
    pub(crate) fn open(settings: &Email, patience: Duration) -> Result<Self, String> {
        let from = settings.from.parse().map_err(|error| format!("from: {error}"))?;
        let host = &settings.host;
        let builder = match settings.tls {
            Tls::Tls => Transport::relay(host).map_err(|error| format!("host: {error}"))?,
            Tls::Starttls => {
                Transport::starttls_relay(host).map_err(|error| format!("host: {error}"))?
            }
            Tls::None => Transport::builder_dangerous(host),
        };
        let mut builder = builder.port(settings.port).timeout(Some(patience));
        if let (Some(login), Some(password)) = (&settings.login, &settings.password) {
            builder = builder.credentials(Credentials::new(login.clone(), password.clone()));
        }

        Ok(Self { transport: builder.build(), from, patience })
    }

    /// `paper`: the job file, to be attached.
    pub(crate) async fn deliver(
        &self,
        message: &Message,
        text: &str,
        paper: Option<Vec<u8>>,
    ) -> Outcome {
        let mail = match self.written(message, text, paper) {
            Ok(mail) => mail,
            Err(why) => return Outcome::Refused { why },
        };

        let sent = tokio::time::timeout(self.patience, self.transport.send(mail)).await;
        let Ok(sent) = sent else {
            return Outcome::Later { why: "no answer in time".into(), after: None };
        };
        match sent {
            Ok(answer) if answer.is_positive() => Outcome::Delivered { id: None },
            Ok(answer) => {
                Outcome::Later { why: format!("answered {}", answer.code()), after: None }
            }
            Err(error) if error.is_permanent() => Outcome::Refused { why: error.to_string() },
            Err(error) => Outcome::Later { why: error.to_string(), after: None },
        }
    }

    fn written(
        &self,
        message: &Message,
        text: &str,
        paper: Option<Vec<u8>>,
    ) -> Result<lettre::Message, String> {
        let to: Mailbox = message.address.parse().map_err(|_| "no e-mail address".to_owned())?;
        let letter = lettre::Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(subject(message, text))
            .message_id(Some(format!("<{}@{}>", message.id, self.from.email.domain())));
        let body = SinglePart::plain(text.to_owned());
        let written = match paper {
            None => letter.singlepart(body),
            Some(pdf) => {
                let kind = ContentType::parse("application/pdf").map_err(|it| it.to_string())?;
                let name = format!("{}.pdf", number(message).unwrap_or("job"));
                let paper = Attachment::new(name).body(pdf, kind);
                letter.multipart(MultiPart::mixed().singlepart(body).singlepart(paper))
            }
        };

        written.map_err(|error| error.to_string())
    }
}

fn number(message: &Message) -> Option<&str> {
    message.payload.get("number")?.as_str()
}

/// The order's number, or the message's first words.
fn subject(message: &Message, text: &str) -> String {
    match (number(message), message.language) {
        (Some(number), Language::Ru) => format!("Заявка №{number}"),
        (Some(number), Language::En) => format!("Order {number}"),
        (None, _) => text.split_once(['.', '?', '!']).map_or(text, |(first, _)| first).to_owned(),
    }
}
