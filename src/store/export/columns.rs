//! The columns of exported tables: what each holds, how it was got, in which unit.

use serde::Serialize;

/// What a column's values are; any of them may be absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnValue {
    /// Texts.
    Text,
    /// Whole numbers.
    Whole,
    /// Measures.
    Real,
}

/// A column of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ExportColumn {
    /// Its table: `trays`, `cells` or `moves`.
    pub table: &'static str,
    /// Its name: of a measured variable the trait with its unit.
    pub name: &'static str,
    /// The unit or kind of value.
    pub scale: &'static str,
    /// What its values are.
    #[serde(skip)]
    pub value: ColumnValue,
    /// The trait, where it is one.
    #[serde(rename = "trait")]
    pub plant_trait: Option<&'static str>,
    /// How it was got.
    pub method: &'static str,
}

impl ExportColumn {
    /// What is said of it in a file that has room for it, as keys and values: `scale`, `method`, and where it is one
    /// `trait`; of a number that was measured or counted the scale is its `unit` too.
    #[must_use]
    pub fn meaning(&self) -> Vec<(&'static str, &'static str)> {
        let measured = match self.value {
            ColumnValue::Real => true,
            ColumnValue::Whole => self.plant_trait.is_some(),
            ColumnValue::Text => false,
        };
        let mut said = vec![("scale", self.scale), ("method", self.method)];
        said.extend(self.plant_trait.map(|plant_trait| ("trait", plant_trait)));
        said.extend(measured.then_some(("unit", self.scale)));
        said
    }
}

/// A column of texts.
const fn text(
    table: &'static str,
    name: &'static str,
    scale: &'static str,
    plant_trait: Option<&'static str>,
    method: &'static str,
) -> ExportColumn {
    ExportColumn {
        table,
        name,
        scale,
        value: ColumnValue::Text,
        plant_trait,
        method,
    }
}

/// A column of whole numbers.
const fn whole(
    table: &'static str,
    name: &'static str,
    scale: &'static str,
    plant_trait: Option<&'static str>,
    method: &'static str,
) -> ExportColumn {
    ExportColumn {
        value: ColumnValue::Whole,
        ..text(table, name, scale, plant_trait, method)
    }
}

/// A column of measures.
const fn real(
    table: &'static str,
    name: &'static str,
    scale: &'static str,
    plant_trait: Option<&'static str>,
    method: &'static str,
) -> ExportColumn {
    ExportColumn {
        value: ColumnValue::Real,
        ..text(table, name, scale, plant_trait, method)
    }
}

const LINE: &str = "line's record";
const TOP_VIEW: &str = "one RGB picture from above";
const NET: &str = "net over one RGB picture from above";
const STANDARD: &str = "grading standard named in trays.standard";
const TOLD: &str = "told at the patching bench or by a transplanter";
const PERSON: &str = "a person's latest correction or audit";

/// The columns of all tables, in order.
pub const EXPORT_COLUMNS: [ExportColumn; 73] = [
    text("trays", "tray_uid", "text", None, LINE),
    whole("trays", "pass", "count", None, LINE),
    text("trays", "source", "text", None, LINE),
    text("trays", "image_sha256", "hex", None, LINE),
    text("trays", "captured_at", "ISO 8601, UTC", None, LINE),
    text("trays", "received_at", "ISO 8601, UTC", None, LINE),
    whole("trays", "job", "number", None, LINE),
    text("trays", "lot", "text", None, LINE),
    text("trays", "variety", "text", None, "stated of the lot"),
    text("trays", "seeder", "text", None, "stated of the lot"),
    text("trays", "sown_on", "day", None, "stated of the lot"),
    text("trays", "seed_lot", "text", None, "stated of the lot"),
    text(
        "trays",
        "tray_code",
        "text",
        None,
        "2D code read from the picture",
    ),
    text("trays", "status", "graded, refused, failed", None, LINE),
    text("trays", "reason", "text", None, LINE),
    whole("trays", "rows", "count", None, LINE),
    whole("trays", "cols", "count", None, LINE),
    text("trays", "grade", "tray grade", None, STANDARD),
    text("trays", "route", "text", None, STANDARD),
    whole("trays", "blank", "cells", Some("emergence"), STANDARD),
    whole("trays", "graded", "cells", Some("emergence"), STANDARD),
    whole("trays", "double", "cells", Some("emergence"), STANDARD),
    whole("trays", "unsure", "cells", Some("emergence"), STANDARD),
    whole(
        "trays",
        "marketable",
        "plants",
        Some("marketable plants"),
        STANDARD,
    ),
    real("trays", "mm_per_px", "mm/px", None, "calibration"),
    text("trays", "software", "text", None, LINE),
    text("trays", "backend", "text", None, LINE),
    text("trays", "cpu_class", "text", None, LINE),
    text("trays", "network", "sha256", None, LINE),
    text("trays", "standard", "id@version", None, LINE),
    text("trays", "standard_digest", "sha256", None, LINE),
    text("trays", "config", "sha256", None, LINE),
    text("trays", "calibration", "sha256", None, LINE),
    text("cells", "tray_uid", "text", None, LINE),
    whole("cells", "pass", "count", None, LINE),
    whole("cells", "row", "count from 0", None, "tray's own frame"),
    whole("cells", "col", "count from 0", None, "tray's own frame"),
    text(
        "cells",
        "verdict",
        "blank, graded, double, unsure",
        Some("emergence"),
        STANDARD,
    ),
    text("cells", "grade", "grade", Some("plant grade"), STANDARD),
    text("cells", "reason", "text", None, STANDARD),
    text("cells", "action", "text", None, STANDARD),
    text(
        "cells",
        "corrected",
        "blank, double, unsure, graded:ID",
        Some("emergence"),
        PERSON,
    ),
    real("cells", "occupied", "probability", Some("emergence"), NET),
    real("cells", "several", "probability", Some("doubles"), NET),
    whole("cells", "plants", "plants", Some("doubles"), NET),
    real(
        "cells",
        "area_pitch2",
        "square cell pitches",
        Some("canopy area"),
        TOP_VIEW,
    ),
    real("cells", "area_mm2", "mm2", Some("canopy area"), TOP_VIEW),
    real("cells", "area_px", "px2", Some("canopy area"), TOP_VIEW),
    real(
        "cells",
        "centre_x_px",
        "px",
        Some("canopy centre"),
        TOP_VIEW,
    ),
    real(
        "cells",
        "centre_y_px",
        "px",
        Some("canopy centre"),
        TOP_VIEW,
    ),
    real(
        "cells",
        "offset_pitch",
        "cell pitches",
        Some("centring"),
        TOP_VIEW,
    ),
    real("cells", "offset_mm", "mm", Some("centring"), TOP_VIEW),
    real(
        "cells",
        "chlorotic",
        "share of canopy",
        Some("chlorosis"),
        TOP_VIEW,
    ),
    real(
        "cells",
        "necrotic",
        "share of canopy",
        Some("necrosis"),
        TOP_VIEW,
    ),
    real(
        "cells",
        "overlap",
        "share of canopy",
        Some("overlap"),
        TOP_VIEW,
    ),
    whole("cells", "leaves", "leaves", Some("leaf count"), TOP_VIEW),
    real(
        "cells",
        "area_deviation_pitch2",
        "square cell pitches",
        Some("canopy area"),
        "spread of canopy heights",
    ),
    text("moves", "at", "ISO 8601, UTC", None, TOLD),
    text("moves", "who", "text", None, TOLD),
    text("moves", "key", "text", None, TOLD),
    whole("moves", "number", "count from 0", None, TOLD),
    text("moves", "tray_uid", "text", None, TOLD),
    text("moves", "tray_code", "text", None, TOLD),
    text("moves", "lot", "text", None, TOLD),
    whole("moves", "row", "count from 0", None, TOLD),
    whole("moves", "col", "count from 0", None, TOLD),
    text(
        "moves",
        "donor_uid",
        "text; empty: the cell was cleared only",
        None,
        TOLD,
    ),
    text("moves", "donor_code", "text", None, TOLD),
    text("moves", "donor_lot", "text", None, TOLD),
    whole("moves", "donor_row", "count from 0", None, TOLD),
    whole("moves", "donor_col", "count from 0", None, TOLD),
    text("moves", "taken_back_at", "ISO 8601, UTC", None, TOLD),
    text("moves", "taken_back_by", "text", None, TOLD),
];
