//! A part of a frame, every line made of two that follow each other.

use std::ops::Range;

use rayon::prelude::*;

use super::Frame;

/// Lines that a worker takes at once.
const LINES_A_TASK: usize = 16;

impl Frame {
    /// The frame's `columns` and `rows`, a pixel for every `step` of them both ways: `make` fills each line from the part of
    /// the frame's line that stands at its place and that of the next one, or twice of the last. `buffer` is used for the
    /// pixels.
    ///
    /// # Panics
    /// Beyond the frame, or when a range is empty.
    pub(super) fn of_line_pairs(
        &self,
        columns: Range<usize>,
        rows: Range<usize>,
        step: usize,
        mut buffer: Vec<u8>,
        make: impl Fn(&[u8], &[u8], &mut [u8]) + Sync,
    ) -> Self {
        assert!(
            !columns.is_empty()
                && columns.end <= self.width
                && !rows.is_empty()
                && rows.end <= self.height,
            "columns {columns:?} and rows {rows:?} lie in a frame of {}x{} px",
            self.width,
            self.height
        );
        let (width, height) = (columns.len().div_ceil(step), rows.len().div_ceil(step));
        buffer.resize(width * height * 3, 0);
        let line =
            |y: usize| &self.rgb[(y * self.width + columns.start) * 3..][..columns.len() * 3];
        let lines = buffer.par_chunks_mut(width * 3).enumerate();
        lines.with_min_len(LINES_A_TASK).for_each(|(y, made)| {
            let upper = rows.start + step * y;
            make(line(upper), line((upper + 1).min(rows.end - 1)), made);
        });
        Self {
            width,
            height,
            rgb: buffer,
        }
    }
}
