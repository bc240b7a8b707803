//! `gudok measure`.
pub fn measure(_turns: usize) -> anyhow::Result<std::process::ExitCode> {
    Ok(super::code(false))
}
