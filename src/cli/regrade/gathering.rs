//! `seedgrade regrade gather`: the shares of a run made whole.

use crate::archive::{Manifest, RunFolder, gather};

use super::super::exit::{CommandResult, Ending, Failure};
use super::super::output::{Written, print, say, shown};
use super::arguments::GatherArguments;
use super::{not_begun, say_tally};

/// Shards that are named one by one.
const MOST_NAMED: usize = 20;

/// Runs the command.
pub fn run(arguments: &GatherArguments) -> CommandResult {
    let parts: Vec<RunFolder> = arguments.parts.iter().map(|p| RunFolder::new(p)).collect();
    let out = arguments.out.as_deref().map(RunFolder::new);
    let mut reader_gone = false;
    let mut begun = false;
    let take = |manifest: &Manifest, number: usize, lines: &str| -> Result<(), Failure> {
        match &out {
            Some(out) => {
                if !begun {
                    out.begin(manifest).map_err(not_begun)?;
                    begun = true;
                }
                out.write_shard(number, lines.as_bytes()).map_err(not_begun)
            }
            None if reader_gone => Ok(()),
            None => {
                reader_gone = print(lines)? == Written::ReaderGone;
                Ok(())
            }
        }
    };
    let gathered = gather(&parts, take)?;
    let ending = say_tally(&gathered.tally);
    if gathered.tally.missing.is_empty() {
        return Ok(ending);
    }
    say_missing(&gathered.manifest, &gathered.tally.missing);
    Ok(Ending::SomeFailed)
}

fn say_missing(manifest: &Manifest, missing: &[usize]) {
    let shards = missing.iter().filter_map(|n| manifest.shards().get(*n));
    let pictures: usize = shards.clone().map(|shard| shard.pictures.len()).sum();
    for shard in shards.take(MOST_NAMED) {
        if let (Some(first), Some(last)) = (shard.pictures.first(), shard.pictures.last()) {
            say(&format!(
                "missing: shard {:06}, {} to {}",
                shard.number,
                shown(&first.path),
                shown(&last.path)
            ));
        }
    }
    say(&format!(
        "missing: {} of {} shards with {pictures} of {} pictures",
        missing.len(),
        manifest.shards().len(),
        manifest.pictures().count()
    ));
}
