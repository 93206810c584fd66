//! A receiver of alerts that remembers what it was told.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// The key of what is sent here.
pub(crate) const SECRET: &str = "a secret of the test";

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Receiver {
    pub(crate) url: String,
    told: Mutex<mpsc::UnboundedReceiver<Value>>,
}

impl Receiver {
    /// One that takes everything at once.
    pub(crate) async fn plain() -> Self {
        Self::refusing(false).await
    }

    pub(crate) async fn start() -> Self {
        Self::refusing(true).await
    }

    async fn refusing(mut is_first: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, told) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // The first message is refused: it must come again.
                answer(stream, &sender, std::mem::take(&mut is_first)).await;
            }
        });
        Self {
            url,
            told: Mutex::new(told),
        }
    }

    /// The next message of this kind; others are passed over.
    pub(crate) async fn next(&self, event: &str) -> Value {
        self.find(|told| told["event"] == event, event).await
    }

    /// The next message about this check.
    pub(crate) async fn next_about(&self, check: &str) -> Value {
        self.find(|told| told["check"] == check, check).await
    }

    /// Forgets what was told and not requested; returns how much it was.
    pub(crate) async fn drain(&self) -> usize {
        let mut told = self.told.lock().await;
        std::iter::from_fn(|| told.try_recv().ok()).count()
    }

    pub(crate) async fn find(&self, wanted: impl Fn(&Value) -> bool, what: &str) -> Value {
        let mut told = self.told.lock().await;
        let found = async {
            loop {
                let message = told.recv().await.unwrap();
                if wanted(&message) {
                    return message;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, found).await;
        found.unwrap_or_else(|_| panic!("nobody told of {what}"))
    }
}

async fn answer(mut stream: TcpStream, sender: &mpsc::UnboundedSender<Value>, refuse: bool) {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4_096];
    let (head, body) = loop {
        let read = stream.read(&mut chunk).await.unwrap();
        if read == 0 {
            return;
        }
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        if body.len() >= header(head, "content-length").parse::<usize>().unwrap() {
            break (head.to_owned(), body.to_owned());
        }
    };
    assert_eq!(
        header(&head, "x-trellis-signature"),
        reconciler::signature(SECRET, &body)
    );
    let status = if refuse {
        "503 Service Unavailable"
    } else {
        "204 No Content"
    };
    let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    if !refuse {
        sender.send(body.parse().unwrap()).unwrap();
    }
}

fn header<'a>(head: &'a str, name: &str) -> &'a str {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(found, _)| found.eq_ignore_ascii_case(name))
        .map_or("", |(_, value)| value)
}
