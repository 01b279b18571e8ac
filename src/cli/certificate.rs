//! `seedgrade certificate`: a lot's inspection report (检测报告) as PDF or JSON.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};

use crate::certificate::{Certificate, DrawnUp};
use crate::clock;
use crate::review::{Language, Letters, ReportSource, paper};
use crate::statistics::Calendar;

use super::certified;
use super::exit::{CommandResult, Ending, Failure};
use super::output::{say, shown};
use super::results::write_whole;
use super::review::{built_in, read_standard};

/// `seedgrade certificate`
#[derive(Debug, Args)]
#[command(
    after_help = "FILE's ending says which form: .json, which `seedgrade verify FILE --store …` lays beside the store \
    later, or .pdf, to print and sign, with the lowest, the middle and the highest tray's picture. --from prints a JSON \
    report that was handed over, where it still holds: the same report gives the same bytes.\n\n\
    Examples:\n  \
    seedgrade certificate --store line1.db --lot 2026-11-A --by Wang --out report.json\n  \
    seedgrade certificate --store line1.db --from report.json --language en --out report.pdf"
)]
pub struct CertificateArguments {
    /// The stores of one line or several
    #[arg(long, value_name = "FILE", num_args = 1.., required = true)]
    store: Vec<PathBuf>,
    /// The lot to draw up a report of
    #[arg(long, value_name = "LOT", required_unless_present = "from")]
    lot: Option<String>,
    /// A report that was drawn up, as JSON
    #[arg(long, value_name = "CERTIFICATE", conflicts_with_all = ["lot", "by"])]
    from: Option<PathBuf>,
    /// Where it is written: .pdf or .json
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Who draws it up
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Language of a PDF; a JSON report has both
    #[arg(long, value_enum, default_value_t = Tongue::Chinese)]
    language: Tongue,
    /// Font of a PDF, with Chinese letters; without it the best of this machine
    #[arg(long, value_name = "FILE")]
    font: Option<PathBuf>,
    /// Folders where pictures are looked for, besides their own path and the stores' folders
    #[arg(long, value_name = "DIR")]
    pictures: Vec<PathBuf>,
    /// Grading standards that trays were judged by, besides the embedded one and those in the stores
    #[arg(long, value_name = "FILE")]
    standard: Vec<PathBuf>,
}

/// A language on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tongue {
    /// 简体中文
    #[value(name = "zh-CN", alias = "zh")]
    Chinese,
    /// English
    #[value(name = "en")]
    English,
}

impl From<Tongue> for Language {
    fn from(tongue: Tongue) -> Self {
        match tongue {
            Tongue::Chinese => Self::Chinese,
            Tongue::English => Self::English,
        }
    }
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Pdf,
}

/// Runs the command.
pub fn run(arguments: &CertificateArguments) -> CommandResult {
    let form = form_of(&arguments.out)?;
    // before the store is read: what cannot be printed needs no reading
    let letters = match (form, &arguments.font) {
        (Form::Json, _) => None,
        (Form::Pdf, Some(file)) => Some(Letters::of_file(file)?),
        (Form::Pdf, None) => Some(Letters::of_machine()?),
    };
    let standards = arguments.standard.iter().map(|file| read_standard(file));
    let source = ReportSource::open(
        &arguments.store,
        arguments.pictures.clone(),
        built_in,
        standards.collect::<anyhow::Result<_>>()?,
    )?;
    let drawn = drawn_up(&source, arguments)?;
    let bytes = match letters {
        None => serde_json::to_vec_pretty(&drawn.certificate)?,
        Some(letters) => {
            let photographs = source.photographs(&drawn)?;
            let language = arguments.language.into();
            let calendar = Calendar::of_machine();
            paper(
                &drawn.certificate,
                &photographs,
                language,
                &calendar,
                &letters,
            )?
        }
    };
    write_whole(&arguments.out, &bytes).map_err(Failure::resource)?;
    let (lot, out) = (shown(&drawn.certificate.lot), arguments.out.display());
    say(&format!("report of lot {lot}: {out}"));
    Ok(Ending::Done)
}

fn form_of(out: &Path) -> anyhow::Result<Form> {
    let ending = out.extension().map(|ending| ending.to_ascii_lowercase());
    match ending.as_ref().and_then(|ending| ending.to_str()) {
        Some("pdf") => Ok(Form::Pdf),
        Some("json") => Ok(Form::Json),
        _ => bail!(
            "--out {}: expected a name that ends in .pdf or .json",
            out.display()
        ),
    }
}

fn drawn_up(source: &ReportSource, arguments: &CertificateArguments) -> Result<DrawnUp, Failure> {
    let Some(file) = &arguments.from else {
        let mut drawn = source.draw_up(arguments.lot.as_deref().unwrap_or_default())?;
        drawn.certificate.issued_at = clock::now().to_string();
        drawn.certificate.issued_by.clone_from(&arguments.by);
        return Ok(drawn);
    };
    let certificate: Certificate = certified::read(file)?;
    let named = || file.display().to_string();
    source.again(&certificate).with_context(named)?.map_err(|holding| {
        let n = holding.differences.len();
        Failure {
            ending: Ending::Below,
            error: anyhow::anyhow!(
                "{}: does not hold, {n} differences: `seedgrade verify` names them; nothing was written",
                named()
            ),
        }
    })
}
