//! Cookies as browsers send them and as we set them (RFC 6265).

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// How far a cookie goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Life {
    /// 0 takes the cookie away.
    pub(crate) seconds: i64,
    /// Only over TLS, where the request came over TLS.
    pub(crate) secure: bool,
}

/// The value of that cookie, if it was sent.
pub(crate) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let sent = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = sent.flat_map(|line| line.split(';'));
    pairs.find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// A `Set-Cookie` that scripts cannot read and other sites' forms do not carry. `value` is ours:
/// letters and digits.
pub(crate) fn set(name: &str, value: &str, life: Life) -> Option<HeaderValue> {
    let secure = if life.secure { "; Secure" } else { "" };
    let seconds = life.seconds;
    let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&line).ok()
}

/// Did the request reach us, or the proxy before us, over TLS?
pub(crate) fn over_tls(headers: &HeaderMap) -> bool {
    headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "session2=no; session=yes; x".parse().expect("header"));

        assert_eq!(value(&headers, "session"), Some("yes"));
        assert_eq!(value(&headers, "sessio"), None);
        assert_eq!(value(&headers, "x"), None);
    }

    #[test]
    fn a_cookie_stays_on_tls_when_it_came_by_it() {
        let set = |secure| set("a", "b", Life { seconds: 60, secure }).expect("header");

        assert_eq!(set(false), "a=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=60");
        assert_eq!(set(true), "a=b; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure");
    }
}
