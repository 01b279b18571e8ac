//! What the inspection says of a cell and of a tray.

use serde::{Deserialize, Serialize};
use smallstr::SmallString;

/// A text of a cell. Those that standards usually give rise to, such as `area_pitch2 >= 0.25 (0.1234)`, take no memory
/// of their own, so that a tray costs no allocation a cell.
pub type CellText = SmallString<[u8; 40]>;

/// The name of a grade in its standard, such as `A` or `weak`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GradeId(pub CellText);

impl std::fmt::Display for GradeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why the inspection refuses to decide about a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsureReason {
    /// The probability of occupancy lies in the standard's band of doubt.
    Occupancy,
    /// The cell's class and the plants seen contradict each other.
    Contradiction,
    /// Too much canopy of neighbours to tell whose it is.
    Overlap,
    /// The tray's canopy is too closed to tell what stands in a cell.
    Crowded,
    /// The cell is not wholly in the picture.
    OutOfView,
}

impl UnsureReason {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Occupancy => "occupancy",
            Self::Contradiction => "contradiction",
            Self::Overlap => "overlap",
            Self::Crowded => "crowded",
            Self::OutOfView => "out_of_view",
        }
    }
}

impl std::fmt::Display for UnsureReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What the inspection says of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellVerdict {
    /// No visible seedling.
    Blank,
    /// One seedling, of this grade. The last grade of a standard takes the weak.
    Graded(GradeId),
    /// Two or more seedlings.
    Double,
    /// Refused to decide.
    Unsure(UnsureReason),
}

impl CellVerdict {
    /// The verdict's name in reports: `blank`, `graded`, `double` or `unsure`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Graded(_) => "graded",
            Self::Double => "double",
            Self::Unsure(_) => "unsure",
        }
    }
}

/// What an actuator does with a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CellAction {
    /// Nothing.
    #[default]
    Leave,
    /// Take the plug out.
    Remove,
    /// Leave one of several seedlings.
    Thin,
    /// Pick into tool position n.
    Pick(u8),
}

impl std::fmt::Display for CellAction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Leave => f.write_str("leave"),
            Self::Remove => f.write_str("remove"),
            Self::Thin => f.write_str("thin"),
            Self::Pick(n) => write!(f, "pick:{n}"),
        }
    }
}

/// A cell's verdict and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedCell {
    /// The verdict.
    pub verdict: CellVerdict,
    /// What the actuator does.
    pub action: CellAction,
    /// The criterion that kept the plant from the grade above, as written in the standard; none for
    /// the best grade and for cells without a graded plant.
    pub criterion: Option<CellText>,
}

/// Cells per verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VerdictCounts {
    /// Blank cells.
    pub blank: usize,
    /// Cells with one graded plant.
    pub graded: usize,
    /// Cells with two or more plants.
    pub double: usize,
    /// Undecided cells.
    pub unsure: usize,
}

/// The judgement of a whole tray.
#[derive(Debug, Clone, PartialEq)]
pub struct TrayJudgement {
    /// Row-major, rows × cols.
    pub cells: Vec<JudgedCell>,
    /// The tray's grade by the standard's rules.
    pub grade: String,
    /// The route that the rule names.
    pub route: String,
    /// Cells that the job sowed; the shares of tray rules are of these.
    pub sown: usize,
    /// Cells per verdict, unsown cells among the blanks.
    pub counts: VerdictCounts,
    /// Plants per grade, every grade of the standard, best first.
    pub grades: Vec<(GradeId, usize)>,
    /// Plants of a marketable grade.
    pub marketable: usize,
}
