//! The little of WebDriver (W3C) that the journeys need, spoken to `chromedriver` on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A page that does not show what it should by then never will.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// `chromedriver`, ended with the test.
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// None where it is not installed.
    pub fn start() -> Option<Self> {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let driver = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < PATIENCE, "chromedriver does not answer");
            std::thread::sleep(BETWEEN_LOOKS);
        }
        Some(driver)
    }

    /// A window of this size, in this language.
    pub fn browser(&self, (width, height): (u32, u32), language: &str, dark: bool) -> Browser {
        let mut arguments = vec![
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--accept-lang={language}"),
        ];
        if dark {
            arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
        }
        let options = json!({"goog:chromeOptions": {"args": arguments}});
        let asked = json!({"capabilities": {"alwaysMatch": options}});
        let session = ask(self.port, "POST", "/session", &asked);
        let session = session["sessionId"].as_str().expect("a session").to_owned();
        Browser {
            port: self.port,
            session,
            language: language.to_owned(),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A window.
pub struct Browser {
    port: u16,
    session: String,
    language: String,
}

impl Browser {
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        ask(
            self.port,
            method,
            &format!("/session/{}{path}", self.session),
            body,
        )
    }

    pub fn goto(&self, address: &str) {
        self.ask("POST", "/url", &json!({"url": address}));
    }

    /// The first element that a selector names, waited for.
    #[track_caller]
    pub fn find(&self, css: &str) -> Element<'_> {
        let start = Instant::now();
        loop {
            let asked = json!({"using": "css selector", "value": css});
            let found = self.ask("POST", "/element", &asked);
            if let Some(id) = found[ELEMENT].as_str() {
                return Element {
                    browser: self,
                    id: id.to_owned(),
                };
            }
            assert!(start.elapsed() < PATIENCE, "no {css} in {}", self.source());
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }

    pub fn source(&self) -> String {
        let source = self.ask("GET", "/source", &Value::Null);
        source.as_str().unwrap_or_default().to_owned()
    }

    pub fn run(&self, script: &str) -> Value {
        self.ask(
            "POST",
            "/execute/sync",
            &json!({"script": script, "args": []}),
        )
    }

    /// What a script hands to its last argument, whenever it does.
    pub fn run_to_end(&self, script: &str) -> Value {
        let asked = json!({"script": script, "args": []});
        self.ask("POST", "/execute/async", &asked)
    }

    /// Goes from one thing to the next, so many times.
    pub fn press_tab(&self, times: usize) {
        const TAB: &str = "\u{E004}";
        self.press(&TAB.repeat(times));
    }

    /// Presses one key after the other.
    pub fn press(&self, keys: &str) {
        let press = |kind: &str, key: char| json!({"type": kind, "value": key.to_string()});
        let presses: Vec<Value> = keys
            .chars()
            .flat_map(|key| [press("keyDown", key), press("keyUp", key)])
            .collect();
        self.act(&[json!({"type": "key", "id": "keyboard", "actions": presses})]);
    }

    /// Puts two fingers on the page to the left and to the right of a point, so far from it, and moves them apart or together.
    pub fn pinch(&self, (x, y): (i64, i64), from: i64, to: i64) {
        let finger = |name: &str, side: i64| {
            let at = |distance: i64, over: u32| json!({"type": "pointerMove", "duration": over, "x": x + side * distance, "y": y});
            json!({"type": "pointer", "id": name, "parameters": {"pointerType": "touch"}, "actions":
                [at(from, 0), {"type": "pointerDown", "button": 0}, at(to, 200), {"type": "pointerUp", "button": 0}]})
        };
        self.act(&[finger("thumb", -1), finger("forefinger", 1)]);
    }

    /// Taps a point twice.
    pub fn tap_twice(&self, (x, y): (i64, i64)) {
        let put = json!({"type": "pointerDown", "button": 0});
        let lift = json!({"type": "pointerUp", "button": 0});
        let go = json!({"type": "pointerMove", "duration": 0, "x": x, "y": y});
        self.act(&[
            json!({"type": "pointer", "id": "thumb", "parameters": {"pointerType": "touch"},
            "actions": [go, put, lift, {"type": "pause", "duration": 60}, put, lift]}),
        ]);
    }

    fn act(&self, actions: &[Value]) {
        let answer = self.ask("POST", "/actions", &json!({"actions": actions}));
        assert!(answer["error"].is_null(), "{answer}");
    }

    /// Another size of what is seen: browsers without a screen have a least width for their windows, phones are narrower.
    pub fn be_as_large_as(&self, (width, height): (u32, u32)) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        let asked = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": size});
        let answer = self.ask("POST", "/goog/cdp/execute", &asked);
        assert!(answer["error"].is_null(), "{answer}");
    }

    /// Keeps a picture of the window as `target/screenshots/<language>/<name>.png`; a name is that of a journey and its step.
    pub fn shoot(&self, name: &str) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("target/screenshots")
            .join(&self.language);
        std::fs::create_dir_all(&folder).unwrap();
        let picture = self.ask("GET", "/screenshot", &Value::Null);
        let bytes = STANDARD.decode(picture.as_str().unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.ask("DELETE", "", &Value::Null);
    }
}

/// An element of a page.
pub struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

impl Element<'_> {
    fn ask(&self, what: &str, body: &Value) {
        let path = format!("/element/{}/{what}", self.id);
        let answer = self.browser.ask("POST", &path, body);
        assert!(answer["error"].is_null(), "{what}: {answer}");
    }

    #[track_caller]
    pub fn click(&self) {
        self.ask("click", &json!({}));
    }

    #[track_caller]
    pub fn enter(&self, text: &str) {
        self.ask("clear", &json!({}));
        self.ask("value", &json!({"text": text}));
    }
}

fn ask(port: u16, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(2 * PATIENCE)).unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    // chromedriver keeps the connection open whatever it was asked: the answer ends where its length says
    let (mut reply, mut part) = (Vec::new(), [0; 65_536]);
    while !is_whole(&reply) {
        match stream.read(&mut part).unwrap() {
            0 => break,
            count => reply.extend_from_slice(&part[..count]),
        }
    }
    let text = String::from_utf8_lossy(&reply);
    let json = text.split_once("\r\n\r\n").map_or("", |(_, json)| json);
    let mut value: Value = serde_json::from_str(json).unwrap_or(Value::Null);
    value["value"].take()
}

/// Whether an answer's head and as many bytes as it tells of are there.
fn is_whole(reply: &[u8]) -> bool {
    let Some(head) = reply.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let length = String::from_utf8_lossy(&reply[..head])
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.trim().parse::<usize>().ok());
    length.is_some_and(|length| reply.len() >= head + 4 + length)
}
