//! A WebSocket of ours to a service: opened within a limit, its certificate checked where it is encrypted.
//!
//! **Never here:** what is said over it.

use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};

use crate::net::certificates;

/// A service that takes longer to be reached is of no use to a caller.
const OPENS_WITHIN: Duration = Duration::from_millis(1_500);

/// Where a service is, and the headers it wants.
#[derive(Clone)]
pub struct Address {
    /// `wss://host/path?query`, or `ws://` within the house.
    pub url: String,
    /// Names and values; secrets among them.
    pub headers: Vec<(String, String)>,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Encrypted or not, one type.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub type Line = WebSocketStream<Box<dyn Stream>>;

/// The error says what is wrong, in words for the log.
pub async fn open(address: &Address) -> Result<Line, String> {
    match tokio::time::timeout(OPENS_WITHIN, connect(address)).await {
        Ok(line) => line,
        Err(_) => Err(format!("not reached within {} ms", OPENS_WITHIN.as_millis())),
    }
}

async fn connect(address: &Address) -> Result<Line, String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let mut request = address.url.as_str().into_client_request().map_err(|it| said(&it))?;
    for (name, value) in &address.headers {
        let name: HeaderName = name.parse().map_err(|_| format!("header {name:?}"))?;
        let mut value: HeaderValue = value.parse().map_err(|_| format!("value of {name}"))?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    let uri = request.uri();
    let encrypted = uri.scheme_str() == Some("wss");
    let host = uri.host().ok_or("no host in the address")?.to_owned();
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let socket = TcpStream::connect((host.as_str(), port)).await.map_err(|it| said(&it))?;
    socket.set_nodelay(true).map_err(|it| said(&it))?;
    let stream: Box<dyn Stream> = match encrypted {
        false => Box::new(socket),
        true => {
            let name = ServerName::try_from(host).map_err(|it| said(&it))?;
            let trust = certificates::of_this_machine().map_err(|it| said(&it))?;
            let encrypted = TlsConnector::from(trust).connect(name, socket).await;
            Box::new(encrypted.map_err(|it| said(&it))?)
        }
    };
    let opened = tokio_tungstenite::client_async(request, stream).await;
    opened.map(|(line, _)| line).map_err(|it| said(&it))
}
