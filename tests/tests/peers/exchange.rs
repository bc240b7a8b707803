//! A real exchange: Kamailio as registrar and proxy, on ports of its own; and the name server that
//! knows where it is.

use std::fs::File;
use std::net::{TcpListener, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::gateway::{terminate, until};
use crate::phones::data;

const UP_WITHIN: Duration = Duration::from_secs(20);

pub(crate) struct Exchange {
    program: Child,
    pub(crate) folder: PathBuf,
    /// By UDP.
    pub(crate) address: String,
    /// By TLS, where it has a certificate.
    pub(crate) secure_port: u16,
}

/// What one exchange does and others do not.
#[derive(Debug, Clone, Copy, Default)]
struct Habits<'a> {
    algorithm: &'a str,
    transports: &'a str,
    modules: &'a str,
    secure_port: u16,
    on_invite: &'a str,
    replies: &'a str,
}

impl Exchange {
    /// Proofs by that algorithm of RFC 8760; the password is `secret` for everybody.
    pub(crate) fn start(algorithm: &str) -> Self {
        Self::open(&Habits { algorithm, transports: "disable_tcp=yes", ..Habits::default() })
    }

    /// By TLS too, with a certificate for `pbx.test` in `certificate.pem` of its folder.
    pub(crate) fn start_secure() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let modules = "loadmodule \"tls.so\"\n\
            modparam(\"tls\", \"certificate\", \"FOLDER/certificate.pem\")\n\
            modparam(\"tls\", \"private_key\", \"FOLDER/key.pem\")\n\
            modparam(\"tls\", \"tls_method\", \"TLSv1.2+\")";
        Self::open(&Habits {
            algorithm: "SHA-256",
            transports: "tcp_children=1\nenable_tls=yes",
            modules,
            secure_port: port,
            ..Habits::default()
        })
    }

    /// All sound goes through `relay`, plain on the callers' side, encrypted on that of whoever is
    /// registered.
    pub(crate) fn start_encrypting(relay: &Relay) -> Self {
        let modules = format!(
            "loadmodule \"rtpengine.so\"\n\
             modparam(\"rtpengine\", \"rtpengine_sock\", \"udp:{}\")",
            relay.control
        );
        Self::open(&Habits {
            algorithm: "MD5",
            transports: "disable_tcp=yes",
            modules: &modules,
            on_invite: "rtpengine_offer(\"RTP/SAVP replace-origin ICE=remove\"); t_on_reply(\"MEDIA\");",
            replies: "onreply_route[MEDIA] {\n\
                if (has_body(\"application/sdp\")) {\n\
                    rtpengine_answer(\"RTP/AVP replace-origin ICE=remove\");\n\
                }\n}",
            ..Habits::default()
        })
    }

    fn open(habits: &Habits<'_>) -> Self {
        let Habits { algorithm, transports, modules, secure_port, on_invite, replies } = *habits;
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("gudok-exchange-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        if secure_port != 0 {
            certify(&folder);
        }
        let text = std::fs::read_to_string(data("exchange.cfg")).unwrap();
        let text = text.replace("ALGORITHM", algorithm).replace("TRANSPORTS", transports);
        let text = text.replace("ON_INVITE", on_invite).replace("REPLIES", replies);
        let text = text.replace("MODULES", modules).replace("FOLDER", folder.to_str().unwrap());
        std::fs::write(folder.join("kamailio.cfg"), text).unwrap();

        let address = format!("127.0.0.1:{port}");
        let program = run(&folder, &address, secure_port);
        let exchange = Self { program, folder, address, secure_port };
        until("kamailio", UP_WITHIN, || exchange.answers().then_some(()));
        exchange
    }

    /// It stops and starts anew, knowing nobody.
    pub(crate) fn restart(&mut self) {
        terminate(&self.program);
        self.program.wait().unwrap();
        self.program = run(&self.folder, &self.address, self.secure_port);
        until("kamailio", UP_WITHIN, || self.answers().then_some(()));
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

fn run(folder: &std::path::Path, address: &str, secure_port: u16) -> Child {
    let log = File::options().create(true).append(true).open(folder.join("kamailio.log")).unwrap();
    let mut command = Command::new("kamailio");
    command
        .args(["-DD", "-E", "-l", &format!("udp:{address}"), "-m", "64", "-M", "8"])
        .args(["-f", folder.join("kamailio.cfg").to_str().unwrap()])
        .args(["-Y", folder.to_str().unwrap(), "-P", folder.join("pid").to_str().unwrap()]);
    if secure_port != 0 {
        command.args(["-l", &format!("tls:127.0.0.1:{secure_port}")]);
    }
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap_or_else(|error| panic!("kamailio: {error}; deploy/packages test installs it"))
}

fn certify(folder: &std::path::Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
        ])
        .args(["-days", "2", "-subj", "/CN=pbx.test", "-addext", "subjectAltName=DNS:pbx.test"])
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status()
        .unwrap_or_else(|error| panic!("openssl: {error}; deploy/packages test installs it"));
    assert!(made.success());
}

impl Drop for Exchange {
    fn drop(&mut self) {
        terminate(&self.program);
        let _ = self.program.wait();
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// A name server that says what it is told to, and where it listens.
pub(crate) struct Names {
    program: Child,
    pub(crate) address: String,
}

impl Names {
    /// `records`: dnsmasq's options, as in `--host-record=a.test,127.0.0.1`.
    pub(crate) fn start(records: &[String]) -> Self {
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = Command::new("dnsmasq")
            .args(["--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null"])
            .args(["--pid-file=", "--listen-address=127.0.0.1", "--bind-interfaces"])
            .args(["--user=root", "--local=/test/", &format!("--port={port}")])
            .args(records)
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("dnsmasq: {error}; deploy/packages test installs it"));
        let address = format!("127.0.0.1:{port}");
        until("dnsmasq", UP_WITHIN, || {
            std::net::TcpStream::connect(&address).is_ok().then_some(())
        });
        Self { program, address }
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// rtpengine, which carries sound and changes what it is wrapped in.
pub(crate) struct Relay {
    program: Child,
    control: String,
}

impl Relay {
    pub(crate) fn start(folder: &std::path::Path) -> Self {
        let port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let control = format!("127.0.0.1:{port}");
        let log = File::create(folder.join("rtpengine.log")).unwrap();
        let program = Command::new("rtpengine")
            .args(["--foreground", "--log-stderr", "--table=-1", "--interface=127.0.0.1"])
            .args(["--port-min=41000", "--port-max=41199", "--config-file=none"])
            .arg(format!("--listen-ng={control}"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("rtpengine: {error}; deploy/packages test installs it"));
        let relay = Self { program, control };
        until("rtpengine", UP_WITHIN, || relay.answers().then_some(()));
        relay
    }

    fn answers(&self) -> bool {
        self.asked("d7:command4:pinge").is_some()
    }

    /// What it knows of the calls it carries, as it writes it (bencode).
    pub(crate) fn calls(&self) -> String {
        let list = self.asked("d7:command4:liste").unwrap_or_default();
        let names = list.split_once("5:callsl").map_or("", |(_, names)| names);
        let Some((length, rest)) = names.split_once(':') else {
            return String::new();
        };
        let name = length.parse().ok().and_then(|length: usize| rest.get(..length));
        let name = name.unwrap_or_default();
        let query = format!("d7:call-id{}:{name}7:command5:querye", name.len());
        self.asked(&query).unwrap_or_default()
    }

    fn asked(&self, command: &str) -> Option<String> {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
        // A question of the same number is taken for the same question.
        let number = socket.local_addr().ok()?.port();
        socket.send_to(format!("{number} {command}").as_bytes(), &self.control).ok()?;
        let mut answer = vec![0; 65_535];
        let length = socket.recv(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer[..length]).into_owned())
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
