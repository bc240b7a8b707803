//! The caller's name.
use super::token::Tokens;
use super::{Context, Found};
pub(super) fn name(_tokens: &mut Tokens<'_>, _context: &Context<'_>) -> Option<Found<String>> {
    None
}
