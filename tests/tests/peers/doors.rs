//! SIP through the doors besides UDP and TCP, by programs that know nothing of us: OpenSSL for TLS, a
//! browser for WebSocket.

use std::net::TcpListener;
use std::process::Command;

use crate::chromium::Chromium;
use crate::gateway::Gateway;

/// A gateway with all its doors, and where they are.
pub(crate) struct Doors {
    pub(crate) gateway: Gateway,
    tls: String,
    websocket: String,
}

impl Doors {
    pub(crate) fn open() -> Self {
        let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let (tls, websocket) = (free(), free());
        let settings = [
            ("GUDOK_SIP__TLS__LISTEN", tls.as_str()),
            ("GUDOK_SIP__WEBSOCKET__LISTEN", &websocket),
            ("GUDOK_SIP__WEBSOCKET__ENCRYPTED", "false"),
        ];
        let gateway = Gateway::start_with("doors", &settings);
        Self { gateway, tls, websocket }
    }

    /// What OpenSSL reads after it has written this.
    pub(crate) fn by_tls(&self, message: &str) -> String {
        let script = "printf %s \"$1\" | timeout 3 openssl s_client -quiet -connect \"$2\" 2>/dev/null; true";
        let said = Command::new("sh").args(["-c", script, "-", message, &self.tls]).output();
        String::from_utf8(said.unwrap().stdout).unwrap()
    }

    /// The first frame a page gets after it has sent this, or why there is none.
    pub(crate) fn by_page(&self, protocol: &str, message: &str) -> String {
        let folder = self.gateway.folder(protocol);
        let mut browser = Chromium::open(&folder, "about:blank", std::path::Path::new("/dev/null"));
        let (address, protocol) = (&self.websocket, serde_json::to_string(protocol).unwrap());
        let message = serde_json::to_string(message).unwrap();
        let heard = browser.evaluate(&format!(
            "new Promise(done => {{
                const line = new WebSocket('ws://{address}', {protocol});
                line.onopen = () => line.send({message});
                line.onmessage = ({{ data }}) => done(data);
                line.onerror = () => done('not connected');
            }})"
        ));
        heard.as_str().unwrap().to_owned()
    }
}

/// A request nobody need be for.
pub(crate) fn options(transport: &str) -> String {
    format!(
        "OPTIONS sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} page.invalid;branch=z9hG4bK1\r\n\
         Max-Forwards: 70\r\nFrom: <sip:a@page.invalid>;tag=1\r\nTo: <sip:100@127.0.0.1>\r\n\
         Call-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}
