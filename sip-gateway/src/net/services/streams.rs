//! Recognisers over gRPC: one channel for all callers, kept warm, a stream for every turn.
//!
//! Sources: yandex.cloud documentation, "SpeechKit API v3", keys as "Authentication" there has them;
//! Tinkoff/voicekit-examples, `python/auth.py` (a token of ten minutes, HS256: RFC 7515, RFC 7519).
//!
//! **Never here:** what streams are for (`media/speech/service/streams`).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Buf, BufMut};
use jiff::Timestamp;
use media::speech::service::streams::{Act, Protocol, Stream, Streams as Dialect};
use media::speech::{Capacity, Ear, Events, Heard, Recogniser, SpeechError, Tongue};
use media::turn::TurnId;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use super::ear::{FINAL_WITHIN, Order, RemoteEar, SILENT_FOR, WAITING_MAX};
use crate::clock;
use crate::net::certificates;

/// A token is good for so long, and made anew for every stream.
const TOKEN_SECONDS: i64 = 600;
const TOKEN_FOR: &str = "tinkoff.cloud.stt";
const OPENS_WITHIN: Duration = Duration::from_millis(1_500);
/// A channel that carries streams is looked at so often.
const PING_EVERY: Duration = Duration::from_millis(500);
/// Messages of one stream on their way out: ten seconds of sound.
const OUT_MAX: usize = 256;
const NEWS_MAX: usize = 256;
/// A stream that takes no more is tried again so soon.
const STUCK_LOOK: Duration = Duration::from_millis(5);
/// How often overdue words are looked for.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Where it is, and who asks.
#[derive(Clone)]
pub struct Access {
    /// `https://stt.api.cloud.yandex.net:443`
    pub address: String,
    pub key: Key,
    /// Needed beside a bearer token.
    pub folder: String,
    pub model: String,
}

/// What proves who asks.
#[derive(Clone)]
pub enum Key {
    /// `Api-Key …` or `Bearer …`, as it is.
    Plain(String),
    /// Signs a token.
    Signs { id: String, secret: Vec<u8> },
}

pub struct Streams {
    protocol: Protocol,
    access: Access,
    tongue: Tongue,
    channel: Channel,
    runtime: Handle,
    places: Arc<Semaphore>,
    total: usize,
}

impl Streams {
    /// The error says what is wrong with the address.
    pub fn new(
        protocol: Protocol,
        access: Access,
        tongue: Tongue,
        total: usize,
        runtime: Handle,
    ) -> anyhow::Result<Self> {
        let _inside = runtime.enter();
        let channel = channel(&access.address)?;
        let places = Arc::new(Semaphore::new(total));
        Ok(Streams { protocol, access, tongue, channel, runtime, places, total })
    }
}

/// Connected when it is first needed, and again when it was lost.
pub fn channel(address: &str) -> anyhow::Result<Channel> {
    let endpoint = Endpoint::from_shared(address.to_owned())?
        .connect_timeout(OPENS_WITHIN)
        .http2_keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(SILENT_FOR - PING_EVERY)
        .tcp_nodelay(true);
    Ok(endpoint.connect_with_connector_lazy(tower::service_fn(connect)))
}

async fn connect(
    uri: tonic::transport::Uri,
) -> std::io::Result<hyper_util::rt::TokioIo<Box<dyn super::line::Stream>>> {
    let failed = |error: &dyn std::fmt::Display| std::io::Error::other(error.to_string());
    let encrypted = uri.scheme_str() == Some("https");
    let host = uri.host().ok_or_else(|| failed(&"no host in the address"))?;
    let port = uri.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
    let socket = tokio::net::TcpStream::connect((host, port)).await?;
    socket.set_nodelay(true)?;
    let stream: Box<dyn super::line::Stream> = match encrypted {
        false => Box::new(socket),
        true => {
            let trust = certificates::of_this_machine().map_err(|it| failed(&it))?;
            let mut trust = (*trust).clone();
            trust.alpn_protocols = vec![b"h2".to_vec()];
            let name = rustls::pki_types::ServerName::try_from(host.to_owned());
            let name = name.map_err(|it| failed(&it))?;
            Box::new(tokio_rustls::TlsConnector::from(Arc::new(trust)).connect(name, socket).await?)
        }
    };
    Ok(hyper_util::rt::TokioIo::new(stream))
}

impl Recogniser for Streams {
    fn open(&self, events: Events) -> Result<Box<dyn Ear>, SpeechError> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| SpeechError::Busy { total: self.total })?;
        let (orders, inbox) = mpsc::channel(WAITING_MAX);
        let (tell, news) = mpsc::channel(NEWS_MAX);
        let caller = Caller {
            access: self.access.clone(),
            channel: self.channel.clone(),
            protocol: self.protocol,
            talk: Dialect::new(self.protocol, self.access.model.clone(), self.tongue),
            events,
            inbox,
            tell,
            news,
            streams: HashMap::new(),
            due: HashMap::new(),
            stuck: None,
            _place: place,
        };
        self.runtime.spawn(caller.serve());
        Ok(Box::new(RemoteEar::new(orders)))
    }

    fn capacity(&self) -> Capacity {
        Capacity { free: self.places.available_permits(), total: self.total }
    }
}

/// Of one stream.
enum News {
    Message(Vec<u8>),
    Over,
    Failed(String),
}

struct Caller {
    protocol: Protocol,
    access: Access,
    channel: Channel,
    talk: Dialect,
    events: Events,
    inbox: mpsc::Receiver<Order>,
    tell: mpsc::Sender<(Stream, News)>,
    news: mpsc::Receiver<(Stream, News)>,
    streams: HashMap<Stream, (mpsc::Sender<Vec<u8>>, tokio::task::AbortHandle)>,
    due: HashMap<TurnId, Instant>,
    /// What a stream does not take yet, and since when.
    stuck: Option<(Stream, Vec<u8>, Instant)>,
    _place: OwnedSemaphorePermit,
}

impl Caller {
    async fn serve(mut self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            self.carry_out_all();
            let stuck = self.stuck.is_some();
            tokio::select! {
                () = tokio::time::sleep(STUCK_LOOK), if stuck => {}
                order = self.inbox.recv(), if !stuck => match order {
                    None => break,
                    Some(order) => self.obey(order),
                },
                Some((stream, news)) = self.news.recv() => match news {
                    News::Message(message) => self.talk.take(stream, &message),
                    News::Over => self.talk.over(stream),
                    News::Failed(fact) => {
                        self.talk.fail(stream, SpeechError::Engine { engine: self.protocol.engine(), fact });
                    }
                },
                _ = look.tick() => self.give_up_overdue(),
            }
        }
        self.streams.values().for_each(|(_, task)| task.abort());
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Begin(turn, _) => self.talk.begin(turn),
            Order::Hear(frame) => self.talk.hear(&frame),
            Order::End(turn) => {
                self.due.insert(turn, clock::now() + FINAL_WITHIN);
                self.talk.end(turn);
            }
            Order::Forget(turn) => {
                self.due.remove(&turn);
                self.talk.forget(turn);
            }
        }
    }

    fn give_up_overdue(&mut self) {
        let now = clock::now();
        let overdue: Vec<TurnId> =
            self.due.iter().filter(|(_, due)| now >= **due).map(|(turn, _)| *turn).collect();
        for turn in overdue {
            self.due.remove(&turn);
            self.talk.forget(turn);
            let silent =
                SpeechError::Silent { engine: self.protocol.engine(), after: FINAL_WITHIN };
            (self.events)(turn, Heard::Failed(silent));
        }
    }

    /// One stream that takes no more holds the others up, so that nothing overtakes anything; not for long.
    fn carry_out_all(&mut self) {
        if let Some((stream, message, since)) = self.stuck.take() {
            self.send(stream, message, since);
        }
        while self.stuck.is_none()
            && let Some(act) = self.talk.poll()
        {
            self.carry_out(act);
        }
    }

    fn send(&mut self, stream: Stream, message: Vec<u8>, since: Instant) {
        let Some((out, _)) = self.streams.get(&stream) else {
            return;
        };
        match out.try_send(message) {
            Err(mpsc::error::TrySendError::Full(message))
                if clock::now().saturating_duration_since(since) < SILENT_FOR =>
            {
                self.stuck = Some((stream, message, since));
            }
            Err(mpsc::error::TrySendError::Full(_)) => {
                let fact = "the stream takes no more sound".to_owned();
                self.talk
                    .fail(stream, SpeechError::Engine { engine: self.protocol.engine(), fact });
            }
            // It has ended; how, comes by itself.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
        }
    }

    fn carry_out(&mut self, act: Act) {
        match act {
            Act::Open(stream) => self.open(stream),
            Act::Send(stream, message) => self.send(stream, message, clock::now()),
            Act::Finish(stream) => {
                // Without a sender the request ends, and the answers go on.
                if let Some((out, _)) = self.streams.get_mut(&stream) {
                    *out = mpsc::channel(1).0;
                }
            }
            Act::Drop(stream) => {
                if let Some((_, task)) = self.streams.remove(&stream) {
                    task.abort();
                }
            }
            Act::Tell(turn, heard) => {
                if !matches!(heard, Heard::Partial(_)) {
                    self.due.remove(&turn);
                }
                (self.events)(turn, heard);
            }
        }
    }

    fn open(&mut self, stream: Stream) {
        let (out, sound) = mpsc::channel(OUT_MAX);
        let (tell, channel, access, protocol) =
            (self.tell.clone(), self.channel.clone(), self.access.clone(), self.protocol);
        let task = tokio::spawn(async move {
            let news = match converse(channel, protocol, &access, sound, stream, &tell).await {
                Ok(()) => News::Over,
                Err(status) => News::Failed(format!("{:?}: {}", status.code(), status.message())),
            };
            let _ = tell.send((stream, news)).await;
        });
        self.streams.retain(|_, (_, task)| !task.is_finished());
        self.streams.insert(stream, (out, task.abort_handle()));
    }
}

async fn converse(
    channel: Channel,
    protocol: Protocol,
    access: &Access,
    sound: mpsc::Receiver<Vec<u8>>,
    stream: Stream,
    tell: &mpsc::Sender<(Stream, News)>,
) -> Result<(), Status> {
    let outbound = futures_util::stream::unfold(sound, |mut sound| async {
        sound.recv().await.map(|message| (message, sound))
    });
    let mut request = Request::new(outbound);
    sign(&mut request, access)?;
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
    let answer =
        client.streaming(request, protocol.method().parse().map_err(invalid)?, Raw).await?;
    let mut answers = answer.into_inner();
    while let Some(message) = answers.message().await? {
        if tell.send((stream, News::Message(message))).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Who asks.
pub fn sign<T>(request: &mut Request<T>, access: &Access) -> Result<(), Status> {
    let authorization = match &access.key {
        Key::Plain(key) => key.clone(),
        Key::Signs { id, secret } => format!("Bearer {}", token(id, secret, clock::wall())),
    };
    let mut value: MetadataValue<_> = authorization.parse().map_err(invalid)?;
    value.set_sensitive(true);
    request.metadata_mut().insert("authorization", value);
    if !access.folder.is_empty() {
        request.metadata_mut().insert("x-folder-id", access.folder.parse().map_err(invalid)?);
    }
    Ok(())
}

/// A JSON web token that says who asks for what, and until when.
fn token(id: &str, secret: &[u8], now: Timestamp) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(json!({ "alg": "HS256", "typ": "JWT", "kid": id }));
    let until = now.as_second() + TOKEN_SECONDS;
    let claims = part(json!({ "iss": "gudok", "sub": "gudok", "aud": TOKEN_FOR, "exp": until }));
    let signed = format!("{head}.{claims}");
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    let signature = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, signed.as_bytes()));
    format!("{signed}.{signature}")
}

pub fn invalid(error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(error.to_string())
}

/// Messages as bytes: what is in them is the dialect's affair.
#[derive(Debug, Clone, Copy, Default)]
pub struct Raw;

impl Codec for Raw {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, message: Vec<u8>, out: &mut EncodeBuf<'_>) -> Result<(), Status> {
        out.put_slice(&message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut message = vec![0; from.remaining()];
        from.copy_to_slice(&mut message);
        Ok(Some(message))
    }
}
