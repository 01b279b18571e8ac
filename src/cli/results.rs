//! Files that a command leaves behind: whole or not at all.

use std::path::Path;

use anyhow::Context;

use crate::archive::part_in;
use crate::frame::Frame;
use crate::inspect::TrayReport;
use crate::picture;

/// Writes a frame as PNG, whole or not at all.
///
/// # Errors
/// The folder cannot be made or written.
pub fn write_picture(path: &Path, frame: &Frame) -> anyhow::Result<()> {
    let bytes =
        picture::png(frame).with_context(|| format!("{}: cannot be written", path.display()))?;
    write_whole(path, &bytes)
}

/// Writes a file whole or not at all; makes its folder.
///
/// # Errors
/// The folder cannot be made or written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)
        .with_context(|| format!("{}: cannot be made", folder.display()))?;
    let wrong = || format!("{}: cannot be written", path.display());
    let mut part = part_in(folder, ".tmp").with_context(wrong)?;
    std::io::Write::write_all(&mut part, bytes).with_context(wrong)?;
    part.persist(path).with_context(wrong)?;
    Ok(())
}

/// One report as a line of JSON.
///
/// # Errors
/// Never for finite numbers; a number that is not finite is an error, not a null.
pub fn json_line(report: &TrayReport) -> anyhow::Result<String> {
    Ok(serde_json::to_string(report)? + "\n")
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_whole_file_is_readable_as_any_file_of_the_process_is() {
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let (whole, usual) = (
            folder.path().join("reports/trays.jsonl"),
            folder.path().join("usual"),
        );
        write_whole(&whole, b"{}").unwrap();
        std::fs::write(&usual, b"{}").unwrap();
        assert_eq!(mode(&whole), mode(&usual));
    }
}
