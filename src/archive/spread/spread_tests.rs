//! Coordinator and workers over a server in memory: whatever dies, every shard is there once.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::super::{
    ArchiveError, JudgedBy, Manifest, Pictures, RunEnd, RunFolder, Share, Watch, survey, tally,
};
use super::*;
use crate::broker::stand_in::StandIn;
use crate::broker::{Broker, Queue, Redelivery, RunName};
use crate::frame::FolderError;
use crate::inspect::{Evidence, TrayReport};

/// Pictures of so many trays in memory.
struct Trays(usize);

impl Pictures for Trays {
    fn place(&self) -> PathBuf {
        PathBuf::from("trays")
    }

    fn list(&self) -> Result<Vec<(String, Option<u64>)>, ArchiveError> {
        Ok((0..self.0)
            .map(|i| (format!("tray-{i:03}.png"), None))
            .collect())
    }

    fn read(&self, name: &str) -> Result<Vec<u8>, FolderError> {
        Ok(name.as_bytes().to_vec())
    }
}

/// A judge that says which picture it saw.
fn judge(name: &str, bytes: Result<Vec<u8>, FolderError>) -> Result<TrayReport, String> {
    let bytes = bytes.map_err(|error| error.to_string())?;
    let report = serde_json::json!({
        "schema": "seedgrade.tray/1", "tray_uid": name, "source": name, "image_sha256": handout::sha256(&bytes), "pass": 1,
        "status": "refused", "rows": 1, "cols": 1, "mm_known": false, "cells": [], "evidence": Evidence::default(),
    });
    Ok(serde_json::from_value(report).unwrap())
}

struct Nothing;

impl Watch for Nothing {
    fn stop(&self) -> bool {
        false
    }
    fn judged(&self) {}
}

/// A coordinator asks whether to stop before each of its steps: the workers' chance to act.
struct Between<F: Fn(usize)>(F, AtomicUsize);

impl<F: Fn(usize) + Sync> Watch for Between<F> {
    fn stop(&self) -> bool {
        (self.0)(self.1.fetch_add(1, Ordering::Relaxed));
        false
    }
    fn judged(&self) {}
}

struct Run {
    server: StandIn,
    manifest: Manifest,
    root: tempfile::TempDir,
    handout: Handout,
    parts: Parts,
    trays: Trays,
}

const REDELIVERY: Redelivery = Redelivery {
    after: Duration::from_secs(1),
    most: 3,
};

impl Run {
    fn of(trays: usize) -> Self {
        let by = JudgedBy {
            software: "0".to_owned(),
            network: "n".to_owned(),
            standard: "s".to_owned(),
            config: "c".to_owned(),
        };
        let trays = Trays(trays);
        let manifest = survey(&trays, by, &|| false).unwrap().unwrap();
        let parts = Parts::from([("seedling.onnx".to_owned(), b"weights".to_vec())]);
        let handout = Handout::new(&manifest, Evidence::default(), "trays".to_owned(), &parts);
        Self {
            server: StandIn::default(),
            root: tempfile::tempdir().unwrap(),
            manifest,
            handout,
            parts,
            trays,
        }
    }

    fn name(&self) -> RunName {
        self.handout.run().unwrap()
    }

    fn folder(&self) -> RunFolder {
        let folder = RunFolder::new(self.root.path());
        folder.begin(&self.manifest).unwrap();
        folder
    }

    fn coordinate(&self, watch: &dyn Watch) -> Result<RunEnd, ArchiveError> {
        let folder = self.folder();
        let coordinator = Coordinator {
            broker: &self.server,
            manifest: &self.manifest,
            folder: &folder,
            handout: &self.handout,
            parts: &self.parts,
            archive: &self.trays,
            redelivery: REDELIVERY,
        };
        coordinator.run(watch)
    }

    fn work(&self, name: &str) -> Result<usize, ArchiveError> {
        let run = self.name();
        let handed = HandedPictures::new(&self.server, &run);
        let pictures: &dyn Pictures = if self.handout.hands_out_pictures {
            &handed
        } else {
            &self.trays
        };
        let worker = Worker {
            broker: &self.server,
            run: &run,
            name,
            pictures,
            heartbeat: Duration::ZERO,
        };
        worker.work(&judge, &Nothing)
    }

    fn works(&self, name: &str) {
        self.work(name).unwrap();
    }

    /// Every picture has its one line, in order.
    fn is_whole(&self) {
        let tally = tally(&self.manifest, &self.folder(), Share::WHOLE).unwrap();
        assert_eq!((tally.refused, tally.missing.len()), (self.trays.0, 0));
        assert!(!self.server.is_open(), "nothing is left on the server");
    }
}

#[test]
fn shards_come_back_whole_from_a_worker() {
    let run = Run::of(50);
    let end = run.coordinate(&Between(|_| run.works("one"), AtomicUsize::new(0)));
    assert_eq!(end.unwrap(), RunEnd::Done);
    run.is_whole();
}

#[test]
fn what_a_dead_worker_had_in_hand_is_graded_by_another() {
    let run = Run::of(50);
    let name = run.name();
    let dies = || {
        // takes shards and is never heard of again
        for _ in 0..3 {
            drop(
                run.server
                    .take(&name, Queue::Tasks, Duration::ZERO)
                    .unwrap(),
            );
        }
    };
    let step = |step: usize| match step {
        1 => dies(),
        3 => run.server.fall_silent(),
        _ => run.works("living"),
    };
    assert_eq!(
        run.coordinate(&Between(step, AtomicUsize::new(0))).unwrap(),
        RunEnd::Done
    );
    run.is_whole();
}

#[test]
fn a_shard_that_two_workers_graded_is_there_once() {
    let run = Run::of(20);
    let name = run.name();
    let slow = std::sync::Mutex::new(Vec::new());
    let step = |step: usize| match step {
        1 => {
            let taken = run
                .server
                .take(&name, Queue::Tasks, Duration::ZERO)
                .unwrap();
            let body = taken.unwrap().body().to_vec();
            *slow.lock().unwrap() = body;
            run.server.fall_silent();
            run.work("fast").unwrap();
        }
        2 => {
            // the slow one ends after all, when the fast one's lines may be gathered already
            let body = slow.lock().unwrap().clone();
            run.server
                .queue(&name, Queue::Tasks, ("000000", &body))
                .unwrap();
            run.work("slow").unwrap();
        }
        _ => run.works("fast"),
    };
    assert_eq!(
        run.coordinate(&Between(step, AtomicUsize::new(0))).unwrap(),
        RunEnd::Done
    );
    run.is_whole();
}

#[test]
fn a_coordinator_that_was_killed_gathers_what_was_graded_without_it() {
    let run = Run::of(30);
    struct Stops;
    impl Watch for Stops {
        fn stop(&self) -> bool {
            true
        }
        fn judged(&self) {}
    }
    run.coordinate(&Stops).unwrap();
    // queued by the one, graded while nobody gathers, gathered by the next
    run.server.begin(&run.name(), REDELIVERY).unwrap();
    for shard in run.manifest.shards() {
        let body = serde_json::to_vec(shard).unwrap();
        let key = outcome::key(shard.number);
        run.server
            .queue(&run.name(), Queue::Tasks, (&key, &body))
            .unwrap();
    }
    assert_eq!(run.work("alone").unwrap(), run.manifest.shards().len());
    let end = run.coordinate(&Between(
        |_| panic!("nothing is left to wait for"),
        AtomicUsize::new(1),
    ));
    assert_eq!(end.unwrap(), RunEnd::Done);
    run.is_whole();
}

#[test]
fn a_server_that_lost_everything_gets_the_rest_again() {
    let run = Run::of(40);
    let step = |step: usize| match step {
        2 => run.server.lose_all(),
        _ => drop(run.work("one")),
    };
    assert_eq!(
        run.coordinate(&Between(step, AtomicUsize::new(0))).unwrap(),
        RunEnd::Done
    );
    run.is_whole();
}

#[test]
fn lines_that_were_damaged_on_the_server_are_not_taken_in() {
    let run = Run::of(8);
    let step = |step: usize| {
        run.works("one");
        if step == 1 {
            let objects = run.server.objects();
            let results = objects.iter().filter(|name| name.starts_with("result/"));
            results.for_each(|name| run.server.damage(name));
        }
    };
    assert_eq!(
        run.coordinate(&Between(step, AtomicUsize::new(0))).unwrap(),
        RunEnd::Done
    );
    run.is_whole();
}

#[test]
fn a_shard_that_ends_all_its_workers_ends_the_run_and_not_the_machines_one_by_one() {
    let run = Run::of(4);
    let name = run.name();
    let step = |_: usize| {
        if run.server.is_open() {
            drop(run.server.take(&name, Queue::Tasks, Duration::ZERO));
            run.server.fall_silent();
        }
    };
    let error = run
        .coordinate(&Between(step, AtomicUsize::new(0)))
        .unwrap_err();
    let said = error.to_string();
    assert!(said.contains("1 shards were handed out 3 times"), "{said}");
    assert!(!run.server.is_open());
}

#[test]
fn a_net_whose_bytes_do_not_match_its_hash_is_refused() {
    let run = Run::of(4);
    let name = run.name();
    run.server.begin(&name, REDELIVERY).unwrap();
    run.handout
        .hand_out(&run.server, &name, &run.parts)
        .unwrap();
    let (handout, parts) = handed(&run.server, &name).unwrap().unwrap();
    assert_eq!((&handout, &parts), (&run.handout, &run.parts));
    let objects = run.server.objects();
    run.server.damage(
        objects
            .iter()
            .find(|name| name.starts_with("part/"))
            .unwrap(),
    );
    let said = handed(&run.server, &name).unwrap_err().to_string();
    assert!(said.contains("seedling.onnx: expected sha256"), "{said}");
}

#[test]
fn pictures_can_come_through_the_server() {
    let mut run = Run::of(12);
    run.handout.hands_out_pictures = true;
    let step = |_: usize| run.works("far away");
    assert_eq!(
        run.coordinate(&Between(step, AtomicUsize::new(0))).unwrap(),
        RunEnd::Done
    );
    run.is_whole();
}
