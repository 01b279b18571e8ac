//! Where the gates are, and which route leads to which.
//!
//! Invariant: gate 0, the safe one, is there; every route has one gate and every gate one place.

use super::bitmap::{Corner, Travel};

/// A gate's number on the actuator; 0 is the safe one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GateNumber(pub u16);

impl GateNumber {
    /// The gate that every doubted tray goes to.
    pub const SAFE: Self = Self(0);
}

impl std::fmt::Display for GateNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A gate and the route that leads to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The route's name in the standard.
    pub route: String,
    /// The gate's number.
    pub number: GateNumber,
    /// Encoder counts from the trigger's latched count to the gate.
    pub counts_from_camera: u32,
}

/// Why a layout is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// No safe gate.
    #[error("gates {found}: expected one with number 0, the safe gate")]
    NoSafeGate {
        /// The numbers there are.
        found: String,
    },
    /// A route of the standard leads nowhere.
    #[error("route {route:?} of the standard has no gate: expected one of {known}")]
    NoGate {
        /// The route.
        route: String,
        /// The routes that have one.
        known: String,
    },
    /// Two gates for a route.
    #[error("route {route:?} has gates {first} and {second}: expected one")]
    TwoGates {
        /// The route.
        route: String,
        /// The first gate.
        first: GateNumber,
        /// The second.
        second: GateNumber,
    },
    /// A gate at two places.
    #[error("gate {number} is {first} and {second} counts from the camera: expected one distance")]
    TwoPlaces {
        /// The gate.
        number: GateNumber,
        /// The first distance.
        first: u32,
        /// The second.
        second: u32,
    },
    /// A gate that no command can reach in time, or beyond what counts can compare.
    #[error("gate {number} is {found} counts from the camera: expected {least} to {most}")]
    Distance {
        /// The gate.
        number: GateNumber,
        /// Its distance.
        found: u32,
        /// The least: beyond the late margin.
        least: u32,
        /// The most.
        most: u32,
    },
}

/// The greatest distance of a gate: well within what wrapping counts can compare.
const MOST_COUNTS: u32 = 1 << 30;

/// A layout before it is checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SortLayoutBuilder {
    /// The gates, in any order.
    pub gates: Vec<Gate>,
    /// The way trays move in the picture.
    pub travel: Travel,
    /// The corner of the picture where cell (0, 0) lies.
    pub first_cell: Corner,
    /// A command must reach the actuator this many counts before it fires.
    pub late_margin_counts: u32,
}

impl SortLayoutBuilder {
    /// Checks the layout against the routes of a standard.
    ///
    /// # Errors
    /// Gate 0 or the gate of a route is missing, or a gate contradicts itself or the late margin.
    pub fn build(self, routes: &[&str]) -> Result<SortLayout, LayoutError> {
        for (index, gate) in self.gates.iter().enumerate() {
            self.check_distance(gate)?;
            self.gates[..index]
                .iter()
                .try_for_each(|before| check_pair(before, gate))?;
        }
        let safe = self
            .gates
            .iter()
            .find(|gate| gate.number == GateNumber::SAFE);
        let safe_counts = safe.map(|gate| gate.counts_from_camera).ok_or_else(|| {
            let found = listed(self.gates.iter().map(|gate| gate.number.to_string()));
            LayoutError::NoSafeGate { found }
        })?;
        let has_gate = |route: &str| self.gates.iter().any(|gate| gate.route == route);
        if let Some(route) = routes.iter().find(|route| !has_gate(route)) {
            let known = listed(self.gates.iter().map(|gate| format!("{:?}", gate.route)));
            return Err(LayoutError::NoGate {
                route: (*route).to_owned(),
                known,
            });
        }
        Ok(SortLayout {
            layout: self,
            safe_counts,
        })
    }

    fn check_distance(&self, gate: &Gate) -> Result<(), LayoutError> {
        let least = self.late_margin_counts.saturating_add(1);
        let found = gate.counts_from_camera;
        if (least..=MOST_COUNTS).contains(&found) {
            return Ok(());
        }
        Err(LayoutError::Distance {
            number: gate.number,
            found,
            least,
            most: MOST_COUNTS,
        })
    }
}

fn check_pair(first: &Gate, second: &Gate) -> Result<(), LayoutError> {
    if first.route == second.route {
        let route = first.route.clone();
        return Err(LayoutError::TwoGates {
            route,
            first: first.number,
            second: second.number,
        });
    }
    let (near, far) = (first.counts_from_camera, second.counts_from_camera);
    if first.number == second.number && near != far {
        return Err(LayoutError::TwoPlaces {
            number: first.number,
            first: near,
            second: far,
        });
    }
    Ok(())
}

fn listed(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// A checked layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortLayout {
    layout: SortLayoutBuilder,
    safe_counts: u32,
}

impl SortLayout {
    /// Number and distance of the gate that a route leads to.
    #[must_use]
    pub fn gate(&self, route: &str) -> Option<(GateNumber, u32)> {
        let gate = self.layout.gates.iter().find(|gate| gate.route == route)?;
        Some((gate.number, gate.counts_from_camera))
    }

    /// Number and distance of the safe gate.
    #[must_use]
    pub fn safe_gate(&self) -> (GateNumber, u32) {
        (GateNumber::SAFE, self.safe_counts)
    }

    /// Distance of the last gate.
    #[must_use]
    pub fn farthest_counts(&self) -> u32 {
        let distances = self.layout.gates.iter().map(|gate| gate.counts_from_camera);
        distances.max().unwrap_or(self.safe_counts)
    }

    /// The way trays move in the picture.
    #[must_use]
    pub fn travel(&self) -> Travel {
        self.layout.travel
    }

    /// The corner of the picture where cell (0, 0) lies, where nothing on the tray says otherwise.
    #[must_use]
    pub fn first_cell(&self) -> Corner {
        self.layout.first_cell
    }

    /// A command must reach the actuator this many counts before it fires.
    #[must_use]
    pub fn late_margin_counts(&self) -> u32 {
        self.layout.late_margin_counts
    }
}
