//! Bots as the owner sets them up: which messenger, whose line, which secrets.

use serde::{Deserialize, Serialize};

/// `[bots.NAME]`. Secrets come from the environment, e.g. `GUDOK_BOTS__CLIENTS__TOKEN`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bot {
    pub kind: Kind,
    /// Answers as this dialled number does: its organisation, pack and language.
    pub number: String,
    #[serde(default)]
    pub serves: Serves,
    /// What requests to the messenger are signed in with.
    #[serde(skip_serializing, default)]
    pub token: String,
    /// What the messenger proves itself with: Telegram's and MAX's secret token, VK's secret key, the
    /// app secret of WhatsApp. Viber signs with the token.
    #[serde(skip_serializing, default)]
    pub secret: String,
    /// What is asked for when the webhook is set: WhatsApp's verify token, the string VK wants back.
    #[serde(skip_serializing, default)]
    pub confirmation: String,
    /// WhatsApp: the id of the business's phone number. VK: the community's.
    #[serde(default)]
    pub account: String,
    /// Viber: the name the answers come from.
    #[serde(default)]
    pub sender: String,
    /// Where the messenger's API is, if not where it always is.
    #[serde(default)]
    pub base: String,
    /// Telegram without a webhook: updates are asked for.
    #[serde(default)]
    pub polls: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Telegram,
    Whatsapp,
    Viber,
    Vk,
    Max,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Serves {
    #[default]
    Clients,
    /// Whoever works here, or wants to.
    Masters,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("bots.{bot}: {setting} is missing: {mend}")]
pub struct Incomplete {
    bot: String,
    setting: &'static str,
    mend: String,
}

impl Kind {
    /// Where its API always is.
    fn home(self) -> &'static str {
        match self {
            Self::Telegram => "https://api.telegram.org",
            Self::Whatsapp => "https://graph.facebook.com/v23.0",
            Self::Viber => "https://chatapi.viber.com/pa",
            Self::Vk => "https://api.vk.com/method",
            Self::Max => "https://platform-api2.max.ru",
        }
    }
}

impl Bot {
    pub fn base(&self) -> &str {
        if self.base.is_empty() { self.kind.home() } else { self.base.trim_end_matches('/') }
    }

    /// Everything this messenger needs is there.
    pub fn check(&self, name: &str) -> Result<(), Incomplete> {
        let needed: &[(&'static str, &str)] = match self.kind {
            Kind::Telegram if self.polls => &[("token", &self.token)],
            Kind::Telegram | Kind::Max => &[("token", &self.token), ("secret", &self.secret)],
            Kind::Viber => &[("token", &self.token), ("sender", &self.sender)],
            Kind::Whatsapp => &[
                ("token", &self.token),
                ("secret", &self.secret),
                ("confirmation", &self.confirmation),
                ("account", &self.account),
            ],
            Kind::Vk => &[
                ("token", &self.token),
                ("secret", &self.secret),
                ("confirmation", &self.confirmation),
                ("account", &self.account),
            ],
        };
        match needed.iter().find(|(_, value)| value.is_empty()) {
            None => Ok(()),
            Some((setting, _)) => Err(Incomplete {
                bot: name.to_owned(),
                setting,
                mend: match *setting {
                    "account" | "sender" => format!("set it in [bots.{name}]"),
                    secret => format!(
                        "set GUDOK_BOTS__{}__{}",
                        name.to_uppercase(),
                        secret.to_uppercase()
                    ),
                },
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_way_to_mend_it() {
        let bot: Bot = toml::from_str(
            "kind = \"vk\"\nnumber = \"100\"\ntoken = \"t\"\nsecret = \"s\"\nconfirmation = \"c\"",
        )
        .unwrap();

        assert_eq!(
            bot.check("club").unwrap_err().to_string(),
            "bots.club: account is missing: set it in [bots.club]"
        );
        let bot = Bot { secret: String::new(), ..bot };
        assert_eq!(
            bot.check("club").unwrap_err().to_string(),
            "bots.club: secret is missing: set GUDOK_BOTS__CLUB__SECRET"
        );
    }
}
