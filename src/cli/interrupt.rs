//! Ctrl-C and SIGTERM: finish the tray in hand, say what was kept.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static INSTALLED: OnceLock<()> = OnceLock::new();

/// Begins to listen; a second signal while the tray in hand is finished ends the process at once.
pub fn listen() {
    INSTALLED.get_or_init(|| {
        let heard = ctrlc::set_handler(|| {
            if INTERRUPTED.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        });
        if let Err(error) = heard {
            tracing::warn!("signals are not heard: {error}");
        }
    });
}

/// Whether a signal has come.
#[must_use]
pub fn requested() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}
