//! The drawings of docs/packing.md are drawn by the layouts themselves.

use std::fs;

use seal_nn::{
    nn::layout::{LayoutKind, TrainingLayout},
    packing::{
        AxisLayout, AxisShape, DiagonalLayout, DiagonalMatrix, MatrixLayout, MergedLayout, PackedDiagonals, Role,
        baselines::{DiagonalTiles, Form, SquareMatrices, Vector},
    },
};

/// The slots of each ciphertext, so many a line, ciphertexts with a blank line between.
fn draw(layout: &MatrixLayout, name: &str, per_line: usize) -> String {
    let width = name.len() + 3;
    let ciphertext = |line: &str| {
        let cells: Vec<String> = line.split_whitespace().map(|cell| format!("{cell:width$}")).collect();
        let lines: Vec<String> = cells.chunks(per_line).map(|cells| cells.concat().trim_end().to_owned()).collect();
        lines.join("\n")
    };
    let ciphertexts: Vec<String> = layout.draw(name).unwrap().lines().map(ciphertext).collect();
    ciphertexts.join("\n\n")
}

fn axes(slots: usize, sizes: [usize; 2], guards: [bool; 3]) -> AxisLayout {
    let shape = AxisShape::filling(slots, [Role::B, Role::Q, Role::P], sizes, guards).unwrap();
    AxisLayout::new(slots, &shape).unwrap()
}

fn drawings() -> Vec<(&'static str, String)> {
    let plain = axes(16, [4, 4], [false; 3]);
    let guarded = axes(32, [4, 4], [true, false, false]);
    let tiled = axes(8, [2, 2], [false; 3]);
    let features = axes(8, [1, 4], [false; 3]);
    let merged = MergedLayout::new(32, [4, 4, 4], 1).unwrap();
    let diagonals = DiagonalLayout::new(4, 4, 1).unwrap();
    let w = DiagonalMatrix::new(4, 4);
    let packed = PackedDiagonals::new(16, 4, 1).unwrap();
    let squares = SquareMatrices::new(16, 4, 1).unwrap();
    let (four, skewed) = (Vector::Features(4), Form::Skewed);
    let tiles = DiagonalTiles::new(16, 4, 4).unwrap();
    let naive = LayoutKind::Naive.layout(&"4-4-4".parse().unwrap(), 4, 1).unwrap();
    vec![
        ("axis, weights", draw(&plain.matrix(0, 4, 4), "W", 4)),
        ("axis, inputs", draw(&plain.batch(1, Role::P, 4), "x", 4)),
        ("axis, outputs", draw(&plain.batch(1, Role::Q, 4), "y", 4)),
        ("axis with a guard, weights", draw(&guarded.matrix(0, 4, 4), "W", 8)),
        ("axis in tiles, weights", draw(&tiled.matrix(0, 4, 4), "W", 4)),
        ("axis in tiles, inputs of three samples", draw(&tiled.batch(3, Role::P, 4), "x", 4)),
        ("per feature, weights", draw(&features.matrix(0, 4, 4), "W", 4)),
        ("per feature, inputs of two samples", draw(&features.batch(2, Role::P, 4), "x", 4)),
        ("merged, first layer", draw(&merged.weights()[0], "W", 8)),
        ("merged, second layer", draw(&merged.weights()[1], "V", 8)),
        ("merged, inputs", draw(&merged.inputs(1), "x", 8)),
        ("merged, targets", draw(&merged.outputs(1), "t", 8)),
        ("diagonals", draw(&diagonals.matrix(w), "W", 4)),
        ("diagonals, turned", draw(&diagonals.transposed_matrix(w), "W", 4)),
        ("diagonals with giant steps", draw(&diagonals.matrix(w.with_giant_steps()), "W", 4)),
        ("packed diagonals, weights", draw(&packed.matrix(4, 4), "W", 4)),
        ("packed diagonals, skewed inputs", draw(&packed.skewed(1, 4), "x", 4)),
        ("naive, weights", draw(&naive.weights()[0].layout, "W", 4)),
        ("E2DM, a left factor", draw(&squares.left(four, four, Form::Plain), "A", 4)),
        ("E2DM, a left factor skewed", draw(&squares.left(four, four, skewed), "A", 4)),
        ("E2DM, a right factor skewed", draw(&squares.right(four, four, skewed), "B", 4)),
        ("HETAL, inputs of four samples", draw(&tiles.batch(4, 4), "x", 4)),
        ("diagonals of a 2 x 4 matrix", draw(&diagonals.matrix(DiagonalMatrix::new(2, 4)), "W", 4)),
    ]
}

#[test]
fn the_drawings_of_the_documentation_are_true() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/packing.md")).unwrap();
    for (title, drawing) in drawings() {
        println!("{title}\n{drawing}\n");
        assert!(page.contains(&drawing), "docs/packing.md lacks this drawing of {title}:\n{drawing}");
    }
}
