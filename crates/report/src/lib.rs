#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

mod exit;
mod palette;

pub use exit::Exit;
pub use palette::Palette;
