//! A folder of archived pictures in, a report for every one of them out: shard by shard, resumable, on as many
//! machines as there are.
//!
//! A run's folder holds `manifest.jsonl`, which never changes once it is there, and `shards/NNNNNN.jsonl`, each written
//! whole or not at all: their lines, in the order of their names, are the archive's trays in its own order.
//! Invariants: every picture of the manifest ends as exactly one line; a picture that is not what the manifest says is
//! not judged; the lines depend on the pictures and on what they are judged with, never on who ran how many at a time.

//!
//! # On many machines
//!
//! **Without a server**, where a scheduler is there already: every task of an array takes its share of the shards, and
//! `gather` joins the shares and names what is missing. All must see the archive; nobody need see the others. With Slurm:
//!
//! ```text
//! #SBATCH --array=1-8
//! seedgrade regrade /mnt/archive --out /mnt/part-$SLURM_ARRAY_TASK_ID --tray 10x20 --shard $SLURM_ARRAY_TASK_ID/8
//! # afterwards, once
//! seedgrade regrade gather /mnt/part-* --out /mnt/run-7
//! ```
//!
//! In Kubernetes the indexed job's `$((JOB_COMPLETION_INDEX + 1))/8`, with GNU parallel `{}/8` of `::: $(seq 8)`. A task
//! that was killed is started again as it was; only what was in flight is done again.
//!
//! **With a NATS server** with JetStream, which machines join and leave at will:
//!
//! ```text
//! nats-server --jetstream --store_dir /var/lib/nats                                        # on one machine
//! seedgrade regrade /mnt/archive --out run-7 --tray 10x20 --nats nats://base1              # on one machine
//! seedgrade regrade worker --nats nats://base1 [--archive /media/archive] [--jobs 8]       # on any number
//! ```
//!
//! - Nets, standard and configuration come through the server and are checked against their SHA-256; workers need
//!   nothing but the program, in the version and with the engine that the run's evidence names, else they refuse the run.
//! - Pictures are read where the archive lies: at the same path, or where `--archive` says. A machine that does not see
//!   it refuses the run, unless that was begun with `--hand-out-pictures`: then pictures come through the server, at most
//!   1 GiB ahead of the workers (give JetStream that much). A shared folder is the better way where there is one, since a
//!   picture otherwise crosses the network three times; whatever the way, its bytes are checked against the manifest.
//! - A shard whose worker is silent for `--redeliver-after` seconds goes to another one, ten times at most. Of what is
//!   graded twice the first lines stay.
//! - The coordinator may be killed and started again with `--resume`, also on another machine with the same folder;
//!   meanwhile workers go on and what they grade waits on the server. The server may be restarted: all wait `--patience`
//!   seconds for it. When the run is done, nothing of it is left there.
//! - A password in the address is seen in the list of processes; `--nats-credentials FILE` is not. Whoever may write to
//!   the server decides what its workers judge: give them an account of their own.

#[cfg(feature = "s3")]
mod bucket;
mod compare;
mod error;
mod folder;
mod gather;
mod manifest;
mod pictures;
mod run;
mod share;
mod spread;

#[cfg(feature = "s3")]
pub use bucket::PictureBucket;
pub use compare::{Changes, compare};
pub use error::ArchiveError;
pub use folder::{RunFolder, ShareLock, part_in};
pub use gather::{Gathered, gather};
pub use manifest::{ArchivedPicture, JudgedBy, Manifest, Shard, survey};
pub use pictures::{PictureFolder, Pictures};
pub use run::{JudgePicture, LineFacts, RunEnd, Tally, Watch, counted, run, tally};
pub use share::Share;
pub use spread::{Coordinator, HandedPictures, Handout, Parts, Worker, handed};
