#![doc = include_str!("ARCHITECTURE.md")]

pub mod geometry;

pub mod clock;

pub mod network;

pub mod dataset;
pub mod render;

pub mod frame;

pub mod calibration;

pub mod tray;

pub mod plant;

pub mod cell;

pub mod grade;

pub mod inspect;

pub mod evaluate;
pub mod picture;
pub mod statistics;

pub mod sorting;

pub mod serving;

pub mod machine;

pub mod store;

pub mod certificate;

pub mod line;

pub mod broker;

pub mod archive;

pub mod review;

pub mod runtime;

pub mod cli;
pub mod config;
pub mod telemetry;
