//! What an import says at its end.

use std::fmt::Write as _;

use crate::dataset::import::ImportSummary;

use super::output::shown;

/// The summary for a person.
pub fn summary_text(summary: &ImportSummary) -> String {
    let mut text = format!(
        "{}: {} from {} labels, in {}\n",
        shown(&summary.set),
        counted(summary.pictures, "picture"),
        summary.from,
        shown(&summary.out.display().to_string())
    );
    let mut line = |line: String| {
        // writing into a String cannot fail
        let _ = writeln!(text, "  {line}");
    };
    for (count, what) in [
        (summary.unlabelled, "unlabelled: nobody said what is in it"),
        (summary.without_plants, "labelled as without plants"),
        (
            summary.rewritten,
            "written anew, turned by EXIF in the source",
        ),
        (summary.embedded, "taken out of a label file"),
    ] {
        if count > 0 {
            line(format!("{} {what}", counted(count, "picture")));
        }
    }
    let written = &summary.written;
    line(format!(
        "pictures with boxes {}, mask {}, plant map {}, class map {}, cells {}",
        written.boxes, written.mask, written.plants, written.semantic, written.cells
    ));
    for (class, count) in &summary.classes {
        line(format!(
            "{} of {} as {}",
            counted(count.annotations as usize, "annotation"),
            shown(class),
            count.state
        ));
    }
    if summary.clipped > 0 {
        line(format!("{} cut off at a picture's edge", summary.clipped));
    }
    for (reason, count) in &summary.dropped {
        line(format!("{count} left out: {reason}"));
    }
    if summary.overlapping > 0 {
        line(format!(
            "{} over an earlier plant ({} px): the later one stands in plants.png, {} hidden wholly",
            counted(summary.overlapping as usize, "plant"),
            summary.overlapped_px,
            summary.hidden
        ));
    }
    for same in &summary.duplicates {
        line(format!(
            "the same picture {} times, one group: {}",
            same.len(),
            shown(&same.join(", "))
        ));
    }
    for note in &summary.notes {
        line(format!("note: {note}"));
    }
    text
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
