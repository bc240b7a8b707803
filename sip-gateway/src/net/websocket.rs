//! SIP over WebSocket (RFC 7118): every frame is one message.
//!
//! **Never here:** TLS, who may connect.

use std::io;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async_with_config};

use super::stream::{SILENT_FOR, WAITING_MAX, WHOLE_WITHIN, Word};
use crate::sip::agent::Flow;
use crate::sip::wire::MESSAGE_BYTES_MAX;

/// What both ends speak inside (RFC 7118 section 4).
const PROTOCOL: &str = "sip";

/// Serves one connection until it closes, errs or falls silent.
pub async fn serve(
    socket: impl AsyncRead + AsyncWrite + Unpin,
    flow: Flow,
    words: mpsc::Sender<Word>,
) -> io::Result<()> {
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let opening = accept_hdr_async_with_config(socket, agree, Some(limits));
    let opened = tokio::time::timeout(WHOLE_WITHIN, opening).await.map_err(late)?;
    let socket = opened.map_err(io::Error::other)?;

    let (sender, outgoing) = mpsc::channel(WAITING_MAX);
    if words.send(Word::Opened(flow, sender, None)).await.is_err() {
        return Ok(());
    }
    let result = talk(socket, flow, outgoing, &words).await;
    let _ = words.send(Word::Lost(flow)).await;
    result
}

async fn talk(
    mut socket: WebSocketStream<impl AsyncRead + AsyncWrite + Unpin>,
    flow: Flow,
    mut outgoing: mpsc::Receiver<Vec<u8>>,
    words: &mpsc::Sender<Word>,
) -> io::Result<()> {
    loop {
        tokio::select! {
            heard = tokio::time::timeout(SILENT_FOR, socket.next()) => {
                let Some(heard) = heard.map_err(late)? else {
                    return Ok(());
                };
                let bytes = match heard.map_err(io::Error::other)? {
                    Message::Text(text) => text.as_bytes().to_vec(),
                    Message::Binary(bytes) => bytes.to_vec(),
                    Message::Close(_) => return Ok(()),
                    Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
                };
                if words.send(Word::Message(flow, bytes)).await.is_err() {
                    return Ok(());
                }
            }
            said = outgoing.recv() => {
                let Some(bytes) = said else { return Ok(()) };
                let sent = tokio::time::timeout(WHOLE_WITHIN, socket.send(frame(bytes))).await;
                sent.map_err(late)?.map_err(io::Error::other)?;
            }
        }
    }
}

/// Text where it is text (RFC 7118 section 4 allows both).
fn frame(bytes: Vec<u8>) -> Message {
    match String::from_utf8(bytes) {
        Ok(text) => Message::Text(Utf8Bytes::from(text)),
        Err(bytes) => Message::Binary(bytes.into_bytes().into()),
    }
}

#[expect(clippy::result_large_err, reason = "the library's shape")]
fn agree(request: &Request, mut response: Response) -> Result<Response, ErrorResponse> {
    let offered = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let sip = offered.iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').any(|protocol| protocol.trim().eq_ignore_ascii_case(PROTOCOL))
    });
    if !sip {
        let mut refusal = ErrorResponse::new(Some("the subprotocol sip is spoken here".into()));
        *refusal.status_mut() = StatusCode::BAD_REQUEST;
        return Err(refusal);
    }
    let protocol = HeaderValue::from_static(PROTOCOL);
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
    Ok(response)
}

fn late(_: tokio::time::error::Elapsed) -> io::Error {
    io::ErrorKind::TimedOut.into()
}
