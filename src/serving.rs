//! A socket that is served on a thread of its own until its server is dropped.
//!
//! In: an address and what is done with the listener. Out: the address that it got. Whoever holds the server is never
//! inside an async runtime: the thread has its own.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::thread::JoinHandle;

use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct BackgroundServer {
    name: &'static str,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl BackgroundServer {
    /// Listens at an address (port 0: any free one) and serves it. Whatever `serve` spawns ends with the server.
    ///
    /// # Errors
    /// The address cannot be listened at, or no thread could be started.
    pub fn start<Serve, Served>(name: &'static str, listen: &str, serve: Serve) -> io::Result<Self>
    where
        Serve: FnOnce(TcpListener) -> Served + Send + 'static,
        Served: Future<Output = ()> + Send + 'static,
    {
        let listener = StdListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let work = move || {
            runtime.block_on(async move {
                match TcpListener::from_std(listener) {
                    Ok(listener) => drop(tokio::spawn(serve(listener))),
                    Err(error) => tracing::error!("{name} cannot be served: {error}"),
                }
                // Stopping and being dropped are the same: the sender is gone either way.
                stopped.await.ok();
            });
        };
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)?;
        Ok(Self {
            name,
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for BackgroundServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the server of {} ended abnormally", self.name);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn a_dropped_server_listens_no_more_and_takes_its_tasks_along() {
        let (alive, ended) = std::sync::mpsc::channel::<()>();
        let server = BackgroundServer::start("test", "127.0.0.1:0", |listener| async move {
            tokio::spawn(async move {
                let _alive = alive;
                std::future::pending::<()>().await;
            });
            while listener.accept().await.is_ok() {}
        });
        let server = server.unwrap();
        let address = server.address();
        assert!(TcpStream::connect(address).is_ok());
        drop(server);
        assert!(TcpStream::connect(address).is_err());
        assert!(ended.recv().is_err(), "what it spawned is gone");
    }
}
