//! The thread that drives connections, so that whoever calls may block.

use std::future::Future;
use std::io;
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// An async runtime on a thread of its own; it ends when dropped.
pub(crate) struct Reactor {
    handle: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Reactor {
    pub(crate) fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let work = move || {
            // stopping and being dropped are the same: the sender is gone either way
            runtime.block_on(stopped).ok();
        };
        let thread = std::thread::Builder::new()
            .name("connections".to_owned())
            .spawn(work)?;
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Runs to its end what needs the connection, on the caller's thread.
    pub(crate) fn wait_for<F: Future>(&self, work: F) -> F::Output {
        self.handle.block_on(work)
    }

    /// Lets something go on beside the callers.
    pub(crate) fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.handle.spawn(work)
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a thread of connections ended abnormally");
        }
    }
}
