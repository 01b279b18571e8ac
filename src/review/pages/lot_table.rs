//! A lot's trays as a table for spreadsheets: all of them, sent while they are read.

use std::fmt::Write as _;

use axum::body::{Body, Bytes};
use axum::response::IntoResponse as _;
use futures_util::stream::unfold;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::inspect::TrayReport;
use crate::review::answer::{Answer, Trouble, file_headers};
use crate::review::house::{Desk, House};
use crate::review::lots::counts;
use crate::review::stores::StoreIndex;
use crate::store::StoredTray;

use super::lots::Asked;

/// Trays that are read at once.
const AT_ONCE: u32 = 200;
/// Pieces that wait for a slow reader; then the reading waits.
pub(super) const MOST_WAITING: usize = 2;
const HEAD: &str = "tray_uid,pass,received_at,status,reason,grade,route,rows,cols,blank,graded,double,unsure,marketable,standard,tray_code\r\n";

/// What is sent: a piece of the table, or why it breaks off.
type Piece = Result<String, std::io::Error>;

/// The table: store by store, newest first, every tray once by the pass that counts. A store that fails breaks the transfer off, so that no short table is taken
/// for a whole one.
pub fn table(desk: &Desk, asked: Asked) -> Answer {
    let lot = asked.lot;
    // a lot that is not there is told before anything is sent
    crate::review::lots::span(&desk.house, lot.as_deref())?.ok_or(Trouble::NotFound)?;
    let name = format!("lot-{}.csv", lot.as_deref().unwrap_or("without-name"));
    let (pieces, sent) = channel(MOST_WAITING);
    let house = std::sync::Arc::clone(&desk.house);
    tokio::task::spawn_blocking(move || {
        if let Err(trouble) = read_all(&house, lot.as_deref(), &pieces) {
            tracing::error!("table of a lot: {trouble}");
            let _ = pieces.blocking_send(Err(std::io::Error::other(trouble.to_string())));
        }
    });
    let headers = file_headers("text/csv; charset=utf-8", &name);
    Ok((headers, streamed(sent)).into_response())
}

/// A body that is sent while it is made.
pub(super) fn streamed<P>(pieces: Receiver<Result<P, std::io::Error>>) -> Body
where
    P: Into<Bytes> + Send + 'static,
{
    Body::from_stream(unfold(pieces, |mut pieces| async move {
        let piece = pieces.recv().await?;
        Some((piece, pieces))
    }))
}

/// Sends every tray of a lot, until all are sent or nobody reads any more.
fn read_all(house: &House, lot: Option<&str>, pieces: &Sender<Piece>) -> Result<(), Trouble> {
    let mut piece = HEAD.to_owned();
    for (index, _) in house.stores.each() {
        let mut before = None;
        loop {
            let read = lines(house, index, lot, before)?;
            piece += &read.text;
            if pieces
                .blocking_send(Ok(std::mem::take(&mut piece)))
                .is_err()
            {
                return Ok(());
            }
            match read.last {
                Some(last) => before = Some(last),
                None => break,
            }
        }
    }
    Ok(())
}

/// Lines of some trays, and the number of the last where there may be more.
struct Lines {
    text: String,
    last: Option<i64>,
}

fn lines(
    house: &House,
    store: StoreIndex,
    lot: Option<&str>,
    before: Option<i64>,
) -> Result<Lines, Trouble> {
    let open = house.store(store)?;
    let mut trays = open.read(|reader| reader.newest_of_lot(lot, before, AT_ONCE))?;
    let last = trays.last().map(|tray| tray.id);
    if house.stores.are_several() {
        let mut counted = Vec::new();
        for tray in trays {
            if counts(house, store, &tray)? {
                counted.push(tray);
            }
        }
        trays = counted;
    }
    let text = open.read(|reader| {
        let mut text = String::new();
        for tray in &trays {
            add_line(&mut text, tray, &reader.report(tray.id)?);
        }
        Ok(text)
    })?;
    Ok(Lines { text, last })
}

fn add_line(csv: &mut String, tray: &StoredTray, report: &TrayReport) {
    let counts = report.counts.unwrap_or_default();
    let text = |t: Option<&str>| csv_field(t.unwrap_or_default());
    let _ = write!(
        csv,
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n",
        csv_field(&tray.uid),
        tray.pass,
        csv_field(&tray.received_at),
        csv_field(&tray.status),
        text(tray.reason.as_deref()),
        text(tray.grade.as_deref()),
        text(tray.route.as_deref()),
        report.rows,
        report.cols,
        counts.blank,
        counts.graded,
        counts.double,
        counts.unsure,
        report.marketable.unwrap_or(0),
        csv_field(&report.evidence.standard),
        text(tray.tray_code.as_deref()),
    );
}

/// A field of a table; one that a spreadsheet would calculate is marked as text.
fn csv_field(text: &str) -> String {
    let text = match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t') => format!("'{text}"),
        _ => text.to_owned(),
    };
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_never_a_formula_and_never_breaks_the_table() {
        assert_eq!(csv_field("=1+1"), "'=1+1");
        assert_eq!(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(csv_field("plain"), "plain");
    }
}
