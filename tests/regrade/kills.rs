//! SIGKILL at any moment: what was whole stays as it was, the rest is done once.

use std::time::Duration;

use super::*;

/// Kills of one archive; more in a longer run: `SEEDGRADE_KILLS=100`.
const KILLS: u64 = 5;
/// Pictures; `SEEDGRADE_KILL_PICTURES=2000`.
const PICTURES: u64 = 60;

/// Long enough for a process to begin with its work, µs.
const LEAST_PAUSE: u64 = 1_000_000;

fn asked(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |value| value.parse().unwrap())
}

/// Numbers without a pattern that are the same in every run (the splitmix64 generator).
fn scattered(i: u64) -> u64 {
    let mut z = i.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// When each shard was written: a shard that is done again has another time.
fn written(folder: &Path) -> BTreeMap<String, std::time::SystemTime> {
    let Ok(entries) = fs::read_dir(folder.join("shards")) else {
        return BTreeMap::new();
    };
    let whole = entries
        .map(Result::unwrap)
        .filter(|entry| entry.file_name().to_str().unwrap().ends_with(".jsonl"));
    whole
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, entry.metadata().unwrap().modified().unwrap())
        })
        .collect()
}

#[cfg(unix)]
#[test]
fn whatever_moment_it_is_killed_at_every_picture_is_judged_once_and_whole_shards_stay() {
    let archive = Archive::of(asked("SEEDGRADE_KILL_PICTURES", PICTURES) as usize);
    let begun = std::time::Instant::now();
    archive.regraded("unkilled", &["--jobs", "2"]).ends_with(0);
    // a run over everything lasts so long: kills fall into all parts of it
    let longest = begun.elapsed().as_micros() as u64;
    let kills = asked("SEEDGRADE_KILLS", KILLS);
    // all kills together last about as long as the run
    let longest_pause = (2 * longest / kills).clamp(LEAST_PAUSE, longest.max(2 * LEAST_PAUSE) / 2);
    let mut pauses = (0..).map(|i| Duration::from_micros(scattered(i) % longest_pause));
    let (mut killed, mut rounds) = (0, 0);
    // a run that was quicker than its killer is whole; then the next folder's is killed at
    while killed < kills {
        rounds += 1;
        assert!(rounds <= 2 * kills, "{killed} of {kills} in {rounds} runs");
        killed += killed_until_whole(
            &archive,
            &format!("killed-{rounds}"),
            kills - killed,
            &mut pauses,
        );
    }
    println!("{killed} kills fell into the work of {rounds} runs");
}

/// A run that is killed after each of these pauses, so often or until it was whole before: in the
/// end it has the bytes of one that nobody killed, and no shard was written twice. How many kills
/// fell into its work.
#[cfg(unix)]
fn killed_until_whole(
    archive: &Archive,
    name: &str,
    most: u64,
    pauses: &mut impl Iterator<Item = Duration>,
) -> u64 {
    let folder = archive.run_folder(name);
    let mut before = BTreeMap::new();
    let stays = |before: &BTreeMap<_, _>, after: &BTreeMap<_, _>| {
        for (shard, when) in before {
            assert_eq!(after.get(shard), Some(when), "{shard} was written again");
        }
    };
    let mut killed = 0;
    while killed < most {
        let mut child = archive
            .regrade(name)
            .args(["--resume", "--jobs", "2"])
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(pauses.next().unwrap());
        child.kill().unwrap();
        let ended_itself = child.wait().unwrap().code().is_some();
        let after = written(&folder);
        stays(&before, &after);
        before = after;
        if ended_itself {
            break;
        }
        killed += 1;
    }
    archive.regraded(name, &["--resume"]).ends_with(0);
    stays(&before, &written(&folder));
    assert_eq!(archive.shards(name), archive.shards("unkilled"));
    killed
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_whole_shards_and_says_so() {
    let archive = Archive::of(60);
    let child = archive
        .regrade("run")
        .args(["--jobs", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let folder = archive.run_folder("run");
    while written(&folder).is_empty() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let stopped = Run::of(child.wait_with_output().unwrap());
    stopped.ends_with(130).says(&[
        "interrupted: ",
        "of 60 pictures are done and kept",
        "--resume",
    ]);
    let done = lines(&archive.shards("run")).len();
    assert!(done > 0 && done < 60);
    assert!(
        stopped
            .stderr
            .contains(&format!("interrupted: {done} of 60")),
        "{stopped:?}"
    );
}
