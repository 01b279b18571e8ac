//! COCO's compressed run lengths: six bits a character, the difference to the run before the last.

/// Reads the compressed string of a COCO mask into run lengths.
///
/// None where a character is no part of the code, the string breaks off, or a run is negative or too long.
pub(super) fn decompress(text: &str) -> Option<Vec<u32>> {
    let mut counts: Vec<u32> = Vec::new();
    let mut characters = text.bytes();
    while let Some(first) = characters.next() {
        let mut value = number(first, &mut characters)?;
        if counts.len() > 2 {
            value += i64::from(counts[counts.len() - 2]);
        }
        counts.push(u32::try_from(value).ok()?);
    }
    Some(counts)
}

/// One number: five bits a character, the lowest first; bit 5 says that more follow, bit 4 of the last is the sign.
fn number(first: u8, rest: &mut impl Iterator<Item = u8>) -> Option<i64> {
    // seven characters hold any difference of two 32-bit lengths
    const MOST_CHARACTERS: u32 = 7;
    let (mut value, mut character) = (0i64, first);
    for place in 0..MOST_CHARACTERS {
        let code = i64::from(character.checked_sub(48).filter(|c| *c < 64)?);
        value |= (code & 0x1f) << (5 * place);
        if code & 0x20 == 0 {
            let negative = code & 0x10 != 0;
            return Some(if negative {
                value | (-1 << (5 * (place + 1)))
            } else {
                value
            });
        }
        character = rest.next()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The code as the COCO tools write it.
    fn compress(counts: &[u32]) -> String {
        let mut text = String::new();
        for (i, count) in counts.iter().enumerate() {
            let mut x = i64::from(*count);
            if i > 2 {
                x -= i64::from(counts[i - 2]);
            }
            loop {
                let mut code = (x & 0x1f) as u8;
                x >>= 5;
                let more = if code & 0x10 != 0 { x != -1 } else { x != 0 };
                code |= if more { 0x20 } else { 0 };
                text.push((code + 48) as char);
                if !more {
                    break;
                }
            }
        }
        text
    }

    #[test]
    fn a_string_of_the_coco_tools_is_read() {
        assert_eq!(decompress("114"), Some(vec![1, 1, 4]));
        // 16 needs two characters, or its sign bit would make it negative
        assert_eq!(decompress("`0"), Some(vec![16]));
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in ["\u{7f}", "1 1", "P", "``````````", "O", "苗"] {
            assert_eq!(decompress(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_compressed_comes_back(counts in prop::collection::vec(0..u32::MAX, 0..20)) {
            prop_assert_eq!(decompress(&compress(&counts)), Some(counts));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC{0,40}") {
            let _ = decompress(&text);
        }
    }
}
