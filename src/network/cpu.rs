//! The class of the processor: two runs agree bit for bit only within one.

/// The class as reports store it: `x86-64-v3`, `x86-64-v4+vnni`, `aarch64+dotprod`.
#[must_use]
pub fn cpu_class() -> String {
    detect()
}

/// Whether products of 8-bit numbers are summed in 32 bits: older processors do it in 16, which saturate.
#[must_use]
pub fn has_vnni() -> bool {
    cpu_class().ends_with("+vnni")
}

#[cfg(target_arch = "x86_64")]
fn detect() -> String {
    use std::arch::is_x86_feature_detected as has;
    // the levels are those of the x86-64 psABI
    let v2 = has!("sse4.2") && has!("ssse3") && has!("popcnt") && has!("cmpxchg16b");
    let v3 = v2
        && has!("avx2")
        && has!("fma")
        && has!("bmi1")
        && has!("bmi2")
        && has!("f16c")
        && has!("lzcnt")
        && has!("movbe");
    let v4 = v3
        && has!("avx512f")
        && has!("avx512bw")
        && has!("avx512cd")
        && has!("avx512dq")
        && has!("avx512vl");
    let level = match (v2, v3, v4) {
        (_, _, true) => "x86-64-v4",
        (_, true, _) => "x86-64-v3",
        (true, _, _) => "x86-64-v2",
        _ => "x86-64",
    };
    let vnni = if v4 {
        has!("avx512vnni")
    } else {
        has!("avxvnni")
    };
    format!("{level}{}", if vnni { "+vnni" } else { "" })
}

#[cfg(target_arch = "aarch64")]
fn detect() -> String {
    use std::arch::is_aarch64_feature_detected as has;
    let mut class = "aarch64".to_owned();
    let features = [
        ("dotprod", has!("dotprod")),
        ("i8mm", has!("i8mm")),
        ("bf16", has!("bf16")),
        ("sve", has!("sve")),
    ];
    for (name, _) in features.iter().filter(|(_, there)| *there) {
        class.push('+');
        class.push_str(name);
    }
    class
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn detect() -> String {
    std::env::consts::ARCH.to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_class_begins_with_the_architecture() {
        let class = super::cpu_class();
        assert!(
            class
                .replace('_', "-")
                .starts_with(&std::env::consts::ARCH.replace('_', "-")),
            "{class}"
        );
    }
}
