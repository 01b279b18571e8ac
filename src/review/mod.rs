//! The operators' pages: stores in, pages, statistics and corrections out, over HTTP.
//!
//! A process of its own beside the line. Invariants: it only reads what was judged and adds beside it; no
//! route is served without the role that it needs ([`routes`]); no word stands on a page that is not in
//! both languages; what a page costs is bounded by what it shows.

mod access;
mod answer;
mod api;
mod areas;
mod audit;
mod camera_looks;
mod causes;
mod charts;
mod corrections;
mod find;
mod hand_traits;
mod house;
mod job_forms;
mod jobs;
mod ledger;
mod line_state;
mod live;
mod login_limits;
mod lot_figures;
mod lot_sizes;
mod lots;
mod moves;
mod numbers;
mod outcome;
mod pages;
mod parts;
mod patching;
mod patience;
mod people;
mod pictures;
mod report;
mod routes;
mod saleable;
mod server;
mod sessions;
mod shapes;
mod shift;
mod silence;
mod standard_refusals;
mod standard_versions;
mod standards;
mod stops;
mod stores;
mod told_moves;
mod what_if;
mod words;

pub use access::Role;
pub use people::{People, PeopleError, Person, people_path};
pub use pictures::{BuiltIn, ReadyPicture};
pub use report::{
    Letters, NoLetters, PaperError, Photograph, ReportError, ReportSource, Standing, paper,
};
pub use routes::{RouteRule, route_rules};
pub use server::{ReviewError, ReviewServer, ReviewSettings};
pub use stores::{StoreIndex, TrayKey};
pub use words::Language;
