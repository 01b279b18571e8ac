//! `seedgrade dataset import`: label files of other programs into a labelled set.

use std::path::PathBuf;

use anyhow::anyhow;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::dataset::Use;
use crate::dataset::import::{
    Block, ClassMeaning, ForeignFormat, ImportError, ImportRequest, LabelFrame, LabelledThing,
    Unannotated, import,
};

use super::dataset_summary::summary_text;
use super::exit::{CommandResult, Ending, Failure};
use super::interrupt;
use super::output::{print, say, shown};

/// `seedgrade dataset`
#[derive(Debug, Subcommand)]
pub enum DatasetCommand {
    /// Turn COCO, YOLO, labelme or CVPPP labels into a labelled set
    Import(Box<ImportArguments>),
}

const DETAILS: &str = "\
What classes mean (letter case, spaces and hyphens do not matter; --class goes before this):
  healthy      healthy, normal, green                               plant, semantic 1
  chlorotic    chlorotic, chlorosis, yellow                         plant, semantic 2
  necrotic     necrotic, necrosis, brown, dead                      plant, semantic 3
  seedling     seedling(s), plant(s), sprout, germinated, rosette   plant, tissue not told
  leaf         leaf, leaves                                         mask, never a plant
  no_seedling  no_seedling, empty, blank, missing, no_plant,
               not_germinated, ungerminated                         cell without a seedling
  tray         tray, plug_tray, block                               where the block of cells lies
  ignore                                                            left out and counted
Any other class is an error until --class says what it is.

What is written beside a labelled picture: boxes.csv; mask.png where every plant has an outline (a box, a circle or \
a point is none); plants.png where besides each outline is one plant, the later over the earlier; semantic.png where \
besides every class tells its tissue; cells.csv with --rows and --cols, where one tray is annotated or --block whole \
says that the cells fill the picture. A plant counts in the cell where its middle lies.

A picture is labelled as empty by an empty YOLO file, a labelme file without shapes, or, with --unannotated \
no-plants, by a COCO picture without annotations; a picture without a label file is unlabelled.

Names that lead out of the source are refused. Nothing is left of an import that fails. It ends with 4 when pictures \
were missing, with the others imported.

Examples:
  seedgrade dataset import --from coco instances.json --images photos --out sets/bed1 --class weed=ignore
  seedgrade dataset import --from yolo export/ --out sets/bed2 --rows 10 --cols 20 --block whole
  seedgrade dataset import --from labelme annotated/ --out sets/bed3 --label-frame turned --json
  seedgrade dataset import --from cvppp A1/ --out sets/leaves --licence 'CC BY 4.0'";

/// `seedgrade dataset import`
#[derive(Debug, Args)]
#[command(after_long_help = DETAILS, after_help = "--help says what classes mean and what is written.")]
pub struct ImportArguments {
    /// Format of the source
    #[arg(long, value_enum)]
    pub from: FromArgument,
    /// Folder with the labels and pictures; for COCO also the JSON file itself
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    /// Folder of the new set; it must not be there yet
    #[arg(long, value_name = "SET")]
    pub out: PathBuf,
    /// Name of the set; that of its folder when absent
    #[arg(long)]
    pub name: Option<String>,
    /// Licence of pictures and labels; "none stated" when absent
    #[arg(long, value_name = "LICENCE")]
    pub licence: Option<String>,
    /// What the set may be used for
    #[arg(long = "use", value_name = "USE", value_enum, default_value_t = UseArgument::Evaluate)]
    pub usage: UseArgument,
    /// Rows of cells in view
    #[arg(long, requires = "cols", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub rows: Option<u16>,
    /// Columns of cells in view
    #[arg(long, requires = "rows", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub cols: Option<u16>,
    /// Where the block of cells lies: as an annotated tray says, or it fills every picture without one
    #[arg(long, value_enum, requires = "rows", default_value_t = BlockArgument::Annotated)]
    pub block: BlockArgument,
    /// What a class of the source is; may be given often
    #[arg(long = "class", value_name = "NAME=STATE", value_parser = parse_class)]
    pub classes: Vec<(String, ClassMeaning)>,
    /// COCO: where the pictures lie, when not beside the JSON file or in a folder that it names
    #[arg(long, value_name = "DIR")]
    pub images: Option<PathBuf>,
    /// COCO: what a picture without annotations is
    #[arg(long, value_enum, default_value_t = UnannotatedArgument::Unlabelled)]
    pub unannotated: UnannotatedArgument,
    /// CVPPP: what an id of a label picture is; leaves are never written as plants
    #[arg(long, value_enum, default_value_t = LabelsArgument::Leaves)]
    pub labels: LabelsArgument,
    /// Which picture labels were drawn on where an EXIF orientation turns it; without it such a picture is refused
    #[arg(long, value_enum)]
    pub label_frame: Option<LabelFrameArgument>,
    /// Coordinate of the first pixel's edge: 1 for labels counted from 1 (MATLAB, Pascal VOC)
    #[arg(long, value_name = "0|1", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    pub first_pixel: u8,
    /// Print the summary as one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Format of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FromArgument {
    /// Instances JSON: boxes, polygons, run-length masks
    Coco,
    /// Text files of boxes or polygons as shares of the picture
    Yolo,
    /// A JSON file a picture
    Labelme,
    /// *_rgb.png with *_label.png, *_fg.png, *_centers.png
    Cvppp,
}

/// What the set may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UseArgument {
    /// Nets and thresholds may learn from it
    Train,
    /// For figures only
    Evaluate,
}

/// Where the block of cells lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BlockArgument {
    /// Where a tray is annotated
    Annotated,
    /// From edge to edge of every picture without an annotated tray
    Whole,
}

/// What a COCO picture without annotations is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UnannotatedArgument {
    /// Nobody labelled it
    Unlabelled,
    /// There is no plant in it
    NoPlants,
}

/// What an id of a CVPPP label picture is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LabelsArgument {
    /// A leaf
    Leaves,
    /// A plant
    Plants,
}

/// Which picture labels were drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LabelFrameArgument {
    /// The pixels as they are stored
    Stored,
    /// The turned picture, as viewers, labelme and most annotation pages show it
    Turned,
}

fn parse_class(text: &str) -> Result<(String, ClassMeaning), String> {
    // a class name may hold an equals sign, a state does not
    let (name, state) = text
        .rsplit_once('=')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("expected NAME=STATE, such as weed=ignore")?;
    let meaning = ClassMeaning::parse(state).ok_or_else(|| {
        format!(
            "expected a state (healthy, chlorotic, necrotic, seedling, leaf, no_seedling, tray, ignore), found {state:?}"
        )
    })?;
    Ok((name.to_owned(), meaning))
}

/// Runs the command.
pub fn run(command: &DatasetCommand) -> CommandResult {
    let DatasetCommand::Import(arguments) = command;
    check_belongs(arguments)?;
    // shown on a terminal only
    let spinner = ProgressBar::new_spinner().with_style(ProgressStyle::with_template(
        "{spinner} {pos} pictures, {elapsed}",
    )?);
    let imported = import(&request(arguments), || {
        spinner.inc(1);
        !interrupt::requested()
    });
    spinner.finish_and_clear();
    let summary = imported.map_err(failure)?;
    for missing in &summary.missing {
        say(&format!("missing: {}", shown(missing)));
    }
    if arguments.json {
        print(&(serde_json::to_string(&summary)? + "\n"))?;
    } else {
        print(&summary_text(&summary))?;
    }
    Ok(if summary.missing.is_empty() {
        Ending::Done
    } else {
        Ending::SomeFailed
    })
}

/// An option of another format would be passed over in silence.
fn check_belongs(arguments: &ImportArguments) -> Result<(), Failure> {
    let coco = arguments.from == FromArgument::Coco;
    let cvppp = arguments.from == FromArgument::Cvppp;
    let pixels = arguments.from != FromArgument::Yolo && !cvppp;
    let strangers = [
        ("--images", arguments.images.is_some() && !coco, "coco"),
        (
            "--unannotated no-plants",
            arguments.unannotated == UnannotatedArgument::NoPlants && !coco,
            "coco",
        ),
        (
            "--labels plants",
            arguments.labels == LabelsArgument::Plants && !cvppp,
            "cvppp",
        ),
        (
            "--first-pixel 1",
            arguments.first_pixel == 1 && !pixels,
            "coco and labelme",
        ),
    ];
    match strangers.iter().find(|(_, strange, _)| *strange) {
        Some((option, _, format)) => Err(anyhow!("{option}: belongs to --from {format}").into()),
        None => Ok(()),
    }
}

fn request(arguments: &ImportArguments) -> ImportRequest {
    let format = match arguments.from {
        FromArgument::Coco => ForeignFormat::Coco,
        FromArgument::Yolo => ForeignFormat::Yolo,
        FromArgument::Labelme => ForeignFormat::Labelme,
        FromArgument::Cvppp => ForeignFormat::Cvppp,
    };
    let grid = arguments.rows.zip(arguments.cols);
    ImportRequest {
        pictures: arguments.images.clone(),
        name: arguments.name.clone(),
        licence: arguments.licence.clone(),
        usage: match arguments.usage {
            UseArgument::Train => Use::Train,
            UseArgument::Evaluate => Use::Evaluate,
        },
        block: grid.map(|(rows, cols)| Block {
            rows: usize::from(rows),
            cols: usize::from(cols),
            fills_picture: arguments.block == BlockArgument::Whole,
        }),
        classes: arguments.classes.clone(),
        labelled: match arguments.labels {
            LabelsArgument::Leaves => LabelledThing::Leaf,
            LabelsArgument::Plants => LabelledThing::Plant,
        },
        label_frame: match arguments.label_frame {
            None => LabelFrame::Unstated,
            Some(LabelFrameArgument::Stored) => LabelFrame::Stored,
            Some(LabelFrameArgument::Turned) => LabelFrame::Turned,
        },
        first_pixel: arguments.first_pixel,
        unannotated: match arguments.unannotated {
            UnannotatedArgument::Unlabelled => Unannotated::Unlabelled,
            UnannotatedArgument::NoPlants => Unannotated::NoPlants,
        },
        ..ImportRequest::new(format, &arguments.source, &arguments.out)
    }
}

fn failure(error: ImportError) -> Failure {
    let ending = match &error {
        ImportError::Interrupted => Ending::Interrupted,
        ImportError::Unwritable(_) => Ending::Resource,
        _ => Ending::Usage,
    };
    Failure {
        ending,
        error: error.into(),
    }
}
