//! Plants into cells.
