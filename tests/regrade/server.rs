//! A NATS server of its own for a test, where one is installed.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// Longer than a server or a run takes on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

/// Waits until something holds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < LONGEST, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A process that ends with its test.
pub struct Process(pub Child);

impl Process {
    pub fn of(command: &mut Command) -> Self {
        Self(
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap(),
        )
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// SIGINT, as Ctrl-C.
    pub fn interrupt(&self) {
        common::signal(&self.0, "-INT");
    }

    /// Waits for its end.
    pub fn ended(mut self) -> Run {
        use std::io::Read as _;
        let mut run = Run {
            code: None,
            stdout: String::new(),
            stderr: String::new(),
        };
        self.0
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut run.stderr)
            .unwrap();
        self.0
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut run.stdout)
            .unwrap();
        run.code = self.0.wait().unwrap().code();
        assert!(!run.stderr.contains("panicked"), "{run:#?}");
        run
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A NATS server with JetStream on the disk.
pub struct NatsServer {
    process: Option<Process>,
    port: u16,
    folder: TempDir,
}

impl NatsServer {
    /// Starts one with further lines of configuration; none where none is installed.
    pub fn start(configuration: &str) -> Option<Self> {
        if Command::new("nats-server")
            .arg("--version")
            .output()
            .is_err()
        {
            println!("nats-server is not installed: skipped");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let free = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = Self {
            process: None,
            port: free,
            folder,
        };
        let text = format!(
            "listen: \"127.0.0.1:{free}\"\nserver_name: \"test\"\n{}",
            configuration.replace(
                "STORE",
                server.folder.path().join("store").to_str().unwrap()
            )
        );
        fs::File::create(server.folder.path().join("nats.conf"))
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        server.up();
        Some(server)
    }

    /// One as a nursery has it.
    pub fn usual() -> Option<Self> {
        Self::start(JETSTREAM)
    }

    fn up(&mut self) {
        let mut command = Command::new("nats-server");
        command
            .arg("--config")
            .arg(self.folder.path().join("nats.conf"));
        self.process = Some(Process(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        ));
        until("the server listens", || {
            TcpStream::connect(("127.0.0.1", self.port)).is_ok()
        });
    }

    /// Kills it: what it had on the disk is what is left.
    pub fn down(&mut self) {
        self.process.take().unwrap().kill();
    }

    pub fn restart(&mut self) {
        self.down();
        self.up();
    }

    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub fn url_as(&self, user: &str) -> String {
        format!("nats://{user}@127.0.0.1:{}", self.port)
    }
}

pub const JETSTREAM: &str = "jetstream { store_dir: \"STORE\" }\n";
