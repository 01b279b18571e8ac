//! The block alone in a machine whose belt is not stopped by it: it coasts, jumps and goes on when it should stand.

use std::rc::Rc;

use seedgrade::geometry::EncoderCount;
use seedgrade::machine::PlcStatus;
use seedgrade::sorting::TriggerId;

use crate::block::{Gating, SortingBlock};
use crate::history::{Scan, Start};
use crate::program::Program;
use crate::surroundings::{Letter, Sender, Surroundings};

/// A machine with the block in it.
pub struct Machine {
    pub block: SortingBlock,
    pub around: Surroundings,
    pub encoder: EncoderCount,
    pub trigger: u16,
    latched: EncoderCount,
    sender: Sender,
}

/// What came of a scan.
#[derive(Debug)]
pub struct Outcome {
    pub gating: Option<Gating>,
    /// What seedgrade wrote before it.
    pub letter: Option<Letter>,
    pub status: PlcStatus,
}

impl Machine {
    /// Switched on.
    pub fn new(program: &Rc<Program>, start: &Start) -> Self {
        let encoder = EncoderCount(start.encoder);
        Self {
            block: SortingBlock::new(program, start),
            around: Surroundings::in_order(),
            encoder,
            trigger: start.trigger,
            latched: encoder,
            sender: Sender::after(start.number),
        }
    }

    /// One scan.
    ///
    /// # Errors
    /// The block failed or said what the contract does not know.
    pub fn scan(&mut self, scan: &Scan) -> Result<Outcome, String> {
        let was_at_camera = self.around.tray_at_camera;
        self.around.pass(scan);
        let ago = scan.latched_ago.min(scan.counts);
        self.encoder = self.encoder.advanced(scan.counts);
        if self.around.tray_at_camera && !was_at_camera {
            self.trigger = self.trigger.wrapping_add(1);
            self.latched = EncoderCount(self.encoder.0.wrapping_sub(ago));
            self.sender.saw(TriggerId(self.trigger), self.latched);
        }
        self.block.see(&self.around, self.encoder.0, self.latched.0);
        let order = self.around.order.take();
        let letter = order.map(|order| self.sender.letter(&order, self.encoder));
        if let Some(letter) = &letter {
            self.block.write(letter);
        }
        Ok(Outcome {
            gating: self.block.scan(scan.milliseconds)?,
            letter,
            status: self.block.status()?,
        })
    }
}
