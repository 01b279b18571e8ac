//! An inspection report in words: its parts as a page and paper both set them.

/// A report in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// 检测报告, Inspection report.
    pub title: String,
    /// That it is no statutory and no quarantine certificate.
    pub is_not: String,
    /// What it says, before the photographs.
    pub sections: Vec<Section>,
    /// Over the photographs.
    pub photographs: String,
    /// By which rule they were chosen, or that none is kept.
    pub photographs_rule: String,
    /// What it was judged with, after the photographs.
    pub evidence: Section,
    /// Who drew it up, and when.
    pub issued: String,
    /// Over which people sign.
    pub signatures: [String; 2],
}

/// Some parts under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The heading, where there is one.
    pub heading: Option<String>,
    /// The parts, in their order.
    pub parts: Vec<Part>,
}

/// A part of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The figure that people look for, and its doubt.
    Answer(String, String),
    /// A name and what is so, a line each.
    Facts(Vec<Fact>),
    /// The columns' names and the rows.
    Table(Vec<String>, Vec<Vec<String>>),
    /// A sentence.
    Text(String),
    /// A sentence that explains.
    Note(String),
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// What of.
    pub name: String,
    /// The figure.
    pub strong: String,
    /// What stands beside it.
    pub text: String,
    /// A digest or a command.
    pub code: String,
}

impl Fact {
    /// Words without a figure.
    pub fn text(name: String, text: impl Into<String>) -> Self {
        Self {
            name,
            text: text.into(),
            ..Self::default()
        }
    }

    /// A figure, and what stands beside it.
    pub fn strong(name: String, strong: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            strong: strong.into(),
            ..Self::text(name, text)
        }
    }

    /// Words with a digest or a command after them.
    pub fn code(name: String, text: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            ..Self::text(name, text)
        }
    }
}
