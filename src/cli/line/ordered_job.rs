//! A job that people order on the pages: read from the line's own store, laid over the configuration.

use std::path::Path;

use anyhow::Context;

use crate::config::{Config, Job};
use crate::grade::GradingStandard;
use crate::store::{ChangeOver, JobOrder, OrderNumber, StoreError, StoreReader};
use crate::tray::TrayFormat;

/// A job with the standard that it is graded by.
pub struct OrderedJob {
    job: u16,
    what: ChangeOver,
    standard: GradingStandard,
}

impl OrderedJob {
    /// Reads the standard of a job that was ordered.
    ///
    /// # Errors
    /// The store does not have it, or cannot be read.
    pub fn read(store: &Path, job: u16, what: &ChangeOver) -> anyhow::Result<Self> {
        let digest = &what.standard_digest;
        let stored = StoreReader::open(store)?.standard(digest)?;
        let stored =
            stored.with_context(|| format!("standard {digest}: the store does not have it"))?;
        let standard = GradingStandard::parse(&stored.text)
            .with_context(|| format!("standard {}@{}", stored.standard, stored.version))?;
        Ok(Self {
            job,
            what: what.clone(),
            standard,
        })
    }

    /// The configuration with this job in it. Of a tray of the configured rows and columns all that is configured holds
    /// but what the order says; a canopy's height holds for the lot that it was configured for.
    ///
    /// # Errors
    /// There is no such tray.
    pub fn laid_over(self, mut config: Config) -> anyhow::Result<(Config, GradingStandard)> {
        let what = self.what;
        let configured = config
            .tray
            .filter(|tray| (tray.rows(), tray.cols()) == (what.rows as usize, what.cols as usize));
        let other = || -> anyhow::Result<TrayFormat> {
            let code = config.tray.map(|tray| tray.code()).unwrap_or_default();
            Ok(TrayFormat::new(what.rows, what.cols)?.with_code(code))
        };
        let format = configured.map_or_else(other, Ok)?;
        config.tray = Some(match what.pitch_mm {
            Some(pitch) => format.with_pitch_mm(pitch)?,
            None => format,
        });
        let same_lot = config.job.filter(|job| job.lot == what.lot);
        let same_lot = same_lot.as_ref();
        config.job = Some(Job {
            id: self.job,
            lot: what.lot,
            variety: what.variety,
            canopy_height_mm: same_lot.and_then(|job| job.canopy_height_mm),
            canopy_spread_mm: same_lot.and_then(|job| job.canopy_spread_mm),
            lot_trays: same_lot.and_then(|job| job.lot_trays),
            ordered: same_lot.and_then(|job| job.ordered),
        });
        Ok((config, self.standard))
    }
}

/// The order that holds in a store. Where there is no store yet, or one from before there were orders, there is none.
///
/// # Errors
/// The store cannot be read.
pub fn last(store: &Path) -> Result<Option<(OrderNumber, JobOrder)>, StoreError> {
    match StoreReader::open(store) {
        Ok(reader) => reader.last_job_order(),
        Err(StoreError::Missing { .. } | StoreError::Older { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::tray::CodeKind;

    const CONFIGURED: &str = "[tray]\nrows = 10\ncols = 20\npitch_mm = [26.0, 26.0]\ncode = \"qr\"\n\
        [job]\nid = 7\nlot = \"a\"\nvariety = \"tomato\"\ncanopy_height_mm = 40.0\n";

    fn under(lot: &str, rows: u32, pitch_mm: Option<[f64; 2]>) -> anyhow::Result<Config> {
        let order = OrderedJob {
            job: 8,
            what: ChangeOver {
                lot: lot.to_owned(),
                variety: "pepper".to_owned(),
                standard_digest: String::new(),
                rows,
                cols: 20,
                pitch_mm,
            },
            standard: GradingStandard::embedded(),
        };
        Ok(order.laid_over(Config::parse(CONFIGURED).unwrap())?.0)
    }

    #[test]
    fn a_tray_that_is_configured_keeps_its_scale_and_another_keeps_its_code_alone() {
        let same = under("b", 10, None).unwrap().tray.unwrap();
        assert_eq!(same.pitch_mm(), Some([26.0, 26.0]));
        let other = under("b", 6, None).unwrap().tray.unwrap();
        assert_eq!((other.rows(), other.pitch_mm()), (6, None));
        assert_eq!((same.code(), other.code()), (CodeKind::Qr, CodeKind::Qr));
        let said = under("b", 10, Some([30.0, 31.0])).unwrap().tray.unwrap();
        assert_eq!(said.pitch_mm(), Some([30.0, 31.0]));
        assert!(under("b", 65, None).is_err());
    }

    #[test]
    fn a_canopys_height_is_not_carried_over_to_another_lot() {
        let job = |lot| under(lot, 10, None).unwrap().job.unwrap();
        assert_eq!(job("a").canopy_height_mm, Some(40.0));
        let other = job("b");
        assert_eq!((other.canopy_height_mm, other.id), (None, 8));
        assert_eq!((&other.lot[..], &other.variety[..]), ("b", "pepper"));
    }
}
