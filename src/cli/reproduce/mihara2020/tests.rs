//! What readers of the report rely on.

use std::{error::Error, fs};

use seal_nn::report::{OutputDir, to_markdown, write_report};
use serde_json::Value;

use super::{
    accuracy_plot::accuracy_plot, ratio_plot::ratio_plot, record::MiharaReport, sample, scaling_plot::scaling_plot,
};

fn written(report: &MiharaReport) -> Result<Vec<String>, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let files = write_report(&OutputDir::create(folder.path())?, report)?.files;
    Ok(files.iter().map(fs::read_to_string).collect::<Result<_, _>>()?)
}

/// Others read this file: a name that changes breaks them.
#[test]
fn the_names_in_mihara2020_json() -> Result<(), Box<dyn Error>> {
    let json: Value = serde_json::from_str(&written(&sample::report())?[0])?;
    #[rustfmt::skip]
    let expected: [(&str, &[&str]); 6] = [
        ("/steps/0", &["network", "layout", "batch", "rotations", "hoisted_rotations", "relinearizations",
                       "ciphertext_products", "plaintext_products", "rescales", "depth", "galois_keys", "modelled_cost",
                       "modelled_work", "seconds", "peak_rss_bytes", "not_run", "ours", "poly_modulus_degree"]),
        ("/ratios/0", &["network", "batch", "against", "ours", "by_count", "by_key_switches", "by_clock"]),
        ("/iris/0", &["seed", "encrypted_test_accuracy", "clear_test_accuracy", "test_samples", "steps"]),
        ("/trainings/0", &["dataset", "seed", "encrypted_test_accuracy", "clear_test_accuracy", "test_samples"]),
        ("/scaling/0", &["d", "batch", "seconds", "rotations", "relinearizations", "peak_rss_bytes", "diagonal"]),
        ("/claims/0", &["claim", "source", "ours"]),
    ];
    for (path, names) in expected {
        let object = json.pointer(path).and_then(Value::as_object).ok_or(path)?;
        for name in names {
            assert!(object.contains_key(*name), "{path} has no {name}");
        }
    }
    assert!(json["steps"][1]["seconds"].is_null() && json["ratios"][0]["by_clock"].is_null());
    Ok(())
}

#[test]
fn the_figures_are_in_the_readable_report() {
    let text = to_markdown(&sample::report());
    for part in [
        "# Mihara et al. 2020, reproduced, the short form\n",
        "Example CPU; AVX2 yes, AVX512-IFMA no, HEXL yes; 2 thread(s)",
        "| 4-8-3 | 120 | merged * | 16384 | 20 | 2 | 6 |",
        "| 4-8-3 | 120 | merged | diagonal | 5.0x | 5.0x | 4.2x |",
        "| 4-8-3 | 120 | merged | naive | 8.0x | 8.0x | not run |",
        "over 2 seeds, mean and standard deviation: 96.7% (sd 4.7%) encrypted, 96.7% (sd 4.7%) in the clear",
        "naive takes 1.6 times its key switches at batch 120",
        "measured up to d = 8: 400 ms and 16 MiB per step",
        "- too long: 4-8-3, batch 120, layout naive; d = 16\n",
        "- layout e2dm cannot hold network 4-8-3\n",
        "](mihara2020-scaling.svg)",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn plots_show_what_there_is() -> Result<(), Box<dyn Error>> {
    let report = sample::report();
    // Three costs, one time, and two of each in the legends of both panels.
    assert_eq!(ratio_plot(&report).to_svg()?.matches("<circle").count(), 3 + 1 + 2 * 2);
    // Three steps, and the legend.
    assert_eq!(accuracy_plot(&report).to_svg()?.matches("<circle").count(), 3 + 1);
    // Two of three widths in each of three panels, those of the paper's diagonals in one, and the legends.
    assert_eq!(scaling_plot(&report).to_svg()?.matches("<circle").count(), 3 * (2 + 1) + (1 + 1));
    Ok(())
}

#[test]
fn a_run_without_results_still_reports() -> Result<(), Box<dyn Error>> {
    for text in written(&MiharaReport::default())? {
        assert!(!text.contains("NaN"), "{text}");
    }
    Ok(())
}
