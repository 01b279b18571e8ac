//! The two engines give the same numbers, and what is wrong ends in an error that says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

use std::borrow::Cow;

use ndarray::{Array4, ArrayD, IxDyn};
use proptest::prelude::*;
use seedgrade::network::fixed::Fixed;
use seedgrade::network::{
    self, BackendChoice, Card, Form, NetFile, NetworkError, OpenNetwork, Precision, catalogue,
};
use seedgrade::runtime;

const NET: &[u8] = include_bytes!("fixtures/nets/tiny.onnx");
const CARD: &str = include_str!("fixtures/nets/card.toml");

/// The most that two engines may differ in one number: they sum in another order.
const TOLERANCE: f32 = 1e-3;

fn card() -> Card {
    Card::parse(CARD, "card.toml").unwrap()
}

fn tiny() -> NetFile {
    NetFile::embedded(NET, CARD, "tiny.onnx").unwrap()
}

/// A net of other bytes, with a card that says so.
fn net_of(bytes: &[u8]) -> NetFile {
    let mut card = card();
    card.sha256 = catalogue::sha256(bytes);
    NetFile::new(Cow::Owned(bytes.to_vec()), card, "tiny.onnx").unwrap()
}

fn open(net: &NetFile, choice: BackendChoice, threads: usize) -> Result<OpenNetwork, NetworkError> {
    network::open(
        net,
        choice,
        &runtime::paths(&runtime::locate(None)),
        threads,
    )
}

/// Opens on ONNX Runtime; `None`, and a sentence, where its library is not.
fn open_onnxruntime(net: &NetFile) -> Option<Result<OpenNetwork, NetworkError>> {
    match open(net, BackendChoice::OnnxRuntime, 1) {
        Err(NetworkError::Library(missing)) => {
            println!("skipped: {missing}");
            None
        }
        opened => Some(opened),
    }
}

fn picture(height: usize, width: usize) -> Array4<f32> {
    Array4::from_shape_fn((1, 3, height, width), |(_, c, y, x)| {
        ((c * 7919 + y * 104_729 + x * 1_299_709) % 256) as f32
    })
}

fn largest_difference(a: &[ArrayD<f32>], b: &[ArrayD<f32>]) -> f32 {
    assert_eq!(a.len(), b.len());
    let differences = a.iter().zip(b).flat_map(|(a, b)| {
        assert_eq!(a.shape(), b.shape());
        a.iter().zip(b).map(|(a, b)| (a - b).abs())
    });
    differences.fold(0.0, f32::max)
}

#[test]
fn both_engines_give_the_same_numbers() {
    let Some(fast) = open_onnxruntime(&tiny()) else {
        return;
    };
    let mut fast = fast.unwrap();
    let mut embedded = open(&tiny(), BackendChoice::Embedded, 1).unwrap();
    assert!(
        fast.backend.as_str().starts_with("onnxruntime 1."),
        "{}",
        fast.backend
    );
    assert!(
        embedded.backend.as_str().starts_with("rten 0."),
        "{}",
        embedded.backend
    );
    for (height, width) in [(48, 72), (96, 48), (240, 120)] {
        let picture = picture(height, width);
        let a = fast.network.run(picture.view()).unwrap();
        let b = embedded.network.run(picture.view()).unwrap();
        let difference = largest_difference(a, b);
        println!("{height} × {width}: differ by {difference:e} at most");
        assert!(difference <= TOLERANCE, "{difference}");
    }
}

#[test]
fn auto_takes_the_faster_engine_where_it_is() {
    let opened = open(&tiny(), BackendChoice::Auto, 1).unwrap();
    let is_fast = opened.backend.as_str().starts_with("onnxruntime ");
    assert_eq!(is_fast, opened.note.is_none(), "{opened:?}");
}

#[test]
fn threads_do_not_change_a_number() {
    let picture = picture(240, 120);
    for choice in [BackendChoice::Auto, BackendChoice::Embedded] {
        let one = open(&tiny(), choice, 1)
            .unwrap()
            .network
            .run(picture.view())
            .unwrap()
            .to_vec();
        let two = open(&tiny(), choice, 2)
            .unwrap()
            .network
            .run(picture.view())
            .unwrap()
            .to_vec();
        assert_eq!(one, two, "{choice:?}");
    }
}

#[test]
fn a_picture_that_is_not_contiguous_is_the_same_picture() {
    let whole = picture(96, 96);
    let part = whole.slice(ndarray::s![.., .., 12..60, 24..96]);
    for choice in [BackendChoice::Auto, BackendChoice::Embedded] {
        let mut opened = open(&tiny(), choice, 1).unwrap();
        let from_part = opened.network.run(part).unwrap().to_vec();
        let from_copy = opened.network.run(part.to_owned().view()).unwrap();
        assert_eq!(from_part, from_copy, "{choice:?}");
    }
}

#[test]
fn half_a_file_is_refused_by_both() {
    let half = net_of(&NET[..NET.len() / 2]);
    let mut errors = vec![open(&half, BackendChoice::Embedded, 1).unwrap_err()];
    errors.extend(open_onnxruntime(&half).map(|opened| opened.unwrap_err()));
    for error in errors {
        println!("{error}");
        assert!(matches!(error, NetworkError::Refused { .. }), "{error}");
        assert!(error.to_string().starts_with("tiny.onnx: "), "{error}");
    }
}

#[test]
fn a_file_that_its_card_does_not_describe_is_refused() {
    let error = NetFile::embedded(&NET[1..], CARD, "tiny.onnx").unwrap_err();
    let NetworkError::Hash {
        expected, found, ..
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*expected, card().sha256);
    assert_eq!(*found, catalogue::sha256(&NET[1..]));
    assert!(error.to_string().starts_with("tiny.onnx: "), "{error}");
}

#[test]
fn a_net_in_8_bits_runs_where_its_products_do_not_saturate_and_nowhere_else() {
    let net = network::shipped::seedling().unwrap();
    let eight_bits = net.in_eight_bits().unwrap();
    assert_eq!(
        (net.form(), eight_bits.form()),
        (Form::Single, Form::EightBit)
    );
    assert_ne!(net.sha256(), eight_bits.sha256());
    let embedded = open(eight_bits, BackendChoice::Embedded, 1).err().unwrap();
    let said = embedded.to_string();
    assert!(
        said.contains("8 bits need ONNX Runtime and a CPU with VNNI, found rten"),
        "{said}"
    );
    let chosen = |precision, choice| {
        let libraries = runtime::paths(&runtime::locate(None));
        network::form_for(&net, precision, choice, &libraries).map(NetFile::form)
    };
    assert_eq!(
        chosen(Precision::Single, BackendChoice::Auto).unwrap(),
        Form::Single
    );
    assert_eq!(
        chosen(Precision::Auto, BackendChoice::Embedded).unwrap(),
        Form::Single
    );
    assert_eq!(
        chosen(Precision::EightBit, BackendChoice::Auto).unwrap(),
        Form::EightBit
    );
    let Some(opened) = open_onnxruntime(eight_bits) else {
        return;
    };
    let form = if network::cpu::has_vnni() {
        opened.unwrap();
        Form::EightBit
    } else {
        let said = opened.err().unwrap().to_string();
        assert!(said.contains(&network::cpu::cpu_class()), "{said}");
        Form::Single
    };
    assert_eq!(chosen(Precision::Auto, BackendChoice::Auto).unwrap(), form);
}

#[test]
fn a_net_without_an_8_bit_form_is_not_run_in_8_bits() {
    let net = tiny();
    let asked = network::form_for(&net, Precision::EightBit, BackendChoice::Auto, &[]);
    let said = asked.err().unwrap().to_string();
    assert!(
        said.starts_with("tiny.onnx: expected a net with an 8-bit form"),
        "{said}"
    );
}

#[test]
fn the_8_bit_form_is_the_one_that_the_card_names() {
    let folder = tempfile::tempdir().unwrap();
    let shipped = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/seedling");
    for file in ["seedling.onnx", "seedling.int8.onnx", "card.toml"] {
        std::fs::copy(shipped.join(file), folder.path().join(file)).unwrap();
    }
    let opened = || NetFile::from_folder(folder.path());
    let net = opened().unwrap();
    let small = net.in_eight_bits().unwrap();
    // handed to another machine with the same card, it is known for what it is
    let handed = NetFile::new(
        Cow::Owned(small.bytes().to_vec()),
        small.card().clone(),
        "given",
    );
    assert_eq!(handed.unwrap().form(), Form::EightBit);
    std::fs::copy(
        shipped.join("seedling.onnx"),
        folder.path().join("seedling.int8.onnx"),
    )
    .unwrap();
    let said = opened().unwrap_err().to_string();
    assert!(
        said.contains("seedling.int8.onnx: expected sha256"),
        "{said}"
    );
    std::fs::remove_file(folder.path().join("seedling.int8.onnx")).unwrap();
    let said = opened().unwrap_err().to_string();
    assert!(
        said.contains("seedling.int8.onnx: cannot be read"),
        "{said}"
    );
}

#[test]
fn a_folder_holds_one_net_and_its_card() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let opened = || NetFile::from_folder(folder.path());
    assert!(matches!(opened(), Err(NetworkError::Read { .. })));
    write("card.toml", CARD.as_bytes());
    assert!(matches!(
        opened(),
        Err(NetworkError::Files { found: 0, .. })
    ));
    write("tiny.onnx", NET);
    assert_eq!(opened().unwrap().bytes(), NET);
    write("tiny.onnx", &NET[..100]);
    let error = opened().unwrap_err().to_string();
    assert!(error.contains("tiny.onnx: expected sha256 "), "{error}");
    write("other.onnx", NET);
    assert!(matches!(
        opened(),
        Err(NetworkError::Files { found: 2, .. })
    ));
}

#[test]
fn names_that_the_net_lacks_are_refused_by_both() {
    for (from, to) in [
        ("name = \"pixels\"", "name = \"image\""),
        ("name = \"cells\"", "name = \"pots\""),
    ] {
        let net = NetFile::embedded(NET, &CARD.replace(from, to), "tiny.onnx").unwrap();
        let mut errors = vec![open(&net, BackendChoice::Embedded, 1).unwrap_err()];
        errors.extend(open_onnxruntime(&net).map(|opened| opened.unwrap_err()));
        for error in errors {
            assert!(matches!(error, NetworkError::Names { .. }), "{error}");
        }
    }
}

#[test]
fn outputs_come_in_the_order_of_the_card() {
    let mut card = card();
    card.outputs.reverse();
    let reversed = NetFile::new(Cow::Borrowed(NET), card, "tiny.onnx").unwrap();
    let picture = picture(48, 72);
    for choice in [BackendChoice::Auto, BackendChoice::Embedded] {
        let mut there = open(&tiny(), choice, 1)
            .unwrap()
            .network
            .run(picture.view())
            .unwrap()
            .to_vec();
        there.reverse();
        let back = open(&reversed, choice, 1)
            .unwrap()
            .network
            .run(picture.view())
            .unwrap()
            .to_vec();
        assert_eq!(there, back, "{choice:?}");
    }
}

#[test]
fn an_input_that_the_card_does_not_describe_is_refused() {
    let mut opened = open(&tiny(), BackendChoice::Embedded, 1).unwrap();
    for shape in [
        (1, 4, 48, 48),
        (2, 3, 48, 48),
        (1, 3, 0, 48),
        (1, 3, 47, 48),
        (1, 3, 24, 48),
    ] {
        let error = opened.network.run(Array4::zeros(shape).view()).unwrap_err();
        assert!(
            matches!(error, NetworkError::InputShape { .. }),
            "{shape:?}: {error}"
        );
    }
}

#[test]
fn outputs_that_the_card_does_not_describe_are_errors() {
    let right = || {
        [vec![1, 4, 12, 12], vec![1, 2, 2, 5], vec![1, 3, 4, 4]]
            .map(|s| ArrayD::<f32>::zeros(IxDyn(&s)))
    };
    let run = |outputs: Vec<_>| {
        Fixed::new(outputs)
            .checked(&tiny())
            .run(Array4::zeros((1, 3, 48, 48)).view())
            .map(<[_]>::to_vec)
    };
    assert_eq!(run(right().to_vec()).unwrap(), right());

    let error = run(right()[..2].to_vec()).unwrap_err();
    assert!(
        matches!(
            error,
            NetworkError::OutputCount {
                expected: 3,
                found: 2,
                ..
            }
        ),
        "{error}"
    );

    let [dense, cells, colour] = right();
    let error = run(vec![dense, colour, cells]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "output cells: expected shape [1, 2, 2, 5], found [1, 3, 4, 4]"
    );

    for wrong in [f32::NAN, f32::INFINITY] {
        let [dense, mut cells, colour] = right();
        cells[[0, 0, 1, 2]] = wrong;
        let error = run(vec![dense, cells, colour]).unwrap_err();
        assert!(
            matches!(error, NetworkError::NotFinite { index: 7, .. }),
            "{error}"
        );
    }
}

#[test]
fn a_number_outside_the_range_of_the_card_is_refused() {
    let mut opened = open(&tiny(), BackendChoice::Embedded, 1).unwrap();
    for wrong in [f32::NAN, -0.1, 255.1, f32::INFINITY] {
        let mut picture = picture(48, 48);
        picture[[0, 2, 47, 47]] = wrong;
        let error = opened.network.run(picture.view()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("input pixels: expected numbers from 0 to 255, found "),
            "{error}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Damage that a card's hash would find: the engine itself must stand it too.
    #[test]
    fn damaged_nets_never_end_the_program(
        changes in prop::collection::vec((0..NET.len(), any::<u8>()), 1..6),
        length in NET.len() / 2..=NET.len(),
        cut in any::<bool>(),
    ) {
        let mut bytes = NET.to_vec();
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.truncate(if cut { length } else { NET.len() });
        if let Ok(mut opened) = open(&net_of(&bytes), BackendChoice::Embedded, 1) {
            let _ = opened.network.run(picture(48, 48).view());
        }
    }
}
