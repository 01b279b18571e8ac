//! What people measure with a ruler, callipers or a balance, and in which unit.

use super::words::word;

/// A trait that no camera above sees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HandTrait {
    /// As stores name it.
    pub name: &'static str,
    /// The key of its word.
    pub word: &'static str,
    /// Its unit; a score has none.
    pub unit: &'static str,
    /// The least and the most that is believed.
    pub believed: [f64; 2],
}

/// What the pages ask for.
pub const HAND_TRAITS: [HandTrait; 5] = [
    HandTrait {
        name: "plant_height",
        word: word!("hand-plant-height"),
        unit: "mm",
        believed: [0.0, 2_000.0],
    },
    HandTrait {
        name: "stem_diameter",
        word: word!("hand-stem-diameter"),
        unit: "mm",
        believed: [0.0, 50.0],
    },
    HandTrait {
        name: "root_ball",
        word: word!("hand-root-ball"),
        unit: "1–5",
        believed: [1.0, 5.0],
    },
    HandTrait {
        name: "leaf_count",
        word: word!("hand-leaf-count"),
        unit: "",
        believed: [0.0, 100.0],
    },
    HandTrait {
        name: "fresh_weight",
        word: word!("hand-fresh-weight"),
        unit: "g",
        believed: [0.0, 1_000.0],
    },
];

/// A trait by the name that stores have; none of one that programs brought.
pub fn hand_trait(name: &str) -> Option<&'static HandTrait> {
    HAND_TRAITS.iter().find(|known| known.name == name)
}
