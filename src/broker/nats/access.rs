//! Where a server is and how it is entered.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use percent_encoding::percent_decode_str;

use super::super::{BrokerError, Reactor};
use super::fault::text;
use crate::clock::Moment;

/// A server that is not there at the beginning is not waited for longer: the address may be wrong.
const FIRST_PATIENCE: Duration = Duration::from_secs(10);
/// One attempt to connect.
const CONNECT: Duration = Duration::from_secs(5);
/// Between two attempts: a server that starts again is back within a second.
const PAUSE: Duration = Duration::from_millis(250);
/// What the address of a server may begin with.
const SCHEMES: [&str; 2] = ["nats", "tls"];

/// What stood before an address' `@`.
#[derive(Clone)]
enum Login {
    User { name: String, password: String },
    Token(String),
}

impl Login {
    fn of(address: &ServerAddr) -> Option<Self> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let name = decoded(address.username()?);
        Some(match address.password() {
            Some(password) => Self::User {
                name,
                password: decoded(password),
            },
            None => Self::Token(name),
        })
    }
}

/// The address alone: the client's own log names it.
fn without_login(address: ServerAddr) -> Option<ServerAddr> {
    let mut url = address.into_inner();
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    ServerAddr::from_url(url).ok()
}

/// Where a server is and how it is entered. It is never printed whole: it may hold a password.
pub struct NatsAccess {
    addresses: Vec<ServerAddr>,
    login: Option<Login>,
    credentials: Option<PathBuf>,
    authority: Option<PathBuf>,
}

impl std::fmt::Debug for NatsAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsAccess")
            .field("server", &self.server())
            .finish_non_exhaustive()
    }
}

impl NatsAccess {
    /// Reads `nats://[USER:PASSWORD@]HOST[:PORT]`, several servers of a cluster separated by commas; `credentials` is a
    /// file as `nsc` writes it, `authority` the certificates (PEM) that sign those of a private network's servers.
    ///
    /// # Errors
    /// [`BrokerError::Address`], without what stands before an `@`.
    pub fn new(
        url: &str,
        credentials: Option<PathBuf>,
        authority: Option<PathBuf>,
    ) -> Result<Self, BrokerError> {
        let mut login = None;
        let mut addresses = Vec::new();
        for one in url.split(',').map(str::trim) {
            let wrong = || BrokerError::Address(without_secret(one));
            let address = one.parse::<ServerAddr>().map_err(|_| wrong())?;
            if !SCHEMES.contains(&address.scheme()) || address.host().is_empty() {
                return Err(wrong());
            }
            login = login.or_else(|| Login::of(&address));
            addresses.push(without_login(address).ok_or_else(wrong)?);
        }
        Ok(Self {
            addresses,
            login,
            credentials,
            authority,
        })
    }

    /// Its servers, for messages: without user and password.
    #[must_use]
    pub fn server(&self) -> String {
        let shown = |address: &ServerAddr| {
            format!(
                "{}://{}:{}",
                address.scheme(),
                address.host(),
                address.port()
            )
        };
        self.addresses
            .iter()
            .map(shown)
            .collect::<Vec<_>>()
            .join(",")
    }

    /// Connects, within the patience.
    pub(super) fn connect(
        &self,
        reactor: &Reactor,
        patience: Duration,
    ) -> Result<Client, BrokerError> {
        let begun = Moment::now();
        let patience = patience.min(FIRST_PATIENCE);
        loop {
            let options = self.options()?;
            let connecting = options.connect(self.addresses.as_slice());
            let error = match reactor.wait_for(connecting) {
                Ok(client) => return Ok(client),
                Err(error) => error,
            };
            if let Some(error) = self.refusal(&error) {
                return Err(error);
            }
            if Moment::now().since(begun) >= patience {
                return Err(BrokerError::Gone {
                    server: self.server(),
                    seconds: patience.as_secs(),
                    doing: "connecting",
                    reason: text(&error),
                });
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn options(&self) -> Result<ConnectOptions, BrokerError> {
        let options = match &self.credentials {
            Some(path) => {
                let wrong = |reason: String| BrokerError::File {
                    path: path.clone(),
                    reason,
                };
                let text = std::fs::read_to_string(path)
                    .map_err(|error| wrong(format!("cannot be read: {error}")))?;
                // what the parser says may show a piece of the seed
                ConnectOptions::with_credentials(&text).map_err(|_| {
                    wrong(
                        "expected a credentials file as `nsc` writes it (JWT and seed)".to_owned(),
                    )
                })?
            }
            None => match self.login.clone() {
                Some(Login::User { name, password }) => {
                    ConnectOptions::with_user_and_password(name, password)
                }
                Some(Login::Token(token)) => ConnectOptions::with_token(token),
                None => ConnectOptions::new(),
            },
        };
        let server = self.server();
        let options = options
            .name("seedgrade")
            .connection_timeout(CONNECT)
            .reconnect_delay_callback(|_| PAUSE)
            .event_callback(move |event| {
                let server = server.clone();
                async move { say(&server, &event) }
            });
        Ok(match &self.authority {
            Some(path) => {
                if let Err(error) = std::fs::metadata(path) {
                    return Err(BrokerError::File {
                        path: path.clone(),
                        reason: format!("cannot be read: {error}"),
                    });
                }
                options.add_root_certificates(path.clone())
            }
            None => options,
        })
    }

    /// What no further attempt can change.
    fn refusal(&self, error: &ConnectError) -> Option<BrokerError> {
        let server = self.server();
        let text = text(error);
        match error.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                Some(BrokerError::Credentials { server })
            }
            kind if kind == ConnectErrorKind::Tls || speaks_of_tls(&text) => {
                Some(BrokerError::Tls {
                    server,
                    reason: text,
                })
            }
            _ => None,
        }
    }
}

/// Some failures of TLS come as such of input and output.
fn speaks_of_tls(text: &str) -> bool {
    ["certificate", "tls", "TLS", "handshake"]
        .iter()
        .any(|word| text.contains(word))
}

/// What happens to the connection meanwhile.
fn say(server: &str, event: &Event) {
    match event {
        Event::Connected => tracing::debug!("NATS server {server}: connected"),
        Event::Disconnected => tracing::warn!("NATS server {server}: the connection is lost"),
        Event::ServerError(error) => tracing::warn!("NATS server {server}: {error}"),
        event => tracing::debug!("NATS server {server}: {event}"),
    }
}

/// An address without what stands before its `@`.
fn without_secret(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_at_is_a_user_with_a_password_or_a_token() {
        let login = |url: &str| NatsAccess::new(url, None, None).unwrap().login;
        assert!(login("nats://base1").is_none());
        assert!(
            matches!(login("nats://t0ken@base1"), Some(Login::Token(token)) if token == "t0ken")
        );
        let user = login("base0,nats://wang:a%40b@base1");
        assert!(matches!(user, Some(Login::User { password, .. }) if password == "a@b"));
    }

    #[test]
    fn no_message_shows_a_password() {
        let access = NatsAccess::new("nats://wang:secret@base1:4333,tls://base2", None, None);
        let access = access.unwrap();
        assert_eq!(access.server(), "nats://base1:4333,tls://base2:4222");
        assert!(!format!("{access:?} {:?}", access.addresses).contains("secret"));
        for wrong in [
            "http://wang:secret@base1",
            "nats://wang:secret@",
            "wang:secret@base 1",
        ] {
            let said = NatsAccess::new(wrong, None, None).unwrap_err().to_string();
            assert!(
                !said.contains("secret") && said.contains("expected nats://"),
                "{said}"
            );
        }
    }
}
