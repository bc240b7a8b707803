//! A real exchange: Kamailio as registrar and proxy, on a port of its own.

use std::fs::File;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::gateway::{terminate, until};
use crate::phones::data;

const UP_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Exchange {
    program: Child,
    pub(crate) folder: PathBuf,
    pub(crate) address: String,
}

impl Exchange {
    /// Proofs by that algorithm of RFC 8760; the password is `secret` for everybody.
    pub(crate) fn start(algorithm: &str) -> Self {
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("gudok-exchange-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let text = std::fs::read_to_string(data("exchange.cfg")).unwrap();
        let file = folder.join("kamailio.cfg");
        std::fs::write(&file, text.replace("ALGORITHM", algorithm)).unwrap();
        let log = File::create(folder.join("kamailio.log")).unwrap();

        let address = format!("127.0.0.1:{port}");
        let program = Command::new("kamailio")
            .args(["-DD", "-E", "-l", &format!("udp:{address}"), "-m", "64", "-M", "8"])
            .args(["-f", file.to_str().unwrap(), "-Y", folder.to_str().unwrap()])
            .args(["-P", folder.join("pid").to_str().unwrap()])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("kamailio: {error}; deploy/packages test installs it"));
        let exchange = Self { program, folder, address };
        until("kamailio", UP_WITHIN, || exchange.answers().then_some(()));
        exchange
    }

    /// Somebody it does not know is refused: it is there.
    fn answers(&self) -> bool {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        let (to, from) = (&self.address, socket.local_addr().unwrap());
        let asks = format!(
            "OPTIONS sip:nobody@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{from};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:a@{from}>;tag=1\r\nTo: <sip:nobody@{to}>\r\n\
             Call-ID: {from}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        );
        let sent = socket.send_to(asks.as_bytes(), to);
        sent.is_ok() && socket.recv(&mut [0; 2_000]).is_ok()
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        terminate(&self.program);
        let _ = self.program.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
