//! Shares without a server, and their union.

use super::*;

#[test]
fn shares_make_the_whole_and_a_share_that_is_missing_is_named() {
    let archive = Archive::of(22);
    archive.regraded("whole", &[]).ends_with(0);
    for share in ["1/3", "3/3"] {
        archive
            .regraded(&share.replace('/', "-"), &["--shard", share])
            .ends_with(0);
    }
    let gather = |out: &str, parts: &[&str]| {
        let mut command = embedded();
        command
            .args(["regrade", "gather", "--out"])
            .arg(archive.run_folder(out));
        run(command.args(parts.iter().map(|part| archive.run_folder(part))))
    };
    gather("some", &["1-3", "3-3"]).ends_with(4).says(&[
        "missing: shard 000001, ",
        "missing: 2 of 6 shards with 8 of 22 pictures",
    ]);
    archive.regraded("2-3", &["--shard", "2/3"]).ends_with(0);
    gather("all", &["3-3", "1-3", "2-3", "1-3"]).ends_with(0);
    assert_eq!(archive.shards("all"), archive.shards("whole"));
    let printed = run(embedded()
        .args(["regrade", "gather"])
        .arg(archive.run_folder("all")));
    printed.ends_with(0);
    assert_eq!(printed.lines(), lines(&archive.shards("whole")));
}

#[test]
fn shares_in_one_folder_make_the_whole_too() {
    let archive = Archive::of(10);
    archive.regraded("whole", &[]).ends_with(0);
    let start = |share: &str| {
        archive
            .regrade("shared")
            .args(["--shard", share])
            .spawn()
            .unwrap()
    };
    for mut child in [start("1/2"), start("2/2")] {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    assert_eq!(archive.shards("shared"), archive.shards("whole"));
}

#[test]
fn runs_over_other_pictures_are_not_joined() {
    let (one, other) = (Archive::of(4), Archive::of(5));
    one.regraded("run", &[]).ends_with(0);
    other.regraded("run", &[]).ends_with(0);
    run(embedded()
        .args(["regrade", "gather"])
        .arg(one.run_folder("run"))
        .arg(other.run_folder("run")))
    .ends_with(2)
    .says(&["no part of the same run"]);
}

#[test]
fn a_share_that_does_not_exist_is_bad_usage() {
    let archive = Archive::of(1);
    for share in ["0/2", "3/2", "1", "a/b"] {
        archive
            .regraded("run", &["--shard", share])
            .ends_with(2)
            .says(&["expected I/N"]);
    }
}
