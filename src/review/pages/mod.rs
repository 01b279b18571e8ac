//! The pages themselves: each answers one question, its answer at the top left.

pub mod account;
pub mod audit;
pub mod bench;
mod bench_tray;
pub mod by_hand;
pub mod cell_card;
pub mod certificate;
pub mod compare;
pub mod jobs;
pub mod layout;
mod line_parts;
pub mod live;
pub mod login;
pub mod lot_parquet;
pub mod lot_table;
pub mod lots;
pub mod made_of;
pub mod queue;
pub mod standard_text;
pub mod standards;
pub mod switch;
pub mod system;
pub mod terms;
pub mod tray;
pub mod view;
pub mod what_if;
pub mod what_if_outcome;
