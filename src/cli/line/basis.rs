//! What a job's trays are judged by, as statements for the store: who looks at a judgement later finds lot, job,
//! standard, nets and calibration beside it.

use crate::calibration::Calibration;
use crate::clock;
use crate::config::{Config, Job};
use crate::network::NetFile;
use crate::store::{
    CalibrationText, JobFacts, LotFacts, LotSize, NetCard, StandardText, Statement, StoreReader,
};

use super::super::workshop::{Workshop, read_text};
use super::setup::LineConfig;

/// Who makes these statements.
pub const LINE: &str = "line";

/// The statements of the configured job. What stands in the store already is stored once.
///
/// # Errors
/// The store cannot be read, or the calibration is not the one that the line holds its camera against.
pub fn of(line: &LineConfig, config: &Config, shop: &Workshop) -> anyhow::Result<Vec<Statement>> {
    let at = clock::now().to_string();
    let store = StoreReader::open(&line.store)?;
    let (known, sizes) = (store.lot(&line.job.lot)?, store.lot_sizes(&line.job.lot)?);
    let lot = lot(&at, line, known).map(Statement::Lot);
    let size = size(&at, &line.job, &sizes).map(Statement::LotSize);
    let calibration = calibration(&at, config, shop)?.map(Statement::Calibration);
    let of_job = of_job(&at, LINE, line.job.id, &line.job.lot, shop);
    let of_lot = lot.into_iter().chain(size);
    Ok(of_lot.chain(calibration).chain(of_job).collect())
}

/// What a job grades and by what: its nets, its standard and itself.
pub fn of_job(at: &str, who: &str, job: u16, lot: &str, shop: &Workshop) -> Vec<Statement> {
    let standard = StandardText::read_before(at, who, shop.standard());
    let job = JobFacts {
        at: at.to_owned(),
        who: who.to_owned(),
        job: job.into(),
        lot: lot.to_owned(),
        standard: Some(shop.standard().name()),
        note: None,
    };
    let nets = shop.nets().map(|net| Statement::Net(net_card(at, net)));
    let said = [Statement::Standard(standard), Statement::Job(job)];
    nets.into_iter().chain(said).collect()
}

/// What the configuration knows of the lot, where nobody said it: a person's word about the variety holds, and what
/// people said besides is said again, since of statements about a lot the last holds.
fn lot(at: &str, line: &LineConfig, known: Option<LotFacts>) -> Option<LotFacts> {
    let known = known.unwrap_or_default();
    let (name, variety) = (&line.job.lot, &line.job.variety);
    let by_a_person = known.variety.is_some() && known.who != LINE;
    if by_a_person || known.variety.as_ref() == Some(variety) {
        return None;
    }
    Some(LotFacts {
        at: at.to_owned(),
        who: LINE.to_owned(),
        lot: name.clone(),
        variety: Some(variety.clone()),
        ..known
    })
}

/// What the configuration says of the lot's size, once: what people stated since holds until the configuration says otherwise
/// than it did. `known` is what was stated, the last first.
fn size(at: &str, job: &Job, known: &[LotSize]) -> Option<LotSize> {
    if job.lot_trays.is_none() && job.ordered.is_none() {
        return None;
    }
    let by_line = known.iter().find(|size| size.who == LINE);
    let says_so = |size: &LotSize| {
        (job.lot_trays.is_none() || size.trays == job.lot_trays)
            && (job.ordered.is_none() || size.ordered == job.ordered)
    };
    if by_line.is_some_and(says_so) {
        return None;
    }
    let last = known.first();
    Some(LotSize {
        at: at.to_owned(),
        who: LINE.to_owned(),
        lot: job.lot.clone(),
        trays: job.lot_trays.or(last.and_then(|size| size.trays)),
        ordered: job.ordered.or(last.and_then(|size| size.ordered)),
    })
}

fn net_card(at: &str, net: &NetFile) -> NetCard {
    let card = net.card();
    NetCard {
        at: at.to_owned(),
        network: net.digest(),
        name: card.name.clone(),
        card: card.text().to_owned(),
    }
}

/// The text of the camera's calibration, where it has one.
fn calibration(
    at: &str,
    config: &Config,
    shop: &Workshop,
) -> anyhow::Result<Option<CalibrationText>> {
    let file = config
        .camera
        .as_ref()
        .and_then(|camera| camera.calibration.as_deref());
    let (Some(file), Some(expected)) = (file, &shop.evidence().calibration) else {
        return Ok(None);
    };
    let text = read_text(file)?;
    let found = Calibration::digest(&text);
    anyhow::ensure!(
        found == *expected,
        "{}: has changed while it was read: expected {expected}, found {found}",
        file.display()
    );
    Ok(Some(CalibrationText {
        at: at.to_owned(),
        who: LINE.to_owned(),
        calibration: found,
        text,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn job(trays: u32, ordered: u32) -> Job {
        Job {
            id: 7,
            lot: "a".to_owned(),
            variety: "tomato".to_owned(),
            canopy_height_mm: None,
            canopy_spread_mm: None,
            lot_trays: NonZeroU32::new(trays),
            ordered: NonZeroU32::new(ordered),
        }
    }

    fn stated(who: &str, trays: u32, ordered: u32) -> LotSize {
        LotSize {
            at: "2026-11-24T08:00:00Z".to_owned(),
            who: who.to_owned(),
            lot: "a".to_owned(),
            trays: NonZeroU32::new(trays),
            ordered: NonZeroU32::new(ordered),
        }
    }

    #[test]
    fn a_line_that_is_started_again_does_not_speak_against_what_people_stated_since() {
        let now = |job: &Job, known: &[LotSize]| {
            let said = size("2026-11-24T09:00:00Z", job, known)?;
            Some((
                said.trays.map(NonZeroU32::get),
                said.ordered.map(NonZeroU32::get),
            ))
        };
        assert_eq!(now(&job(0, 0), &[]), None);
        assert_eq!(now(&job(120, 0), &[]), Some((Some(120), None)));
        let since = [stated("li", 118, 20_000), stated(LINE, 120, 0)];
        assert_eq!(now(&job(120, 0), &since), None);
        // a configuration that says otherwise does, and leaves the rest as people stated it
        assert_eq!(now(&job(125, 0), &since), Some((Some(125), Some(20_000))));
    }
}
