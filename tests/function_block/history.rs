//! What can happen to a sorting machine, scan by scan.

use proptest::prelude::*;
use seedgrade::machine::VisionState;

/// A machine as it is switched on, and what happens to it then.
#[derive(Debug, Clone)]
pub struct History {
    pub start: Start,
    pub scans: Vec<Scan>,
}

/// A machine as it is switched on.
#[derive(Debug, Clone)]
pub struct Start {
    pub encoder: u32,
    /// The trigger number before the first tray.
    pub trigger: u16,
    /// The number before seedgrade's first command.
    pub number: u16,
    pub late_margin: u32,
    pub safe_gate: u32,
}

/// One call of the block.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Since the scan before.
    pub milliseconds: u32,
    /// Encoder counts since the scan before, if the belt moves.
    pub counts: u32,
    /// A tray that is found at the camera was there so many counts ago.
    pub latched_ago: u32,
    pub happenings: Vec<Happening>,
}

/// What happens before a scan. What is no switch lasts for this scan.
#[derive(Debug, Clone)]
pub enum Happening {
    TrayAtCamera,
    NoTrayAtGate,
    BeltRuns(bool),
    Fault,
    EmergencyStop,
    Acknowledge,
    AcknowledgeIsHeld(bool),
    Vision(VisionState),
    HeartbeatLives(bool),
    GateIsFull,
    InfeedIsStopped,
    Alarm(u16),
    Order(Order),
}

/// A command that seedgrade writes, or what a broken one could write.
#[derive(Debug, Clone)]
pub struct Order {
    pub number: OrderNumber,
    pub tray: OrderedTray,
    pub gate: u16,
    pub place: FirePlace,
    /// Two of the registers of its cells.
    pub cells: [u16; 2],
}

#[derive(Debug, Clone)]
pub enum OrderNumber {
    Next,
    Again,
    Zero,
    Other(u16),
}

#[derive(Debug, Clone)]
pub enum OrderedTray {
    /// So many trays before the last one at the camera.
    Before(u16),
    /// One that has not come yet.
    ToCome(u16),
    /// The last one's number, with a bit beyond the sixteen that a trigger has.
    BeyondSixteenBits,
}

#[derive(Debug, Clone)]
pub enum FirePlace {
    /// Counts from where the tray was at the camera.
    FromCamera(u32),
    /// Counts from here; behind when below zero.
    FromHere(i32),
}

fn order() -> impl Strategy<Value = Order> {
    let number = prop_oneof![
        20 => Just(OrderNumber::Next),
        2 => Just(OrderNumber::Again),
        1 => Just(OrderNumber::Zero),
        1 => (0..10_u16).prop_map(OrderNumber::Other),
    ];
    let tray = prop_oneof![
        8 => Just(OrderedTray::Before(0)),
        8 => (0..6_u16).prop_map(OrderedTray::Before),
        1 => (1..4_u16).prop_map(OrderedTray::ToCome),
        1 => Just(OrderedTray::BeyondSixteenBits),
    ];
    let place = prop_oneof![
        8 => (50..220_u32).prop_map(FirePlace::FromCamera),
        1 => (0..420_u32).prop_map(FirePlace::FromCamera),
        1 => (-60..120_i32).prop_map(FirePlace::FromHere),
        1 => (-2..3_i32).prop_map(FirePlace::FromHere),
    ];
    let parts = (number, tray, 0..4_u16, place, any::<[u16; 2]>());
    parts.prop_map(|(number, tray, gate, place, cells)| Order {
        number,
        tray,
        gate,
        place,
        cells,
    })
}

fn vision() -> impl Strategy<Value = VisionState> {
    use VisionState as V;
    prop_oneof![
        6 => Just(V::Ready),
        6 => Just(V::Executing),
        1 => Just(V::Preoperational),
        1 => Just(V::Halted),
        1 => Just(V::Error),
        1 => Just(V::Initialized),
    ]
}

/// One of the two, the first so often for each of the second.
fn switch(on: u32) -> impl Strategy<Value = bool> {
    prop_oneof![on => Just(true), 1 => Just(false)]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        40 => Just(Happening::TrayAtCamera),
        50 => order().prop_map(Happening::Order),
        6 => Just(Happening::NoTrayAtGate),
        2 => switch(4).prop_map(Happening::BeltRuns),
        1 => Just(Happening::Fault),
        1 => Just(Happening::EmergencyStop),
        12 => Just(Happening::Acknowledge),
        1 => switch(1).prop_map(Happening::AcknowledgeIsHeld),
        2 => vision().prop_map(Happening::Vision),
        2 => switch(3).prop_map(Happening::HeartbeatLives),
        1 => Just(Happening::GateIsFull),
        1 => Just(Happening::InfeedIsStopped),
        1 => (0..7_u16).prop_map(Happening::Alarm),
    ]
}

fn scan(
    happenings: impl Strategy<Value = Vec<Happening>>,
    counts: impl Strategy<Value = u32>,
) -> impl Strategy<Value = Scan> {
    let milliseconds = prop_oneof![12 => 1..=10_u32, 1 => 100..=600_u32];
    let parts = (milliseconds, counts, any::<u8>(), happenings);
    parts.prop_map(|(milliseconds, counts, ago, happenings)| Scan {
        milliseconds,
        counts,
        latched_ago: u32::from(ago) % (counts + 1),
        happenings,
    })
}

fn start() -> impl Strategy<Value = Start> {
    let encoder = prop_oneof![
        Just(0),
        Just(u32::MAX - 500),
        Just(i32::MAX as u32 - 300),
        any::<u32>()
    ];
    let trigger = prop_oneof![Just(0), Just(u16::MAX - 3)];
    let number = prop_oneof![Just(0), Just(u16::MAX - 3)];
    let margin = prop_oneof![1 => Just(0), 1 => Just(1), 2 => Just(20), 2 => Just(50)];
    let gate = prop_oneof![Just(200), Just(400)];
    let parts = (encoder, trigger, number, margin, gate);
    parts.prop_map(|(encoder, trigger, number, late_margin, safe_gate)| Start {
        encoder,
        trigger,
        number,
        late_margin,
        safe_gate,
    })
}

/// Histories with a bit of everything.
pub fn eventful(scans: usize) -> impl Strategy<Value = History> {
    let counts = prop_oneof![2 => Just(0), 8 => 1..=20_u32, 1 => 21..=100_u32];
    let happenings = proptest::collection::vec(happening(), 0..=2);
    let scans = proptest::collection::vec(scan(happenings, counts), 1..=scans);
    (start(), scans).prop_map(|(start, scans)| History { start, scans })
}

/// Histories of a belt that hardly moves, while trays come and get commands: more than the block holds.
pub fn crowded(trays: usize) -> impl Strategy<Value = History> {
    let counts = || prop_oneof![6 => Just(0), 1 => 1..=10_u32];
    let tray = scan(Just(vec![Happening::TrayAtCamera]), counts());
    let ordered = (100..210_u32, 0..4_u16).prop_map(|(counts, gate)| Order {
        number: OrderNumber::Next,
        tray: OrderedTray::Before(0),
        gate,
        place: FirePlace::FromCamera(counts),
        cells: [1, 2],
    });
    let ordered = ordered.prop_map(Happening::Order);
    let happens = prop_oneof![40 => ordered, 1 => happening()].prop_map(|one| vec![one]);
    let pairs = proptest::collection::vec((tray, scan(happens, counts())), 1..=trays);
    let scans = pairs.prop_map(|pairs| pairs.into_iter().flat_map(|(a, b)| [a, b]).collect());
    (start(), scans).prop_map(|(start, scans)| History { start, scans })
}
