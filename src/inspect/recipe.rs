//! Everything that a tray is judged with, apart from the engine that runs the net.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::cell::Heights;
use crate::grade::GradingStandard;
use crate::plant::{Looks, PlantParams};
use crate::tray::{LocateParams, TrayFormat};

/// A grading job's fixed inputs: tray format, standard, and the limits of the stages.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// The block of cells in view; none: its rows and columns are counted in every picture.
    pub format: Option<TrayFormat>,
    /// The standard that verdicts follow.
    pub standard: GradingStandard,
    /// Limits of tray finding.
    pub locate: LocateParams,
    /// Limits of segmentation, from the net's card.
    pub plants: PlantParams,
    /// Pixels a cell pitch that the net was made for, from its card.
    pub px_per_pitch: usize,
    /// How often the seedling net looks at a tray.
    pub looks: Looks,
    /// How high camera and canopy are, where known.
    pub heights: Option<Heights>,
    /// Canopy cover of the tray beyond which cells are unsure, 0–1, from the net's card.
    pub most_cover: f64,
}

impl Recipe {
    /// The cell pitch along columns and rows, mm, where the tray's format states it.
    #[must_use]
    pub fn pitch_mm(&self) -> Option<[f64; 2]> {
        self.format.and_then(|format| format.pitch_mm())
    }

    /// SHA-256 of what is configured besides net and standard, as `sha256:…`.
    #[must_use]
    pub fn digest(&self) -> String {
        #[derive(Serialize)]
        struct Configured<'a> {
            format: &'a Option<TrayFormat>,
            locate: String,
            plants: String,
            px_per_pitch: usize,
            #[serde(skip_serializing_if = "Looks::is_one")]
            looks: Looks,
            #[serde(skip_serializing_if = "Option::is_none")]
            heights: Option<Heights>,
            most_cover: f64,
        }
        let configured = Configured {
            format: &self.format,
            locate: format!("{:?}", self.locate),
            plants: format!("{:?}", self.plants),
            px_per_pitch: self.px_per_pitch,
            looks: self.looks,
            heights: self.heights,
            most_cover: self.most_cover,
        };
        let text = serde_json::to_vec(&configured).unwrap_or_default();
        format!("sha256:{}", hex::encode(Sha256::digest(text)))
    }
}
