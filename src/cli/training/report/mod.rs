//! The report of a training.

mod plot;
mod record;
#[cfg(test)]
mod sample;
mod sections;
mod step_line;

pub use record::{
    Bootstraps, Choice, CurvePoint, Divergence, Keys, OperationTime, Operations, Parameters, Precision, Progress,
    RegressionTest, Schedule, StageTime, StepReport, TestReport, Traffic, TrainReport, Validation, number,
};
pub use step_line::{step_header, step_line};

#[cfg(test)]
mod tests {
    use std::{error::Error, fs};

    use seal_nn::report::{OutputDir, write_report};
    use serde_json::Value;

    use super::*;

    fn names(value: &Value) -> Vec<&str> {
        value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default()
    }

    /// Others read these files: a name that changes breaks them. (`Value` lists names alphabetically.)
    #[test]
    fn the_names_in_report_json() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let files = write_report(&OutputDir::create(folder.path())?, &sample::report(3))?.files;
        let json: Value = serde_json::from_str(&fs::read_to_string(&files[0])?)?;
        #[rustfmt::skip]
        let expected: [(&str, &[&str]); 20] = [
            ("", &["activation", "backend", "batch", "bootstraps", "breakdown", "bytes", "dataset", "divergence", "keys", "layout", "line", "loss",
                   "machine", "memory", "network", "operations_per_step", "parameters", "precision", "profile", "ranks", "refresh_every", "refresh_seconds", "schedule",
                   "seconds_per_step", "seed", "settings", "steps", "test", "validation", "version"]),
            ("/machine", &["avx2", "avx512ifma", "cpu", "hexl", "threads"]),
            ("/parameters", &["coeff_modulus_bits", "poly_modulus_degree", "security_bits"]),
            ("/steps/0", &["clear", "encrypted", "max_weight_difference", "resident_bytes", "seconds", "step"]),
            ("/steps/0/encrypted", &["loss", "train_accuracy", "validation_loss"]),
            ("/steps/0/clear", &["loss", "train_accuracy", "validation_loss"]),
            ("/schedule", &["epochs", "samples", "steps", "used"]),
            ("/divergence", &["clear", "encrypted", "policy"]),
            ("/divergence/clear/0", &["rate_factor", "step"]),
            ("/validation", &["clear", "encrypted", "patience", "samples"]),
            ("/validation/clear", &["best_loss", "best_step", "last_step"]),
            ("/test", &["classification", "clear_accuracy", "encrypted_accuracy", "ordinary_accuracy", "regression", "samples"]),
            ("/operations_per_step", &["ciphertext_products", "hoisted_rotations", "plaintext_products",
                                       "relinearizations", "rescales", "rotations"]),
            ("/bootstraps", &["bend", "bound", "count", "curve", "deviation", "key_bytes", "keys", "largest_weight", "look_every", "modulus_bits",
                              "period", "ratio_bits", "seconds"]),
            ("/bootstraps/curve/0", &["loss", "step", "train_accuracy"]),
            ("/breakdown/0", &["count", "operation", "seconds", "share"]),
            ("/bytes", &["client_to_server", "server_to_client"]),
            ("/keys", &["galois_bytes", "galois_steps", "relin_bytes"]),
            ("/memory", &["after_first_step", "after_last_step", "peak"]),
            ("/precision", &["measured_bits", "predicted_bits"]),
        ];
        for (path, fields) in expected {
            let mut found = json.pointer(path).map(names).ok_or(path)?;
            found.sort_unstable();
            assert_eq!(found, fields, "{path}");
        }
        assert_eq!(json["network"], "4-8-3");
        assert_eq!(json["keys"]["galois_steps"], serde_json::json!([1, 2, -128]));
        assert!(json["seed"].is_u64() && json["parameters"]["security_bits"].is_u64());
        Ok(())
    }

    #[test]
    fn the_readable_report_shows_the_plot_beside_it() -> Result<(), Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        let files = write_report(&OutputDir::create(folder.path())?, &sample::report(3))?.files;
        let [_, training, confusion, readable] = &files[..] else { return Err("other files".into()) };
        let text = fs::read_to_string(readable)?;
        assert!(text.contains("](training.svg)") && text.contains("](confusion.svg)"));
        for plot in [training, confusion] {
            assert!(fs::read_to_string(plot)?.starts_with("<svg"));
        }
        Ok(())
    }
}
