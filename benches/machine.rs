//! What this machine can do, as the limit that stages are held against: `cargo bench --bench machine`. Prints the peak of
//! fused multiply-adds in single precision and the bandwidth of memory, of one core and of all at once; the best of
//! several rounds each, since others may be at work.

#![allow(clippy::expect_used, clippy::print_stdout, missing_docs)]

use std::hint::black_box;
use std::thread;
use std::time::Instant;

/// Lanes of 32 bits in a register of 256, and as many registers as hide the latency of a fused multiply-add.
const LANES: usize = 8;
const REGISTERS: usize = 12;
const ROUNDS: usize = 4_000_000;
/// Beyond every cache.
const BYTES: usize = 128 << 20;
const REPEATS: usize = 7;

fn main() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
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
