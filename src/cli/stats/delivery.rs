//! One delivery: what was said of it, and every tray that it holds.

use std::fmt::Write as _;

use anyhow::anyhow;
use serde::Serialize;

use crate::picture::aligned;
use crate::statistics::{TrayCounts, VerdictSums};
use crate::store::{
    Delivered, DeliveredTray, Delivery, DeliveryFacts, StandardText, StoreReader, delivery_of,
};

use super::super::exit::{CommandResult, Ending};
use super::super::output::{Written, print, shown};
use super::measurement_words;

/// The first line of JSON; a line a tray follows.
#[derive(Debug, Serialize)]
struct DeliveryLine<'a> {
    delivery: &'a str,
    said: &'a [DeliveryFacts],
    trays: TrayCounts,
    cells: VerdictSums,
    marketable: u64,
    /// The standards that its trays were judged by, as far as the stores keep their texts.
    standards: Vec<StandardText>,
}

/// Prints a delivery.
pub fn show(stores: &[StoreReader], number: &str, json: bool) -> CommandResult {
    let Some(delivery) = delivery_of(stores, number)? else {
        return Err(anyhow!("delivery {}: nothing is stored of it", shown(number)).into());
    };
    let line = line(stores, number, &delivery)?;
    if !json {
        print(&words(&line, &delivery.trays))?;
        return Ok(Ending::Done);
    }
    let first = serde_json::to_string(&line)?;
    let trays = delivery.trays.iter().map(serde_json::to_string);
    for text in std::iter::once(Ok(first)).chain(trays) {
        if print(&(text? + "\n"))? == Written::ReaderGone {
            break;
        }
    }
    Ok(Ending::Done)
}

fn line<'a>(
    stores: &[StoreReader],
    number: &'a str,
    delivery: &'a Delivery,
) -> anyhow::Result<DeliveryLine<'a>> {
    let (mut trays, mut cells, mut marketable) = (TrayCounts::default(), VerdictSums::default(), 0);
    let mut standards: Vec<StandardText> = Vec::new();
    for tray in &delivery.trays {
        match tray.status.as_str() {
            "graded" => trays.graded += 1,
            "refused" => trays.refused += 1,
            _ => trays.failed += 1,
        }
        marketable += tray.marketable.unwrap_or(0);
        if let Some(counts) = tray.counts {
            cells.blank += counts.blank as u64;
            cells.graded += counts.graded as u64;
            cells.double += counts.double as u64;
            cells.unsure += counts.unsure as u64;
        }
    }
    let mut digests: Vec<&String> = delivery.trays.iter().map(|t| &t.standard_digest).collect();
    digests.sort_unstable();
    digests.dedup();
    for digest in digests {
        for store in stores {
            if let Some(text) = store.standard(digest)? {
                standards.push(text);
                break;
            }
        }
    }
    Ok(DeliveryLine {
        delivery: number,
        said: &delivery.said,
        trays,
        cells,
        marketable,
        standards,
    })
}

fn words(line: &DeliveryLine<'_>, trays: &[DeliveredTray]) -> String {
    let or_dash = |value: Option<&String>| value.map_or_else(|| "-".to_owned(), |v| shown(v));
    let mut text = String::new();
    for said in line.said {
        let what = match &said.delivered {
            Delivered::Lot(lot) => format!("lot {}", shown(lot)),
            Delivered::Tray(tray) => format!("tray {}", shown(tray)),
        };
        let _ = writeln!(
            text,
            "delivery {}: {what} to {} on {} (said {} by {})",
            shown(line.delivery),
            or_dash(said.customer.as_ref()),
            or_dash(said.delivered_on.as_ref()),
            said.at,
            shown(&said.who)
        );
    }
    let (counts, cells) = (line.trays, line.cells);
    let _ = writeln!(
        text,
        "{} trays, {} not graded: {} graded ({} marketable), {} blank, {} double, {} unsure\n",
        counts.graded,
        counts.refused + counts.failed,
        cells.graded,
        line.marketable,
        cells.blank,
        cells.double,
        cells.unsure
    );
    text += &table(trays);
    for tray in trays {
        for measured in &tray.hand_measurements {
            let name = shown(&tray.tray_uid);
            let _ = writeln!(text, "{name} by hand: {}", measurement_words(measured));
        }
    }
    text
}

fn table(trays: &[DeliveredTray]) -> String {
    let head = [
        "tray",
        "code",
        "grade",
        "graded",
        "marketable",
        "blank",
        "double",
        "unsure",
        "standard",
        "picture",
        "sha256",
    ];
    let mut lines = vec![head.map(String::from).to_vec()];
    let or_dash = |value: Option<&String>| value.map_or_else(|| "-".to_owned(), |v| shown(v));
    for tray in trays {
        let count = |of: fn(&crate::grade::VerdictCounts) -> usize| {
            tray.counts
                .as_ref()
                .map_or_else(|| "-".to_owned(), |counts| of(counts).to_string())
        };
        let marketable = tray.marketable.map(|plants| plants.to_string());
        lines.push(vec![
            shown(&tray.tray_uid),
            or_dash(tray.tray_code.as_ref()),
            or_dash(tray.grade.as_ref().or(tray.reason.as_ref())),
            count(|counts| counts.graded),
            or_dash(marketable.as_ref()),
            count(|counts| counts.blank),
            count(|counts| counts.double),
            count(|counts| counts.unsure),
            shown(&tray.standard),
            shown(tray.kept_picture.as_ref().unwrap_or(&tray.source)),
            or_dash(tray.image_sha256.as_ref()),
        ]);
    }
    aligned(&lines, |column| (3..8).contains(&column))
}
