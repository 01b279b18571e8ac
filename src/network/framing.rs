//! Whether the frames of an `.onnx` file fit into each other.
//!
//! The embedded engine's reader trusts lengths: by one that leads outside it can skip backwards and read for ever, or
//! ask for more memory than there is, which ends the process. So every length is checked before it reads, and no tensor
//! may say that it has more elements than it has bytes.

/// A message of ONNX that the engine reads, by its name in `onnx.proto`.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    TensorType,
    SequenceType,
    Shape,
    /// One that holds numbers and texts only.
    Flat,
}

impl Message {
    /// What the field `number` of this message holds, where that is a message that the engine reads.
    fn field(self, number: u64) -> Option<Self> {
        Some(match (self, number) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Node, 5) => Self::Attribute,
            (Self::ValueInfo, 2) | (Self::SequenceType, 1) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::Type, 4) => Self::SequenceType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Model, 8 | 14) | (Self::Tensor, 13) | (Self::Shape, 1) => Self::Flat,
            _ => return None,
        })
    }
}

/// How deep messages may lie in each other: a net without sub-graphs needs 7.
const MOST_DEPTH: usize = 32;

/// Checks the frames of a whole file.
///
/// # Errors
/// A sentence that says where a frame does not fit.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    check_message(Message::Model, bytes, MOST_DEPTH).ok_or_else(|| {
        "it is cut short or damaged: a length or size in it leads outside".to_owned()
    })
}

fn check_message(message: Message, mut rest: &[u8], depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    let bytes = rest.len() as u64;
    let mut elements = 1_u64;
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let sized = matches!((message, tag >> 3), (Message::Tensor, 1));
        match tag & 7 {
            0 => {
                let value = varint(&mut rest)?;
                if sized {
                    elements = elements.checked_mul(value)?;
                }
            }
            1 => _ = take(&mut rest, 8)?,
            2 => {
                let length = varint(&mut rest)?;
                let mut inner = take(&mut rest, length)?;
                if let Some(kind) = message.field(tag >> 3) {
                    check_message(kind, inner, depth)?;
                }
                while sized && !inner.is_empty() {
                    elements = elements.checked_mul(varint(&mut inner)?)?;
                }
            }
            5 => _ = take(&mut rest, 4)?,
            _ => return None, // groups: no ONNX file has them
        }
    }
    (!matches!(message, Message::Tensor) || elements <= bytes.max(1)).then_some(())
}

fn take<'a>(rest: &mut &'a [u8], length: u64) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    *rest = left;
    Some(taken)
}

/// A number of at most ten bytes, seven bits each, the lowest first.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for index in 0..10 {
        let byte = take(rest, 1)?[0];
        value |= u64::from(byte & 0x7f) << (index * 7);
        if byte < 0x80 {
            return (index < 9 || byte <= 1).then_some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NET: &[u8] = include_bytes!("../../tests/fixtures/nets/tiny.onnx");

    #[test]
    fn a_whole_net_passes_and_no_part_that_ends_inside_its_graph() {
        assert_eq!(check(NET), Ok(()));
        for length in 100..NET.len() - 10 {
            assert!(check(&NET[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn a_length_that_leads_backwards_is_refused() {
        // field 2, ten bytes of length: 2^64 - 1
        let mut bytes = vec![0x12];
        bytes.extend([0xff; 9]);
        bytes.push(0x01);
        assert!(check(&bytes).is_err());
    }

    #[test]
    fn a_tensor_of_more_elements_than_bytes_is_refused() {
        // graph { initializer { dims: 2^31, raw_data: 4 bytes } }, its dimensions one by one and packed
        let data = [0x4a, 4, 0, 0, 0, 0];
        let size = [0x80, 0x80, 0x80, 0x80, 0x08];
        for dims in [
            [&[0x08][..], &size].concat(),
            [&[0x0a, 5][..], &size].concat(),
        ] {
            let tensor = [&dims[..], &data].concat();
            let graph = [&[0x2a, tensor.len() as u8][..], &tensor].concat();
            let model = [&[0x3a, graph.len() as u8][..], &graph].concat();
            assert!(check(&model).is_err());
        }
        let small = [0x3a, 10, 0x2a, 8, 0x08, 1, 0x4a, 4, 0, 0, 0, 0];
        assert_eq!(check(&small), Ok(()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = check(&bytes);
        }
    }
}
