//! The command line of seal-nn.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::run() {
        Ok(code) => code,
        Err(error) => {
            cli::print_error(&error);
            ExitCode::from(2)
        }
    }
}
