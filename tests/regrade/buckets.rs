//! Archives in S3-compatible buckets, over a server that is not ours (moto).

use super::*;

#[cfg(not(feature = "s3"))]
#[test]
fn a_program_without_buckets_says_how_to_get_one_with() {
    let archive = Archive::of(1);
    let mut command = embedded();
    command.args(["regrade", "s3://pictures/2026", "--tray", "9x5", "--out"]);
    run(command.arg(archive.run_folder("run")))
        .ends_with(2)
        .says(&["built without buckets", "--features s3"]);
}

#[cfg(feature = "s3")]
mod with_buckets {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::process::Stdio;

    use super::super::server::{NatsServer, Process, until};
    use super::*;

    /// A server of buckets.
    struct BucketServer {
        _process: Process,
        port: u16,
    }

    impl BucketServer {
        fn start() -> Option<Self> {
            if Command::new("moto_server").arg("--help").output().is_err() {
                println!("moto_server is not installed: skipped");
                return None;
            }
            let port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            let mut command = Command::new("moto_server");
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            let process = command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let server = Self {
                _process: Process(process),
                port,
            };
            until("the server listens", || {
                TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
            server.put("pictures", b"");
            Some(server)
        }

        /// Makes a bucket, or an object of `bucket/key`.
        fn put(&self, what: &str, bytes: &[u8]) {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
            // an object that is there is only written by whoever signs; this server does not look at signatures
            let head = format!(
                "PUT /{what} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: AWS key:none\r\nContent-Length: {}\r\n\
                 Connection: close\r\n\r\n",
                bytes.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(bytes).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            assert!(
                answer.starts_with(b"HTTP/1.1 200"),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }

        /// The archive's pictures below a prefix.
        fn fill(&self, archive: &Archive, pictures: usize) {
            for i in 0..pictures {
                let picture = archive.picture(i);
                let name = picture
                    .strip_prefix(archive.path())
                    .unwrap()
                    .to_str()
                    .unwrap();
                self.put(
                    &format!("pictures/2026/{name}"),
                    &fs::read(&picture).unwrap(),
                );
            }
        }

        /// The command with what a user of this server has in the environment.
        fn with<'a>(&self, command: &'a mut Command) -> &'a mut Command {
            command
                .env(
                    "AWS_ENDPOINT_URL",
                    format!("http://127.0.0.1:{}", self.port),
                )
                .env("AWS_ACCESS_KEY_ID", "key")
                .env("AWS_SECRET_ACCESS_KEY", "h1dden")
                .env("AWS_REGION", "us-east-1")
        }

        fn regrade(&self, archive: &Archive, name: &str) -> Command {
            let mut command = embedded();
            command
                .args(["regrade", "--tray", "9x5", "--out"])
                .arg(archive.run_folder(name))
                .arg("s3://pictures/2026");
            self.with(&mut command);
            command
        }
    }

    #[test]
    fn a_bucket_is_judged_as_a_folder_of_the_same_pictures() {
        let Some(server) = BucketServer::start() else {
            return;
        };
        let archive = Archive::of(6);
        archive.regraded("folder", &[]).ends_with(0);
        server.fill(&archive, 6);
        server.put("pictures/2026/readme.txt", b"no picture");
        run(&mut server.regrade(&archive, "bucket")).ends_with(0);
        assert_eq!(archive.shards("bucket"), archive.shards("folder"));
        let manifest =
            |name: &str| fs::read(archive.run_folder(name).join("manifest.jsonl")).unwrap();
        assert_eq!(manifest("bucket"), manifest("folder"));
        let Some(nats) = NatsServer::usual() else {
            return;
        };
        let mut worker = embedded();
        worker.args(["regrade", "worker", "--nats", &nats.url()]);
        let _worker = Process::of(server.with(&mut worker));
        run(server
            .regrade(&archive, "many")
            .args(["--nats", &nats.url()]))
        .ends_with(0);
        assert_eq!(archive.shards("many"), archive.shards("folder"));
    }

    #[test]
    fn objects_that_have_changed_are_refused_by_name_and_secrets_are_not_shown() {
        let Some(server) = BucketServer::start() else {
            return;
        };
        let archive = Archive::of(6);
        server.fill(&archive, 6);
        run(&mut server.regrade(&archive, "run")).ends_with(0);
        let mut bytes = fs::read(archive.picture(2)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        server.put("pictures/2026/morning/tray-0002.png", &bytes);
        let first = archive.run_folder("run").join("shards/000000.jsonl");
        fs::remove_file(first).unwrap();
        run(server.regrade(&archive, "run").arg("--resume"))
            .ends_with(3)
            .says(&[
                "s3://pictures/2026 has changed",
                "morning/tray-0002.png: its bytes are others",
            ]);
        let gone = run(server
            .regrade(&archive, "none")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
        assert!(
            gone.code == Some(2) && !gone.stderr.contains("h1dden"),
            "{gone:#?}"
        );
    }
}
