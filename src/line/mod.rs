//! The live line: a trigger in, one command in time or one stored drop with its reason out.
//!
//! The room has no opinion of its own on trays ([`crate::inspect`]), gates ([`crate::sorting`]) or registers
//! ([`crate::machine`]): it brings them together. [`Control`] decides, without clock, thread or socket; [`run()`]
//! gives it all three. [`Ledger`] closes every trigger's account exactly once.

mod asked;
mod belt_watch;
mod camera;
mod control;
mod exposition;
#[cfg(any(feature = "gige", test))]
mod exposure_clock;
mod figures;
mod flags_told;
#[cfg(feature = "gige")]
mod gige;
mod journal;
mod ledger;
mod machine_floor;
mod parts_told;
mod passes;
mod picture_keeper;
mod record_way;
mod restart;
mod run;
mod stations;
mod streak;
mod tray_times;

pub use asked::{AskedChange, Change};
pub use belt_watch::{BeltDoubt, BeltView, BeltWatch};
pub use camera::{
    CameraPresence, FolderSource, FrameSource, NoFrame, PairedCamera, Picture, ReplaySource,
    SourceFrame, open_folder,
};
pub use control::{
    Control, ControlCounts, ControlParams, Happening, JobRefused, SortJob, Step, Trigger,
};
pub use exposition::{Board, MetricsServer};
pub use figures::{Figures, Latency, Span, Stages, Standing, Summary};
#[cfg(feature = "gige")]
pub use gige::GigeSource;
pub use journal::{InHand, Journal, journal_path};
pub use ledger::{Ledger, OpenTray, SentCommand, TrayNames, WallTime};
pub use passes::Passes;
pub use picture_keeper::{Keep, PictureCounters, PictureKeeper, PictureOffers, PictureShelf};
pub use restart::{Restart, take_up};
pub use run::{JobChange, LineParts, NextLook, ReferenceLook, Until, run};
pub use stations::{Bench, TrayJudge};
pub use streak::Streak;
