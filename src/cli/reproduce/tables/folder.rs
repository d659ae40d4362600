//! The tables of some folders.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::error::TablesError;

/// A CSV file.
pub struct TableFile {
    /// The name of the file without its ending, behind that of its folder if another folder has the same.
    pub name: String,
    pub path: PathBuf,
}

/// The CSV files of folders, in the order of the folders and of their names. Folders below them are not searched.
///
/// # Errors
/// `NoFolder` if one cannot be read; `NoTables` if there is no CSV file.
pub fn tables(folders: &[PathBuf]) -> Result<Vec<TableFile>, TablesError> {
    let mut paths = Vec::new();
    for folder in folders {
        let refused = |error: io::Error| TablesError::NoFolder { path: folder.clone(), reason: error.to_string() };
        let entries = fs::read_dir(folder).map_err(refused)?.collect::<io::Result<Vec<_>>>().map_err(refused)?;
        let is_table = |path: &PathBuf| path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        let mut found: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).filter(is_table).collect();
        found.sort();
        paths.extend(found.into_iter().filter(|path| path.is_file()));
    }
    if paths.is_empty() {
        return Err(TablesError::NoTables { folders: folders.to_vec() });
    }
    let stems: Vec<String> = paths.iter().map(|path| text(path.file_stem().map(Path::new))).collect();
    let named = |(path, stem): (&PathBuf, &String)| {
        let shared = stems.iter().filter(|other| *other == stem).count() > 1;
        let folder = text(path.parent().and_then(Path::file_name).map(Path::new));
        TableFile { name: if shared { format!("{folder}/{stem}") } else { stem.clone() }, path: path.clone() }
    };
    Ok(paths.iter().zip(&stems).map(named).collect())
}

fn text(part: Option<&Path>) -> String {
    part.map_or_else(String::new, |part| part.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_several_folders_have_different_names() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
        for (folder, files) in [(&a, ["iris.csv", "wine.CSV", "notes.txt"]), (&b, ["iris.csv", "x.csv", "README"])] {
            fs::create_dir_all(folder.join("folder.csv"))?;
            files.iter().try_for_each(|file| fs::write(folder.join(file), ""))?;
        }
        let names: Vec<String> = tables(&[a, b])?.into_iter().map(|table| table.name).collect();
        assert_eq!(names, ["a/iris", "wine", "b/iris", "x"]);
        Ok(())
    }
}
