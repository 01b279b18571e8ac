//! What a job's trays are judged by, as statements for the store: who looks at a judgement later finds lot, job,
//! standard, nets and calibration beside it.

use crate::calibration::Calibration;
use crate::clock;
use crate::config::Config;
use crate::network::Card;
use crate::store::{
    CalibrationText, JobFacts, LotFacts, NetCard, StandardText, Statement, StoreReader,
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
    let known = StoreReader::open(&line.store)?.lot(&line.job.lot)?;
    let lot = lot(&at, line, known).map(Statement::Lot);
    let calibration = calibration(&at, config, shop)?.map(Statement::Calibration);
    let of_job = of_job(&at, LINE, line.job.id, &line.job.lot, shop);
    Ok(lot.into_iter().chain(calibration).chain(of_job).collect())
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
    let nets = shop.cards().map(|card| Statement::Net(net_card(at, card)));
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

fn net_card(at: &str, card: &Card) -> NetCard {
    NetCard {
        at: at.to_owned(),
        network: format!("sha256:{}", card.sha256),
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
