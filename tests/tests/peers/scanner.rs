//! sipvicious, in a network of its own: a map of the network, a war over extensions, a crack of passwords.

use std::process::Command;

use crate::gateway::gudok;
use crate::phones::data;

/// What its tools say of a gateway whose guests these are.
pub(crate) fn scanned(name: &str, guests: &str) -> String {
    let folder = std::env::temp_dir().join(format!("gudok-scan-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "sh"]).arg(data("scanned.sh"));
    command.arg(gudok().get_program()).arg(&folder);
    if !guests.is_empty() {
        command.env("GUDOK_SIP__GUESTS", guests);
    }
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    std::fs::remove_dir_all(&folder).unwrap();
    told
}
