//! The console as an admin's browser sees it: login, then a page.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, SET_COOKIE};
use reqwest::redirect::Policy;

use crate::gateway::Gateway;
use crate::pages::Call;

const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

impl Gateway {
    /// The call's page, behind the login.
    pub(crate) fn console_page(&self, call: &Call) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(self.signed_in(&format!("/console/calls/{}", call.id))).unwrap()
    }

    async fn signed_in(&self, path: &str) -> Result<String, reqwest::Error> {
        let http = &self.keys.http;
        web::post::secure();
        let client =
            reqwest::Client::builder().timeout(ANSWERED_WITHIN).redirect(Policy::none()).build()?;
        let door = client.get(format!("{http}/console/login")).send().await?;
        let visit = cookies(door.headers());
        let token = between(&door.text().await?, "name=\"form_token\" value=\"", "\"");
        let form = format!(
            "login={}&password={}&form_token={token}",
            self.keys.admin_user, self.keys.admin_password
        );
        let entered = client
            .post(format!("{http}/console/login"))
            .header(COOKIE, &visit)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await?;
        assert!(entered.status().is_redirection(), "login: {}", entered.status());
        let session = format!("{visit}; {}", cookies(entered.headers()));
        let page = client.get(format!("{http}{path}")).header(COOKIE, session).send().await?;
        page.error_for_status()?.text().await
    }
}

fn cookies(headers: &HeaderMap) -> String {
    let set = headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs: Vec<&str> = set.filter_map(|cookie| cookie.split(';').next()).collect();
    pairs.join("; ")
}

fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split(before).nth(1).unwrap_or_default();
    rest.split(after).next().unwrap_or_default().to_owned()
}
