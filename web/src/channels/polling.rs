//! Telegram without a webhook: updates are asked for, one question waiting at a time.

use std::time::Duration;

use super::hooks::letters;
use crate::House;

/// The messenger holds a question so long where nothing comes.
const WAIT: Duration = Duration::from_secs(25);
/// After a failure.
const PAUSE: Duration = Duration::from_secs(3);

impl House {
    /// Asks for the updates of every bot that polls, for as long as the process runs.
    pub fn poll_bots(&self) {
        for name in self.bots.polling() {
            let house = self.clone();
            tokio::spawn(async move { house.poll(&name).await });
        }
    }

    /// That an update was written down is told by asking for the next one.
    async fn poll(&self, name: &str) {
        let Some(bot) = self.bots.get(name) else { return };
        let mut offset = 0;
        loop {
            let updates = match self.bots.updates(bot, offset, WAIT).await {
                Ok(updates) => updates,
                Err(error) => {
                    tracing::warn!(bot = name, %error, "no updates");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            for update in updates {
                if let Err(error) = self.take_letters(name, bot, letters(bot, &update)).await {
                    tracing::error!(bot = name, %error, "an update is asked for again");
                    tokio::time::sleep(PAUSE).await;
                    break;
                }
                offset = offset.max(update["update_id"].as_i64().unwrap_or_default() + 1);
            }
        }
    }
}
