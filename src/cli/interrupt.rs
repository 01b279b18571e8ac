//! Signals. Ctrl-C and SIGTERM: finish the tray in hand, say what was kept. SIGHUP: the same, but a line that says so
//! reads its configuration anew instead.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// How a process ends that is interrupted twice.
const INTERRUPTED_TWICE: i32 = 130;

#[derive(Default)]
struct Heard {
    interrupted: Arc<AtomicBool>,
    hung_up: Arc<AtomicBool>,
    /// SIGHUP asks for another look at the configuration.
    rereads: AtomicBool,
}

static HEARD: LazyLock<Heard> = LazyLock::new(Heard::default);

/// Begins to listen; a second signal while the tray in hand is finished ends the process at once.
pub fn listen() {
    let heard = [SIGINT, SIGTERM]
        .into_iter()
        .try_for_each(|signal| {
            let interrupted = &HEARD.interrupted;
            // In this order: the first signal must not find its own mark.
            flag::register_conditional_shutdown(
                signal,
                INTERRUPTED_TWICE,
                Arc::clone(interrupted),
            )?;
            flag::register(signal, Arc::clone(interrupted)).map(drop)
        })
        .and_then(|()| listen_to_hang_up());
    if let Err(error) = heard {
        tracing::warn!("signals are not heard: {error}");
    }
}

#[cfg(unix)]
fn listen_to_hang_up() -> io::Result<()> {
    flag::register(signal_hook::consts::SIGHUP, Arc::clone(&HEARD.hung_up)).map(drop)
}

#[cfg(not(unix))]
fn listen_to_hang_up() -> io::Result<()> {
    Ok(())
}

/// Whether a signal to end has come.
#[must_use]
pub fn requested() -> bool {
    let hung_up = || HEARD.hung_up.load(Ordering::SeqCst) && !HEARD.rereads.load(Ordering::SeqCst);
    HEARD.interrupted.load(Ordering::SeqCst) || hung_up()
}

/// From now on SIGHUP does not end this process: [`take_reread`] tells of it.
pub fn reread_on_hang_up() {
    HEARD.rereads.store(true, Ordering::SeqCst);
}

/// Whether the configuration was asked to be read anew since this was last asked.
#[must_use]
pub fn take_reread() -> bool {
    HEARD.rereads.load(Ordering::SeqCst) && HEARD.hung_up.swap(false, Ordering::SeqCst)
}
