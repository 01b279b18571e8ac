//! The `seedgrade` binary: hands the command line to [`seedgrade::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    seedgrade::cli::main()
}
