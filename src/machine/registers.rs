//! The register contract as numbers: what is read and written at which address, in which word order.
//!
//! Pure: words in, types out, and back. Registers 0 to 12 are the actuator's, 100 to 161 are seedgrade's.

use super::contract::{
    CommandEnding, CommandSequence, MachineState, PlcStatus, RefusalReason, UnknownNumber,
};
use crate::geometry::EncoderCount;
use crate::sorting::{CellBitmap, CommandResult, GateNumber, JobId, SortCommand, TriggerId};

/// Registers that the actuator writes: 0 to 12, read in one request.
pub const STATUS_REGISTERS: usize = 13;
/// seedgrade's heartbeat; its state follows.
pub const HEARTBEAT: u16 = 100;
/// The command's number: written last and alone.
pub const COMMAND_NUMBER: u16 = 102;
/// The first register of a command's content.
pub const COMMAND_BODY: u16 = 103;
/// Registers of a command's content: 103 to 160.
pub const BODY_REGISTERS: usize = 58;
/// Alarm code for lamp and horn.
pub const ALARM: u16 = 161;
/// Beyond the last register.
pub const END: u16 = 162;

/// What seedgrade itself last wrote, of the registers from [`HEARTBEAT`] to [`COMMAND_NUMBER`]: its heartbeat, and the
/// command in hand.
pub(super) fn own(words: &[u16]) -> (u16, Option<CommandSequence>) {
    let heartbeat = words.first().copied().unwrap_or(0);
    let number = words.last().copied();
    (heartbeat, number.and_then(CommandSequence::from_register))
}

/// Which word of a 32-bit value comes first; makers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WordOrder {
    /// The high word.
    #[default]
    HighFirst,
    /// The low word.
    LowFirst,
}

/// A base address that leaves no room for the registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("base register {found}: expected at most {most}")]
pub struct BaseError {
    /// The address asked for.
    pub found: u16,
    /// The most.
    pub most: u16,
}

/// Registers that do not say what they should.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// Too few or too many words.
    #[error("{found} registers: expected {expected}")]
    Length {
        /// Words that were asked for.
        expected: usize,
        /// Words that came.
        found: usize,
    },
    /// A number without a meaning.
    #[error(transparent)]
    Number(#[from] UnknownNumber),
}

/// Where the registers lie on this maker's actuator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegisterMap {
    base: u16,
    word_order: WordOrder,
}

impl RegisterMap {
    /// A map whose register 0 lies at `base`.
    ///
    /// # Errors
    /// The last register would lie beyond what Modbus can address.
    pub fn new(base: u16, word_order: WordOrder) -> Result<Self, BaseError> {
        let most = u16::MAX - (END - 1);
        if base > most {
            return Err(BaseError { found: base, most });
        }
        Ok(Self { base, word_order })
    }

    /// The address of a register of the contract.
    #[must_use]
    pub fn address(&self, register: u16) -> u16 {
        self.base.saturating_add(register)
    }

    /// The register of the contract at an address.
    #[must_use]
    pub fn register(&self, address: u16) -> Option<u16> {
        address.checked_sub(self.base).filter(|r| *r < END)
    }

    /// What registers 0 to 12 say.
    ///
    /// # Errors
    /// Not 13 words, or a number that the contract does not name.
    pub fn status(&self, words: &[u16]) -> Result<PlcStatus, RegisterError> {
        let words: &[u16; STATUS_REGISTERS] =
            words.try_into().map_err(|_| RegisterError::Length {
                expected: STATUS_REGISTERS,
                found: words.len(),
            })?;
        Ok(PlcStatus {
            heartbeat: words[0],
            state: MachineState::try_from(words[1])?,
            encoder: EncoderCount(self.double([words[2], words[3]])),
            trigger: TriggerId(words[4]),
            latched: EncoderCount(self.double([words[5], words[6]])),
            accepted: CommandSequence::from_register(words[7]),
            refusal: RefusalReason::try_from(words[8])?,
            refused: CommandSequence::from_register(words[9]),
            finished: CommandSequence::from_register(words[10]),
            ending: CommandEnding::try_from(words[11])?,
            gate_full: words[12] & 1 != 0,
            infeed_stopped: words[12] & 2 != 0,
        })
    }

    /// Registers 0 to 12 of a status: the actuator's side.
    #[must_use]
    pub fn status_words(&self, status: &PlcStatus) -> [u16; STATUS_REGISTERS] {
        let number = |n: Option<CommandSequence>| n.map_or(0, CommandSequence::number);
        let [encoder_first, encoder_second] = self.words(status.encoder.0);
        let [latched_first, latched_second] = self.words(status.latched.0);
        [
            status.heartbeat,
            status.state.number(),
            encoder_first,
            encoder_second,
            status.trigger.0,
            latched_first,
            latched_second,
            number(status.accepted),
            status.refusal.number(),
            number(status.refused),
            number(status.finished),
            status.ending.number(),
            u16::from(status.gate_full) | u16::from(status.infeed_stopped) << 1,
        ]
    }

    /// Registers 103 to 160 of a command.
    #[must_use]
    pub fn body_words(&self, command: &SortCommand) -> [u16; BODY_REGISTERS] {
        let mut words = [0; BODY_REGISTERS];
        words[0] = command.job.0;
        words[1..3].copy_from_slice(&self.words(u32::from(command.tray.0)));
        words[3] = command.route.0;
        words[4..6].copy_from_slice(&self.words(command.fire_at.0));
        words[6] = command.result.number();
        words[7] = u16::from_be_bytes([command.rows, command.cols]);
        words[8..].copy_from_slice(command.cells.registers());
        words
    }

    /// The command in registers 103 to 160: the actuator's side. None for a result or a tray number that no
    /// command has.
    #[must_use]
    pub fn command(&self, words: &[u16; BODY_REGISTERS]) -> Option<SortCommand> {
        let result = match words[6] {
            1 => CommandResult::Graded,
            2 => CommandResult::Ungraded,
            _ => return None,
        };
        let tray = u16::try_from(self.double([words[1], words[2]])).ok()?;
        let [rows, cols] = words[7].to_be_bytes();
        let mut cells = CellBitmap::default();
        for (register, bits) in words[8..].iter().enumerate() {
            let set = (0..16).filter(|bit| bits & (1 << bit) != 0);
            set.for_each(|bit| {
                cells.insert(register * 16 + bit);
            });
        }
        Some(SortCommand {
            tray: TriggerId(tray),
            job: JobId(words[0]),
            route: GateNumber(words[3]),
            fire_at: EncoderCount(self.double([words[4], words[5]])),
            result,
            rows,
            cols,
            cells,
        })
    }

    fn words(&self, value: u32) -> [u16; 2] {
        let (high, low) = ((value >> 16) as u16, (value & 0xffff) as u16);
        match self.word_order {
            WordOrder::HighFirst => [high, low],
            WordOrder::LowFirst => [low, high],
        }
    }

    fn double(&self, [first, second]: [u16; 2]) -> u32 {
        let (high, low) = match self.word_order {
            WordOrder::HighFirst => (first, second),
            WordOrder::LowFirst => (second, first),
        };
        u32::from(high) << 16 | u32::from(low)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn map(word_order: WordOrder) -> RegisterMap {
        RegisterMap::new(0, word_order).unwrap()
    }

    #[test]
    fn a_command_lies_where_the_contract_says() {
        let mut cells = CellBitmap::default();
        cells.insert(0);
        cells.insert(17);
        let command = SortCommand {
            tray: TriggerId(0x1234),
            job: JobId(7),
            route: GateNumber(2),
            fire_at: EncoderCount(0x0102_0304),
            result: CommandResult::Graded,
            rows: 10,
            cols: 20,
            cells,
        };
        let words = map(WordOrder::HighFirst).body_words(&command);
        assert_eq!(
            words[..10],
            [7, 0, 0x1234, 2, 0x0102, 0x0304, 1, 10 * 256 + 20, 1, 2]
        );
        let words = map(WordOrder::LowFirst).body_words(&command);
        assert_eq!(words[1..6], [0x1234, 0, 2, 0x0304, 0x0102]);
        assert_eq!(
            map(WordOrder::LowFirst).command(&words),
            Some(command),
            "and back"
        );
    }

    #[test]
    fn a_base_beyond_the_address_space_is_refused() {
        let error = RegisterMap::new(u16::MAX - 160, WordOrder::HighFirst).unwrap_err();
        assert_eq!(error.most, u16::MAX - 161);
        let map = RegisterMap::new(4000, WordOrder::HighFirst).unwrap();
        assert_eq!(map.address(COMMAND_NUMBER), 4102);
        assert_eq!((map.register(4161), map.register(4162)), (Some(161), None));
        assert_eq!(map.register(3999), None);
    }

    proptest! {
        #[test]
        fn any_registers_are_a_status_or_an_error_and_never_a_panic(
            words in proptest::collection::vec(any::<u16>(), 0..20), low in any::<bool>(),
        ) {
            let map = map(if low { WordOrder::LowFirst } else { WordOrder::HighFirst });
            if let Ok(status) = map.status(&words) {
                let mut said = words;
                said[12] &= 3;
                prop_assert_eq!(map.status_words(&status).to_vec(), said);
            }
        }
    }
}
