//! A browser without a screen: one connection a request, cookies, forms.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    #[track_caller]
    pub fn shows(&self, text: &str) -> &Self {
        assert!(self.body.contains(text), "no {text:?} in {}", self.body);
        self
    }

    #[track_caller]
    pub fn hides(&self, text: &str) -> &Self {
        assert!(!self.body.contains(text), "{text:?} in {}", self.body);
        self
    }
}

/// Somebody at a tablet.
#[derive(Debug, Clone)]
pub struct Visitor {
    pub address: SocketAddr,
    pub cookie: String,
    pub token: String,
}

impl Visitor {
    /// Nobody in particular, in English.
    pub fn nobody(address: SocketAddr) -> Self {
        Self {
            address,
            cookie: "seedgrade-language=en".to_owned(),
            token: String::new(),
        }
    }

    /// Somebody who logs in.
    pub fn named(address: SocketAddr, name: &str, password: &str) -> Self {
        let mut visitor = Self::nobody(address);
        let reply = visitor.post("/login", &[("name", name), ("password", password)]);
        reply.is(303);
        let cookie = reply.header("set-cookie").unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        visitor.cookie += &format!("; {}", cookie.split(';').next().unwrap());
        let page = visitor.get("/system");
        let after = page.body.split("name=\"token\" value=\"").nth(1).unwrap();
        visitor.token = after.split('"').next().unwrap().to_owned();
        visitor
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send(&format!("GET {path} HTTP/1.1\r\n{}\r\n", self.head()))
    }

    /// Sends a form with this session's token.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let token = self.token.clone();
        let mut body = format!("token={token}");
        for (name, value) in fields {
            body += &format!("&{name}={}", encoded(value));
        }
        self.post_raw(path, &body, "")
    }

    pub fn post_raw(&self, path: &str, body: &str, headers: &str) -> Reply {
        let length = body.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\n{}{headers}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}",
            self.head()
        ))
    }

    fn head(&self) -> String {
        format!(
            "Host: {}\r\nCookie: {}\r\nConnection: close\r\n",
            self.address, self.cookie
        )
    }

    /// Sends bytes as they are; of a stream only the head is read.
    pub fn send(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // a request that is refused early is answered before it is wholly sent
        let _ = stream.write_all(request.as_bytes());
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap() == 0 || line == "\r\n" {
                break;
            }
            head += &line;
        }
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut body = Vec::new();
        if !head.contains("text/event-stream") {
            let _ = reader.read_to_end(&mut body);
        }
        if head.contains("transfer-encoding: chunked") && !body.is_empty() {
            body = joined(&body);
        }
        Reply {
            status: status.unwrap_or(0),
            head,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    /// The stream of news, read a line at a time.
    pub fn news(&self) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = format!("GET /live/events HTTP/1.1\r\n{}\r\n", self.head());
        stream.write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            assert!(reader.read_line(&mut line).unwrap() > 0);
        }
        reader
    }
}

/// The chunks of a body that was sent while it was made.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = chunks.windows(2).position(|pair| pair == b"\r\n") {
        let size = std::str::from_utf8(&chunks[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 2 + size + 2..];
    }
    panic!("a body that breaks off: {} bytes of it came", body.len());
}

pub fn encoded(text: &str) -> String {
    let byte = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(b).to_string(),
        _ => format!("%{b:02X}"),
    };
    text.bytes().map(byte).collect()
}
