//! A mail server as RFC 5321 has it: greeting, EHLO, envelope, DATA; in a good or bad mood.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::TOO_SLOW;
use crate::providers::Mood;

#[derive(Clone)]
pub(crate) struct MailServer {
    port: u16,
    mood: Arc<Mutex<Mood>>,
    mails: Arc<Mutex<Vec<String>>>,
}

impl MailServer {
    pub(crate) async fn open(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, mood: Arc::new(Mutex::new(mood)), mails: Arc::default() };
        let served = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = served.clone();
                tokio::spawn(async move { server.serve(stream).await });
            }
        });
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// As they came, headers and all.
    pub(crate) fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    pub(crate) fn feels(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// `None`: the line was cut.
    async fn serve(&self, stream: TcpStream) -> Option<()> {
        let mood = *self.mood.lock().unwrap();
        match mood {
            Mood::Down => return None,
            Mood::Slow => tokio::time::sleep(TOO_SLOW).await,
            _ => {}
        }
        let (read, mut write) = stream.into_split();
        let mut lines = BufReader::new(read).lines();
        write.write_all(greeting(mood).as_bytes()).await.ok()?;
        while let Some(line) = lines.next_line().await.ok()? {
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let answer = match verb.as_str() {
                "EHLO" => "250-mail.test\r\n250 8BITMIME\r\n",
                "MAIL" => "250 2.1.0 Ok\r\n",
                "RCPT" => recipient(mood),
                "DATA" => {
                    write.write_all(b"354 End data with <CR><LF>.<CR><LF>\r\n").await.ok()?;
                    let mut mail = String::new();
                    while let Some(line) = lines.next_line().await.ok()?.filter(|it| it != ".") {
                        mail.push_str(&line);
                        mail.push('\n');
                    }
                    if mood == Mood::Broken {
                        "451 4.3.0 Local error\r\n"
                    } else {
                        self.mails.lock().unwrap().push(mail);
                        "250 2.0.0 Ok: queued\r\n"
                    }
                }
                "QUIT" => "221 2.0.0 Bye\r\n",
                _ => "250 2.0.0 Ok\r\n",
            };
            write.write_all(answer.as_bytes()).await.ok()?;
        }
        Some(())
    }
}

fn greeting(mood: Mood) -> &'static str {
    match mood {
        Mood::Busy => "421 4.7.0 Try again later\r\n",
        Mood::Nonsense => "HTTP/1.1 200 OK\r\n",
        _ => "220 mail.test ESMTP\r\n",
    }
}

fn recipient(mood: Mood) -> &'static str {
    match mood {
        Mood::Refuses | Mood::Loses => "550 5.1.1 No such user\r\n",
        _ => "250 2.1.5 Ok\r\n",
    }
}
