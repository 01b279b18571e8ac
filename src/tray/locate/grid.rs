//! Crossings of wall lines on a canvas, and points of the cells between them.

/// (rows + 1) × (cols + 1) crossings, row-major, canvas px.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub rows: usize,
    pub cols: usize,
    pub nodes: Vec<[f64; 2]>,
}

impl Grid {
    /// An even grid: where line 0 lies and the pitch, along x and along y.
    pub fn even(rows: usize, cols: usize, start: [f64; 2], pitch: [f64; 2]) -> Self {
        let nodes = (0..=rows)
            .flat_map(|r| {
                (0..=cols).map(move |c| {
                    [
                        start[0] + c as f64 * pitch[0],
                        start[1] + r as f64 * pitch[1],
                    ]
                })
            })
            .collect();
        Self { rows, cols, nodes }
    }

    /// The crossing of a row line and a column line.
    pub fn node(&self, row: usize, col: usize) -> [f64; 2] {
        self.nodes[row * (self.cols + 1) + col]
    }

    /// The point of a cell at `u` along its columns and `v` along its rows, both 0–1 within.
    pub fn point(&self, row: usize, col: usize, u: f64, v: f64) -> [f64; 2] {
        let [a, b] = [self.node(row, col), self.node(row, col + 1)];
        let [c, d] = [self.node(row + 1, col), self.node(row + 1, col + 1)];
        std::array::from_fn(|k| {
            let top = a[k] + (b[k] - a[k]) * u;
            let bottom = c[k] + (d[k] - c[k]) * u;
            top + (bottom - top) * v
        })
    }

    /// Other counts of even cells over the same ground, along the straight sides of the block.
    pub fn divided(&self, rows: usize, cols: usize) -> Self {
        let mut nodes = Vec::with_capacity((rows + 1) * (cols + 1));
        let corners = Self {
            rows: 1,
            cols: 1,
            nodes: [
                (0, 0),
                (0, self.cols),
                (self.rows, 0),
                (self.rows, self.cols),
            ]
            .map(|(r, c)| self.node(r, c))
            .to_vec(),
        };
        for row in 0..=rows {
            for col in 0..=cols {
                let (u, v) = (col as f64 / cols as f64, row as f64 / rows as f64);
                nodes.push(corners.point(0, 0, u, v));
            }
        }
        Self { rows, cols, nodes }
    }

    /// The same cells moved along their columns and rows, in pitches.
    pub fn shifted(&self, u: f64, v: f64) -> Self {
        let nodes = (0..=self.rows)
            .flat_map(|r| (0..=self.cols).map(move |c| (r, c)))
            .map(|(r, c)| {
                let (row, col) = (r.min(self.rows - 1), c.min(self.cols - 1));
                self.point(row, col, (c - col) as f64 + u, (r - row) as f64 + v)
            })
            .collect();
        Self { nodes, ..*self }
    }

    /// The block of cells in these ranges.
    pub fn block(&self, rows: std::ops::Range<usize>, cols: std::ops::Range<usize>) -> Self {
        let nodes = (rows.start..=rows.end)
            .flat_map(|r| (cols.start..=cols.end).map(move |c| (r, c)))
            .map(|(r, c)| self.node(r, c))
            .collect();
        Self {
            rows: rows.len(),
            cols: cols.len(),
            nodes,
        }
    }
}
