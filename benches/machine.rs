//! What this machine can do, as the limit that stages are held against: `cargo bench --bench machine`. Prints the peak of
//! fused multiply-adds in single precision and the bandwidth of memory, of one core and of all at once; the best of
//! several rounds each, since others may be at work. `-- --even 3000` does the same work on all cores so many times, five
//! times a second, and prints how much longer than usual it takes now and then: no tray can be judged more evenly.

#![allow(clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

/// Lanes of 32 bits in a register of 256, and as many registers as hide the latency of a fused multiply-add.
const LANES: usize = 8;
const REGISTERS: usize = 12;
const ROUNDS: usize = 4_000_000;
/// Beyond every cache.
const BYTES: usize = 128 << 20;
const REPEATS: usize = 7;
/// How often work is begun when its evenness is looked at, and how long it takes about: as a tray on the line.
const EVERY: Duration = Duration::from_millis(200);
const WORK: Duration = Duration::from_millis(60);

fn main() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let mut arguments = std::env::args().skip_while(|argument| argument != "--even");
    if let Some(times) = arguments.nth(1) {
        return evenness(cores, times.parse().expect("--even N: a number of times"));
    }
    for threads in if cores > 1 { vec![1, cores] } else { vec![1] } {
        let flops = best(
            threads,
            || (),
            |()| multiply(ROUNDS),
            (2 * LANES * REGISTERS * ROUNDS) as f64,
        );
        let buffer = || vec![1.0_f32; BYTES / 4];
        let read = best(threads, buffer, |b| sum(b), BYTES as f64);
        let pair = || (vec![1_u8; BYTES / 2], vec![0_u8; BYTES / 2]);
        let copied = best(threads, pair, |(from, to)| copy(from, to), BYTES as f64);
        println!(
            "{threads} thread(s): {:.1} GFLOP/s, reading {:.1} GB/s, copying {:.1} GB/s (read and written)",
            flops / 1e9,
            read / 1e9,
            copied / 1e9
        );
    }
}

/// The same work on all cores, again and again with rests between: its usual time, and its longest ones.
fn evenness(cores: usize, times: usize) {
    let work = |rounds| {
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| black_box(multiply(rounds)));
            }
        });
        begun.elapsed()
    };
    let least = (0..REPEATS).map(|_| work(ROUNDS)).min().expect("it ran");
    let rounds = (ROUNDS as f64 * WORK.as_secs_f64() / least.as_secs_f64()) as usize;
    let mut took: Vec<Duration> = (0..times.max(1))
        .map(|_| {
            let took = work(rounds);
            thread::sleep(EVERY.saturating_sub(took));
            took
        })
        .collect();
    took.sort();
    let at = |share: f64| took[((took.len() as f64 * share) as usize).min(took.len() - 1)];
    let [usual, all @ ..] = [0.5, 0.99, 0.999, 1.0].map(at);
    let ratios = all.map(|longer| longer.as_secs_f64() / usual.as_secs_f64());
    println!(
        "work of {:.1} ms on {cores} core(s), {times} times: 99 % within {:.2} times that, 99.9 % within {:.2}, all within {:.2}",
        usual.as_secs_f64() * 1e3,
        ratios[0],
        ratios[1],
        ratios[2]
    );
}

/// The most a second of what `work` does `amount` of, over all threads together.
fn best<B, R>(
    threads: usize,
    buffer: impl Fn() -> B + Sync,
    work: impl Fn(&mut B) -> R + Sync,
    amount: f64,
) -> f64 {
    let one = || {
        let mut buffer = buffer();
        let mut least = f64::INFINITY;
        for _ in 0..REPEATS {
            let begun = Instant::now();
            black_box(work(&mut buffer));
            least = least.min(begun.elapsed().as_secs_f64());
        }
        amount / least
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|t| t.join().expect("it ran")).sum()
    })
}

#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "instructions that are looked for before they are used"
)]
fn multiply(rounds: usize) -> f32 {
    #[target_feature(enable = "avx2,fma")]
    fn with_fma(rounds: usize) -> f32 {
        fused(rounds)
    }
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: both features were just found on this CPU
        unsafe { with_fma(rounds) }
    } else {
        fused(rounds)
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn multiply(rounds: usize) -> f32 {
    fused(rounds)
}

/// Chains of multiply-adds that do not wait for each other.
#[inline(always)]
fn fused(rounds: usize) -> f32 {
    let mut sums = [[1.0_f32; LANES]; REGISTERS];
    let (factor, term) = (black_box(0.999_f32), black_box(0.001_f32));
    for _ in 0..rounds {
        for register in &mut sums {
            for lane in register {
                *lane = lane.mul_add(factor, term);
            }
        }
    }
    sums.iter().flatten().sum()
}

fn sum(buffer: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 32];
    for chunk in buffer.chunks_exact(32) {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

fn copy(from: &mut [u8], to: &mut [u8]) -> u8 {
    to.copy_from_slice(from);
    to[0]
}
