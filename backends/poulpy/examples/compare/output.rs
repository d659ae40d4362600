//! What is printed and drawn.

use std::{error::Error, fs};

use seal_nn::report::{
    Align, Axis, Colour, Corner, Machine, Mark, Panel, Plot, Series, Table, format, peak_resident_bytes,
};
use seal_nn_poulpy::ENGINE;

use crate::sides::{DEGREE, DEPTH, SCALE_BITS};

/// The measured sides, the first of which the others are divided by.
const NAMES: [&str; 4] = ["SEAL, our kernels", "SEAL's calls", "textbook", "poulpy"];

/// A circuit on every measured side.
pub struct Row {
    pub name: String,
    pub seconds: Vec<f64>,
    pub bits: Vec<Option<f64>>,
}

/// What the keys and ciphertexts of one side take.
pub struct Size {
    pub name: &'static str,
    pub modulus_bits: usize,
    pub key_bytes: usize,
    pub memory: Option<u64>,
    pub key_seconds: f64,
    pub ciphertext_bytes: usize,
    pub fresh_bytes: usize,
}

#[derive(Default)]
pub struct Output {
    /// The file of the chart.
    pub chart: Option<String>,
    /// The file of the tables.
    pub markdown: Option<String>,
    pub sizes: Vec<Size>,
    rows: Vec<Row>,
}

impl Output {
    pub fn row(&mut self, row: Row) {
        let milliseconds: Vec<String> = row.seconds.iter().map(|s| format!("{:.2}", s * 1e3)).collect();
        eprintln!("{}: {} ms", row.name, milliseconds.join(", "));
        self.rows.push(row);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn finish(&self) -> Result<(), Box<dyn Error>> {
        let head = format!(
            "{}\npoulpy: {ENGINE}. N = {DEGREE}, {} moduli of {SCALE_BITS} bits (the first has 50). Peak memory {}.\n",
            // SEAL has HEXL here, where HEXL can be compiled.
            Machine::detect(cfg!(target_arch = "x86_64"), 1),
            DEPTH + 1,
            peak_resident_bytes().map_or("unknown".into(), format::bytes),
        );
        let tables = [self.times(), self.precision(), self.size_table()];
        println!("{head}");
        tables.iter().for_each(|table| println!("{table}"));
        if let Some(file) = &self.markdown {
            let tables: Vec<String> = tables.iter().map(Table::to_markdown).collect();
            fs::write(file, format!("{head}\n{}", tables.join("\n")))?;
        }
        if let Some(file) = &self.chart {
            fs::write(file, self.plot().to_svg()?)?;
        }
        Ok(())
    }

    fn times(&self) -> Table {
        let columns = NAMES.iter().map(|name| format!("{name}, ms"));
        let ratios = NAMES[1..].iter().map(|name| format!("{name} / ours"));
        let numbers = columns.chain(ratios).map(|name| (name, Align::Right));
        let mut table = Table::new([("least CPU time".to_owned(), Align::Left)].into_iter().chain(numbers));
        for Row { name, seconds, .. } in &self.rows {
            let times = seconds.iter().map(|s| format!("{:.2}", s * 1e3));
            let ratios = seconds[1..].iter().map(|s| format!("{:.1}", s / seconds[0]));
            table.row([name.clone()].into_iter().chain(times).chain(ratios));
        }
        table
    }

    fn precision(&self) -> Table {
        let numbers = NAMES.iter().map(|&name| (name, Align::Right));
        let mut table = Table::new([("bits of precision, worst slot", Align::Left)].into_iter().chain(numbers));
        for Row { name, bits, .. } in self.rows.iter().filter(|row| row.bits.iter().all(Option::is_some)) {
            let bits = bits.iter().flatten().map(|bits| format!("{bits:.1}"));
            table.row([name.clone()].into_iter().chain(bits));
        }
        table
    }

    fn size_table(&self) -> Table {
        let headers = [
            "modulus with keys, bits",
            "keys sent",
            "keys in memory",
            "CPU time of keys, s",
            "ciphertext",
            "fresh one",
        ];
        let mut table =
            Table::new([("sizes", Align::Left)].into_iter().chain(headers.map(|header| (header, Align::Right))));
        for size in &self.sizes {
            let bytes = |count: usize| format::bytes(count as u64);
            table.row([
                size.name.to_owned(),
                size.modulus_bits.to_string(),
                bytes(size.key_bytes),
                size.memory.map_or("unknown".into(), format::bytes),
                format!("{:.1}", size.key_seconds),
                bytes(size.ciphertext_bytes),
                bytes(size.fresh_bytes),
            ]);
        }
        table
    }

    /// Times relative to those of our kernels.
    fn plot(&self) -> Plot {
        const LEGEND: usize = 4;
        let rows = self.rows.len();
        let ratios = |side: usize| {
            self.rows.iter().enumerate().map(move |(row, r)| (r.seconds[side] / r.seconds[0], -(row as f64)))
        };
        let even = [(1.0, -(rows.max(1) as f64)), (1.0, LEGEND as f64)];
        let shown: Vec<f64> = (1..NAMES.len()).flat_map(ratios).map(|(ratio, _)| ratio).chain([0.5, 2.0]).collect();
        let sides = (1..NAMES.len()).map(|side| Series::new(NAMES[side], Mark::Dots, Colour::Hue(side), ratios(side)));
        Plot {
            file: "comparison.svg",
            shows: "Times of the same circuits on SEAL's own calls, a textbook CKKS and poulpy, relative to our kernels",
            titles: vec!["CPU time relative to SEAL with our kernels".into(), format!("poulpy: {ENGINE}")],
            panel_size: (860, 60 + 22 * (rows + LEGEND) as u32),
            panels: vec![Panel {
                caption: String::new(),
                x: Axis::decades("time over that of our kernels", shown).labelled(|ratio| format!("{ratio}x")),
                y: Axis::rows(self.rows.iter().map(|row| row.name.clone()).collect(), LEGEND),
                series: [Series::new("", Mark::Line(1), Colour::Grey(1.0), even)].into_iter().chain(sides).collect(),
                legend: Some(Corner::UpperRight),
            }],
        }
    }
}
