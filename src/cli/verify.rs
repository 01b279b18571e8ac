//! `seedgrade verify`: stored trays judged again from their pictures, bit for bit or what differs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::archive::RunFolder;
use crate::config::Config;
use crate::frame::{FolderError, read_bytes};
use crate::grade::GradingStandard;
use crate::inspect::{CellReport, Evidence, SourceFacts, TrayReport};
use crate::store::{KeptPicture, StoreReader, TrayFilter};
use crate::tray::{Orientation, TrayFormat};

use super::arguments::{Global, NetPrecision, TrayArguments};
use super::certified;
use super::differences::differences;
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::judging::judge_known;
use super::output::{print, shown};
use super::stage_watch::StageWatch;
use super::workshop::{
    Workshop, configured_net, heights, names_halving, read_config, standard, tray_format,
};

/// `seedgrade verify`
#[derive(Debug, Args)]
#[command(
    after_help = "Ends with 1 when anything differs, the evidence included. On another engine or class of CPU equal \
    verdicts are asked for, and the largest difference of a trait is printed.\n\n\
    Examples:\n  \
    seedgrade verify trays.jsonl\n  \
    seedgrade verify seedgrade.db --pictures archive/\n  \
    seedgrade verify certificate-2026-11-A.json --store seedgrade.db\n  \
    seedgrade verify run-7 --pictures archive/ --standard tomato-2.toml --pitch-mm 26"
)]
pub struct VerifyArguments {
    /// Lines of `grade --json`, the folder of a `regrade` run, a store, or with --store a lot's certificate
    #[arg(value_name = "REPORT|STORE|CERTIFICATE")]
    pub report: PathBuf,
    /// The stores that a certificate was drawn up from, in the same order: lays it beside them
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub store: Vec<PathBuf>,
    /// Where the reports' sources lie, for pictures that the store did not keep; the current folder when absent
    #[arg(long, value_name = "DIR")]
    pub pictures: Option<PathBuf>,
    /// The tray that the reports were judged with; their rows and columns are known
    #[command(flatten)]
    pub tray: TrayArguments,
    /// Their grading standard; without it the one whose text the store keeps, else the embedded vegetable-plug standard
    #[arg(long, value_name = "FILE")]
    pub standard: Option<PathBuf>,
}

/// A picture that the store kept, and its file.
type Kept = (KeptPicture, PathBuf);

/// How every SQLite database begins.
const DATABASE: &[u8; 16] = b"SQLite format 3\0";
/// Trays of a store that are listed at once.
const TRAYS_AT_ONCE: u32 = 256;
/// Differences of one tray that are printed.
const MOST_SAID: usize = 8;

/// Runs the command.
pub fn run(arguments: &VerifyArguments, global: &Global) -> CommandResult {
    if !arguments.store.is_empty() {
        return certified::verify(
            &arguments.report,
            &arguments.store,
            arguments.standard.as_deref(),
        );
    }
    let config = read_config(global)?;
    let by_the_store = arguments.standard.is_none() && is_store(&arguments.report);
    let keeps_standards = by_the_store.then(|| StoreReader::open(&arguments.report));
    let mut bench = Bench {
        standard: standard(arguments.standard.as_deref(), config.as_ref())?,
        keeps_standards: keeps_standards.transpose()?,
        in_single_precision: configured_net(config.as_ref())?.digest(),
        config,
        arguments,
        global,
        shops: BTreeMap::new(),
    };
    let mut tally = Tally::default();
    let interrupted = !stored(&arguments.report, &mut |stored, kept| {
        if interrupt::requested() {
            return Ok(false);
        }
        let outcome = bench.verify(&stored, kept)?;
        tally.take(&stored.facts.source, &outcome)?;
        Ok(true)
    })?;
    print(&format!(
        "{} bit for bit, {} alike on another engine or CPU, {} differ, {} without their picture\n",
        tally.same, tally.alike, tally.differ, tally.lost
    ))?;
    if interrupted {
        return Ok(Ending::Interrupted);
    }
    if tally.same + tally.alike + tally.differ + tally.lost == 0 {
        let report = arguments.report.display();
        return Err(anyhow!("{report}: expected reports, found none").into());
    }
    Ok(match (tally.differ, tally.lost) {
        (0, 0) => Ending::Done,
        (0, _) => Ending::SomeFailed,
        _ => Ending::Below,
    })
}

/// How a tray came out.
enum Outcome {
    /// Bit for bit.
    Same,
    /// Equal verdicts on another engine or class of CPU, and the largest difference of a trait.
    Alike(String),
    /// A sentence each.
    Differs(Vec<String>),
    /// Its picture cannot be read.
    Lost(String),
}

#[derive(Default)]
struct Tally {
    same: usize,
    alike: usize,
    differ: usize,
    lost: usize,
}

impl Tally {
    fn take(&mut self, source: &str, outcome: &Outcome) -> Result<(), Failure> {
        let source = shown(source);
        let said = match outcome {
            Outcome::Same => {
                self.same += 1;
                return Ok(());
            }
            Outcome::Alike(largest) => {
                self.alike += 1;
                format!("{source}: equal verdicts; {largest}\n")
            }
            Outcome::Lost(reason) => {
                self.lost += 1;
                format!("{source}: {}\n", shown(reason))
            }
            Outcome::Differs(differences) => {
                self.differ += 1;
                let more = differences.len().saturating_sub(MOST_SAID);
                let mut said: String = differences
                    .iter()
                    .take(MOST_SAID)
                    .map(|difference| format!("{source}: {}\n", shown(difference)))
                    .collect();
                if more > 0 {
                    said += &format!("{source}: and {more} more\n");
                }
                said
            }
        };
        print(&said)?;
        Ok(())
    }
}

/// Gives every stored report to `take` until it says no; whether all were given.
fn stored(
    path: &Path,
    take: &mut dyn FnMut(TrayReport, Option<Kept>) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let mut give = |line: &str, file: &Path| {
        if line.trim().is_empty() {
            return Ok(true);
        }
        let report = serde_json::from_str(line)
            .with_context(|| format!("{}: holds a line that is no report", file.display()))?;
        take(report, None)
    };
    if is_store(path) {
        return in_store(path, take);
    }
    if path.is_dir() {
        let folder = RunFolder::new(path);
        for shard in folder.begun()?.shards() {
            for line in folder.read_shard(shard.number)?.lines() {
                if !give(line, path)? {
                    return Ok(false);
                }
            }
        }
        return Ok(true);
    }
    let unreadable = || format!("{}: cannot be read", path.display());
    let file = File::open(path).with_context(unreadable)?;
    for line in BufReader::new(file).lines() {
        if !give(&line.with_context(unreadable)?, path)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a file is a database; whether it is a store is for the store to say.
fn is_store(path: &Path) -> bool {
    let mut begin = [0; DATABASE.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut begin));
    read.is_ok() && begin == *DATABASE
}

/// Gives every pass of every tray of a store to `take`, in the order of storing.
fn in_store(
    path: &Path,
    take: &mut dyn FnMut(TrayReport, Option<Kept>) -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    let store = StoreReader::open(path)?;
    let mut filter = TrayFilter {
        limit: Some(TRAYS_AT_ONCE),
        ..TrayFilter::default()
    };
    loop {
        let trays = store.trays(&filter)?;
        for tray in &trays {
            let kept = store.kept_picture(&tray.uid, tray.pass)?;
            if !take(store.report(tray.id)?, kept)? {
                return Ok(false);
            }
        }
        let Some(last) = trays.last() else {
            return Ok(true);
        };
        filter.after = Some(last.id);
    }
}

/// A standard's digest; the block of cells, none where it is counted in the picture; how trays were read.
type ShopKey = (String, Option<[usize; 2]>, ReadBy);

/// How a tray was read: in what numbers the net reckoned, and whether fine pictures were decoded at half their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ReadBy {
    precision: NetPrecision,
    halves: bool,
}

/// What trays are judged with again, for every standard and block of cells that the reports name.
struct Bench<'a> {
    arguments: &'a VerifyArguments,
    global: &'a Global,
    config: Option<Config>,
    standard: GradingStandard,
    /// The store whose trays are judged again, where nobody names their standard: it may keep the standard's text.
    keeps_standards: Option<StoreReader>,
    /// What evidence says of a tray that the net that is here read in single precision.
    in_single_precision: String,
    shops: BTreeMap<ShopKey, Workshop>,
}

impl Bench<'_> {
    fn verify(&mut self, stored: &TrayReport, kept: Option<Kept>) -> Result<Outcome, Failure> {
        let name = Path::new(&stored.facts.source);
        let folder = self.arguments.pictures.as_deref().unwrap_or(Path::new(""));
        let at_source = || {
            (
                read_bytes(&folder.join(name)),
                stored.facts.image_sha256.clone(),
            )
        };
        let (bytes, expected) = match kept.map(|(kept, file)| (read_bytes(&file), kept)) {
            Some((Ok(bytes), kept)) => {
                let judged = stored.facts.image_sha256.clone();
                (Ok(bytes), judged.or(Some(kept.image_sha256)))
            }
            // A kept picture that is not there may lie where it came from.
            Some((Err(_), _)) | None => at_source(),
        };
        match (&bytes, &expected) {
            (Ok(bytes), Some(expected)) => {
                let found = hex::encode(Sha256::digest(bytes));
                if found != *expected {
                    let said = format!("picture: expected sha256 {expected}, found {found}");
                    return Ok(Outcome::Differs(vec![said]));
                }
            }
            (Err(error), Some(_)) => return Ok(Outcome::Lost(error.to_string())),
            // a picture that could not be read when it was judged may be so still
            (_, None) => {}
        }
        self.judge_again(stored, name, bytes)
    }

    fn judge_again(
        &mut self,
        stored: &TrayReport,
        name: &Path,
        bytes: Result<Vec<u8>, FolderError>,
    ) -> Result<Outcome, Failure> {
        let digest = &stored.evidence.standard_digest;
        let by = ReadBy {
            precision: self.precision_of(&stored.evidence),
            halves: names_halving(&stored.evidence),
        };
        let mut shop = self.shop(digest, Some([stored.rows, stored.cols]), by)?;
        if shop.evidence().config != stored.evidence.config {
            // its rows and columns may have been counted in the picture
            let counted = self.shop(digest, None, by)?.evidence().config == stored.evidence.config;
            let block = (!counted).then_some([stored.rows, stored.cols]);
            shop = self.shop(digest, block, by)?;
        }
        let mut facts = stored.facts.clone();
        if shop.reads_codes() {
            (facts.tray_code, facts.tray_code_reason) = (None, None);
        }
        let bytes = bytes.map_err(|error| error.at(name));
        let again = judge_known(shop, facts, bytes, StageWatch::start())?;
        Ok(compared(stored, &again.report))
    }

    /// In what numbers the net that is here reckoned then: a report of single precision is judged so again, whatever this
    /// machine would choose. A flag goes before.
    fn precision_of(&self, stored: &Evidence) -> NetPrecision {
        if let Some(asked) = self.global.precision {
            return asked;
        }
        match stored.network == self.in_single_precision {
            true => NetPrecision::Single,
            false => NetPrecision::Auto,
        }
    }

    /// The workshop for a standard and a block of so many rows and columns, or for one that is counted in the picture.
    fn shop(
        &mut self,
        digest: &str,
        block: Option<[usize; 2]>,
        by: ReadBy,
    ) -> Result<&Workshop, Failure> {
        let block = block.filter(|block| *block != [0, 0]);
        let key = (digest.to_owned(), block, by);
        let shop = match self.shops.remove(&key) {
            Some(shop) => shop,
            None => {
                let shop = self.open(self.standard_of(digest)?, block, by.precision)?;
                if by.halves { shop.halving() } else { shop }
            }
        };
        Ok(self.shops.entry(key).or_insert(shop))
    }

    /// The standard of that digest where the store keeps its text, else the one that was named.
    fn standard_of(&self, digest: &str) -> Result<GradingStandard, Failure> {
        let store = self.keeps_standards.as_ref();
        match store
            .map(|store| store.standard(digest))
            .transpose()?
            .flatten()
        {
            Some(kept) => Ok(GradingStandard::parse(&kept.text)
                .with_context(|| format!("stored standard {digest}"))?),
            None => Ok(self.standard.clone()),
        }
    }

    /// A workshop for a block of cells: by the flags and the configuration where these name that block, else bare.
    fn open(
        &self,
        standard: GradingStandard,
        block: Option<[usize; 2]>,
        precision: NetPrecision,
    ) -> Result<Workshop, Failure> {
        let global = &Global {
            precision: Some(precision),
            ..self.global.clone()
        };
        let config = self.config.as_ref();
        let Some([rows, cols]) = block else {
            return Ok(Workshop::open(global, config, None, standard, None, 1)?);
        };
        let mut tray = self.arguments.tray.clone();
        let configured = config.and_then(|c| c.tray);
        let fits = configured.is_some_and(|f| (f.rows(), f.cols()) == (rows, cols));
        if tray.tray_format.is_none() && !fits {
            let side = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            tray.tray = Some(TrayFormat::new(side(rows), side(cols))?);
        }
        let format = tray_format(&tray, config)?;
        let heights = heights(&tray, config)?;
        Ok(Workshop::open(
            global,
            config,
            Some(format),
            standard,
            heights,
            1,
        )?)
    }
}

/// A stored report against its repetition.
fn compared(stored: &TrayReport, again: &TrayReport) -> Outcome {
    let bare = |report: &TrayReport| {
        let mut report = report.clone();
        report.timing_ms = None;
        serde_json::to_value(report).unwrap_or(Value::Null)
    };
    if bare(stored) == bare(again) {
        return Outcome::Same;
    }
    let mut said = evidence_differences(&stored.evidence, &again.evidence);
    let elsewhere = said.is_empty()
        && (&stored.evidence.backend, &stored.evidence.cpu_class)
            != (&again.evidence.backend, &again.evidence.cpu_class);
    said.extend(unknown_mark(stored, again));
    let judged: Vec<String> = differences("judged otherwise", stored, again);
    if elsewhere && judged.is_empty() {
        return Outcome::Alike(format!(
            "{}; {} on {} here, {} on {} then",
            largest(stored, again),
            again.evidence.backend,
            again.evidence.cpu_class,
            stored.evidence.backend,
            stored.evidence.cpu_class
        ));
    }
    if judged.is_empty() {
        said.push(format!("equal verdicts; {}", largest(stored, again)));
        said.extend(fact_differences(&stored.facts, &again.facts));
    }
    said.extend(judged);
    Outcome::Differs(said)
}

/// What the tray was judged with then and now, apart from engine and CPU.
fn evidence_differences(stored: &Evidence, again: &Evidence) -> Vec<String> {
    [
        ("software", &stored.software, &again.software),
        ("network", &stored.network, &again.network),
        ("tray finder", &stored.tray_finder, &again.tray_finder),
        ("standard", &stored.standard, &again.standard),
        ("standard", &stored.standard_digest, &again.standard_digest),
        ("configuration", &stored.config, &again.config),
    ]
    .into_iter()
    .filter(|(_, then, now)| then != now)
    .map(|(what, then, now)| format!("{what}: expected {then}, found {now}"))
    .collect()
}

/// What is missing where a tray lay turned round: no report says where on the tray its code stands.
fn unknown_mark(stored: &TrayReport, again: &TrayReport) -> Option<String> {
    let was_marked = stored.orientation == Some(Orientation::Marked);
    (was_marked && stored.evidence.config != again.evidence.config).then(|| {
        "orientation: its code told which way round it lay: give the --config or --tray-format that says where the code \
         stands"
            .to_owned()
    })
}

fn fact_differences(stored: &SourceFacts, again: &SourceFacts) -> Option<String> {
    (stored.tray_code != again.tray_code).then(|| {
        let code =
            |facts: &SourceFacts| facts.tray_code.clone().unwrap_or_else(|| "none".to_owned());
        format!(
            "tray code: expected {}, found {}",
            code(stored),
            code(again)
        )
    })
}

/// The trait that is farthest off, as a sentence.
fn largest(stored: &TrayReport, again: &TrayReport) -> String {
    let traits = |cell: &CellReport| {
        [
            ("occupied", cell.occupied),
            ("several", cell.several),
            ("area_pitch2", cell.area_pitch2),
            ("offset_pitch", cell.offset_pitch.unwrap_or(0.0)),
            ("chlorotic", cell.chlorotic),
            ("necrotic", cell.necrotic),
            ("overlap", cell.overlap),
        ]
    };
    let cells = stored.cells.iter().zip(&again.cells);
    let off = cells.flat_map(|(then, now)| {
        let pairs = traits(then).into_iter().zip(traits(now));
        pairs.map(|((name, then), (_, now))| (name, (then - now).abs()))
    });
    off.max_by(|a, b| a.1.total_cmp(&b.1)).map_or_else(
        || "no cells to compare".to_owned(),
        |(name, difference)| format!("largest difference of a trait: {difference:.4} in {name}"),
    )
}
