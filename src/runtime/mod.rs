//! `runtime`: where the library of ONNX Runtime is, and how it gets there.
//!
//! In: an explicit path, environment variables, folders, and for [`install`] a wheel. Out: the files that
//! [`network::open`](crate::network::open) may load, best first ([`locate`]), what each of them is ([`check`]), and a
//! library in the user's data folder ([`install`]).
//!
//! Invariant: what is installed has one of the sha256 that this program was built with, and is there whole or not at
//! all.

mod check;
mod error;
mod install;
mod locate;
mod pins;
mod pip;
mod wheel;

pub use check::{Finding, check};
pub use error::RuntimeError;
pub use install::{Installed, install, install_into};
pub use locate::{Candidate, Origin, Places, installed_folder, locate, paths};
pub use pins::{LIBRARIES, VERSION, WHEELS};
