//! What an API key may do. Which scope a request needs follows from its method and address alone, so
//! that no handler can forget to ask.

use axum::http::Method;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that only looks.
    Read,
    /// Begins conversations and writes in them as the client or master.
    Conversations,
    /// Acts on calls and conversations as the office does.
    Office,
    Jobs,
    Masters,
    Payments,
    /// Settings, keys, webhooks.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Conversations,
        Self::Office,
        Self::Jobs,
        Self::Masters,
        Self::Payments,
        Self::Admin,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Conversations => "conversations",
            Self::Office => "office",
            Self::Jobs => "jobs",
            Self::Masters => "masters",
            Self::Payments => "payments",
            Self::Admin => "admin",
        }
    }

    /// `path` below `/api/v1`.
    pub fn needed(method: &Method, path: &str) -> Self {
        let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        let looks = method == Method::GET || method == Method::HEAD;
        match first {
            "settings" | "keys" | "webhooks" | "audit" => Self::Admin,
            _ if looks => Self::Read,
            "ai" | "understand" => Self::Conversations,
            "calls" | "conversations" => Self::Office,
            "jobs" | "contacts" => Self::Jobs,
            "masters" => Self::Masters,
            "terminal" => Self::Payments,
            _ => Self::Admin,
        }
    }

    /// `scopes` as the store keeps them; empty: everything.
    pub fn is_in(self, scopes: &str) -> bool {
        scopes.is_empty() || scopes.split(' ').any(|scope| scope == self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unknown_needs_the_most() {
        assert_eq!(Scope::needed(&Method::POST, "/something/new"), Scope::Admin);
        assert_eq!(Scope::needed(&Method::GET, "/audit"), Scope::Admin);
        assert_eq!(Scope::needed(&Method::GET, "/jobs"), Scope::Read);
        assert_eq!(Scope::needed(&Method::POST, "/ai/conversation/start"), Scope::Conversations);
    }

    #[test]
    fn a_key_without_scopes_may_everything_and_one_with_them_only_those() {
        for scope in Scope::ALL {
            assert!(scope.is_in(""));
            assert_eq!(scope.is_in("read jobs"), matches!(scope, Scope::Read | Scope::Jobs));
        }
        assert!(!Scope::Read.is_in("ready"));
    }
}
