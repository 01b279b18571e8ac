//! The least that any program has to do: decode every JPEG and run the bare net on a ready tensor, on every core.
//!
//! usage: bare PICTURES CORNERS WORKERS single|eight-bit, the first three as `peer.py` takes them; prints its JSON: seconds and CPU seconds.

#![allow(clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use ndarray::Array4;
use seedgrade::frame::{DecodeLimits, Frame, decode, decode_halved};
use seedgrade::network::{self, BackendChoice, NetFile, Network};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [pictures, corners, workers, precision] = arguments.as_slice() else {
        println!("usage: bare PICTURES CORNERS WORKERS single|eight-bit");
        return;
    };
    let text = std::fs::read_to_string(corners).expect("the file of corners");
    let trays: Vec<serde_json::Value> = serde_json::from_str(&text).expect("a list of trays");
    let files: Vec<_> = trays
        .iter()
        .map(|t| Path::new(pictures).join(t["file"].as_str().expect("a file")))
        .collect();
    let side = |key: &str| (trays[0][key].as_u64().expect("a number") as usize + 1) * 48;
    let ready = Array4::<f32>::zeros((1, 3, side("rows"), side("cols")));
    let mut engines: Vec<_> = (0..workers.parse().expect("a number of workers"))
        .map(|_| engine(precision == "eight-bit"))
        .collect();
    for engine in &mut engines {
        engine.run(ready.view()).expect("the net runs");
    }
    let (begun, used, next) = (Instant::now(), cpu_seconds(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for engine in &mut engines {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let bytes = std::fs::read(file).expect("a picture");
                    std::hint::black_box(decoded(&bytes, ready.dim()));
                    engine.run(ready.view()).expect("the net runs");
                }
            });
        }
    });
    let (seconds, cpu) = (begun.elapsed().as_secs_f64(), cpu_seconds() - used);
    println!(
        "{}",
        serde_json::json!({"seconds": seconds, "cpu_seconds": cpu})
    );
}

/// The picture as fast as it can be had: at half its size where that leaves it finer than the net's input, if this build can.
fn decoded(bytes: &[u8], (_, _, height, width): (usize, usize, usize, usize)) -> Frame {
    let limits = DecodeLimits::default();
    let is_fine = |size: [usize; 2]| size[0] >= 2 * width && size[1] >= 2 * height;
    match decode_halved(bytes, limits, is_fine) {
        Some(halved) => halved.frame,
        None => decode(bytes, limits).expect("a picture"),
    }
}

fn engine(in_eight_bits: bool) -> Box<dyn Network> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/seedling");
    let net = NetFile::from_folder(&folder).expect("the shipped net");
    let net = match in_eight_bits {
        true => net.in_eight_bits().expect("the net's 8-bit form"),
        false => &net,
    };
    let libraries = seedgrade::runtime::paths(&seedgrade::runtime::locate(None));
    network::open(net, BackendChoice::Auto, &libraries, 1)
        .expect("an engine")
        .network
}

/// CPU seconds of this process so far, user and system; Linux says them in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|t| t.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
