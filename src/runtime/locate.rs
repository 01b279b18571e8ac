//! Which files may be ONNX Runtime's library.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use super::pins::VERSION;

/// Who says that a library lies there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The caller: an argument or the configuration.
    Given,
    /// The variable `ORT_DYLIB_PATH`.
    Variable,
    /// `seedgrade runtime install` put it there.
    Installed,
    /// The package that installed this program put it beside it.
    Packaged,
    /// A Python environment has it.
    Python,
    /// A folder where the system looks for libraries.
    System,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given => "given",
            Self::Variable => "ORT_DYLIB_PATH",
            Self::Installed => "installed",
            Self::Packaged => "packaged",
            Self::Python => "python",
            Self::System => "system",
        })
    }
}

/// A file that may be the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The file.
    pub path: PathBuf,
    /// Who says so.
    pub origin: Origin,
}

/// The places where a library may lie, as the process's surroundings give them.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// A path that the caller gives.
    pub given: Option<PathBuf>,
    /// `ORT_DYLIB_PATH`.
    pub variable: Option<PathBuf>,
    /// The folder whose sub-folders [`install`](super::install) fills, one a version.
    pub installed: Option<PathBuf>,
    /// The folder of the package's own library, one sub-folder a version.
    pub packaged: Option<PathBuf>,
    /// Roots of Python environments, such as `VIRTUAL_ENV` and `/usr`.
    pub python_roots: Vec<PathBuf>,
    /// Folders where the system looks for libraries.
    pub library_folders: Vec<PathBuf>,
}

impl Places {
    /// Those of this process.
    #[must_use]
    pub fn of_process(given: Option<&Path>) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let home = directories::BaseDirs::new().map(|d| d.home_dir().to_owned());
        Self {
            given: given.map(Path::to_owned),
            variable: variable("ORT_DYLIB_PATH").map(PathBuf::from),
            installed: installed_folder(),
            packaged: packaged_folder(&own_path()),
            python_roots: python_roots(
                [variable("VIRTUAL_ENV"), variable("CONDA_PREFIX")],
                home.as_deref(),
            ),
            library_folders: library_folders(variable("LD_LIBRARY_PATH")),
        }
    }

    /// The files in them: what is given or set by a variable whether it exists or not, then what exists; none twice.
    #[must_use]
    pub fn candidates(&self) -> Vec<Candidate> {
        let mut found = Vec::new();
        add(&mut found, Origin::Given, self.given.clone());
        add(&mut found, Origin::Variable, self.variable.clone());
        let by_version = [
            (Origin::Installed, &self.installed),
            (Origin::Packaged, &self.packaged),
        ];
        for (origin, folder) in by_version {
            let Some(folder) = folder else { continue };
            add(&mut found, origin, libraries_in(&folder.join(VERSION)));
            for version in folders_in(folder).into_iter().rev() {
                add(&mut found, origin, libraries_in(&version));
            }
        }
        for root in &self.python_roots {
            for packages in package_folders(root) {
                add(
                    &mut found,
                    Origin::Python,
                    libraries_in(&packages.join("onnxruntime/capi")),
                );
            }
        }
        for folder in &self.library_folders {
            add(&mut found, Origin::System, libraries_in(folder));
        }
        found
    }
}

/// The files that may be the library, best first: `given`, `ORT_DYLIB_PATH`, what was installed, what the
/// package brought, Python environments, the system.
#[must_use]
pub fn locate(given: Option<&Path>) -> Vec<Candidate> {
    Places::of_process(given).candidates()
}

/// The paths of `candidates`, as [`network::open`](crate::network::open) takes them.
#[must_use]
pub fn paths(candidates: &[Candidate]) -> Vec<PathBuf> {
    candidates.iter().map(|c| c.path.clone()).collect()
}

/// The user's folder for libraries, one sub-folder a version; `None` for a user without a home.
#[must_use]
pub fn installed_folder() -> Option<PathBuf> {
    let dirs = directories::ProjectDirs::from("", "", "seedgrade")?;
    Some(dirs.data_local_dir().join("runtime"))
}

/// Where this program lies; where the system does not say (a root without `/proc`), where packages put it.
fn own_path() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/bin/seedgrade"))
}

/// `lib/seedgrade/runtime` beside the `bin` that a program lies in, as the Debian package lays them out.
fn packaged_folder(program: &Path) -> Option<PathBuf> {
    let prefix = program.parent()?.parent()?;
    Some(prefix.join("lib/seedgrade/runtime"))
}

fn add(found: &mut Vec<Candidate>, origin: Origin, paths: impl IntoIterator<Item = PathBuf>) {
    for path in paths {
        let real = |p: &Path| p.canonicalize().unwrap_or_else(|_| p.to_owned());
        if found.iter().all(|c| real(&c.path) != real(&path)) {
            found.push(Candidate { path, origin });
        }
    }
}

fn python_roots<const N: usize>(
    active: [Option<OsString>; N],
    home: Option<&Path>,
) -> Vec<PathBuf> {
    let mut roots: Vec<_> = active.into_iter().flatten().map(PathBuf::from).collect();
    if let Some(home) = home {
        roots.push(home.join(".local"));
        roots.extend(folders_in(&home.join(".pyenv/versions")).into_iter().rev());
    }
    roots.extend(["/usr/local", "/usr"].map(PathBuf::from));
    roots
}

fn library_folders(search_path: Option<OsString>) -> Vec<PathBuf> {
    let mut folders: Vec<_> = search_path
        .iter()
        .flat_map(std::env::split_paths)
        .filter(|p| p.is_absolute())
        .collect();
    for root in ["/usr/local/lib", "/usr/lib", "/lib"] {
        folders.push(PathBuf::from(root));
        folders.push(Path::new(root).join(format!("{}-linux-gnu", std::env::consts::ARCH)));
    }
    folders.extend(["/usr/local/lib64", "/usr/lib64", "/opt/homebrew/lib"].map(PathBuf::from));
    folders
}

/// The folders of Python packages below `root`, newest Python first.
fn package_folders(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for lib in ["lib", "lib64"] {
        for python in folders_in(&root.join(lib)).into_iter().rev() {
            if name(&python).starts_with("python") {
                found.push(python.join("site-packages"));
                found.push(python.join("dist-packages"));
            }
        }
    }
    found
}

/// Libraries of ONNX Runtime in `folder`, the highest version first.
fn libraries_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = entries(folder);
    found.retain(|p| is_library(&name(p)));
    found.sort_by_key(|p| std::cmp::Reverse(numbers(&name(p))));
    found
}

/// Sub-folders of `folder`, in the order of the numbers in their names: 1.9 before 1.31.
fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = entries(folder);
    found.retain(|p| p.is_dir() && !name(p).starts_with('.'));
    found.sort_by_key(|p| (numbers(&name(p)), name(p)));
    found
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|e| e.path()).collect()
}

/// `libonnxruntime.so`, `libonnxruntime.so.1.31.1`, `libonnxruntime.1.31.1.dylib`; not the providers beside it.
pub(super) fn is_library(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("libonnxruntime.") else {
        return false;
    };
    rest == "so" || rest.starts_with("so.") || rest.ends_with("dylib")
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn numbers(text: &str) -> Vec<u64> {
    let digits = text.split(|c: char| !c.is_ascii_digit());
    digits.filter_map(|n| n.parse().ok()).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn candidates_come_in_the_order_that_is_promised() {
        let root = tempfile::tempdir().unwrap();
        let at = |p: &str| root.path().join(p);
        let pinned = format!("runtime/{VERSION}/libonnxruntime.so.{VERSION}");
        for file in [
            pinned.as_str(),
            "runtime/1.9.0/libonnxruntime.so.1.9.0",
            "runtime/1.40.0/libonnxruntime.so.1.40.0",
            "usr/lib/seedgrade/runtime/1.31.0/libonnxruntime.so.1.31.0",
            "venv/lib/python3.9/site-packages/onnxruntime/capi/libonnxruntime.so.1.25.0",
            "venv/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime.so.1.31.0",
            "venv/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime_providers_shared.so",
            "lib/libonnxruntime.so",
            "lib/libonnx.so",
        ] {
            touch(&at(file));
        }
        let places = Places {
            given: Some(at("given.so")),
            variable: Some(at("lib/libonnxruntime.so")),
            installed: Some(at("runtime")),
            packaged: packaged_folder(&at("usr/bin/seedgrade")),
            python_roots: vec![at("venv"), at("nowhere")],
            library_folders: vec![at("lib"), at("nowhere")],
        };
        let expected = [
            (Origin::Given, "given.so"),
            (Origin::Variable, "lib/libonnxruntime.so"),
            (Origin::Installed, pinned.as_str()),
            (Origin::Installed, "runtime/1.40.0/libonnxruntime.so.1.40.0"),
            (Origin::Installed, "runtime/1.9.0/libonnxruntime.so.1.9.0"),
            (
                Origin::Packaged,
                "usr/lib/seedgrade/runtime/1.31.0/libonnxruntime.so.1.31.0",
            ),
            (
                Origin::Python,
                "venv/lib/python3.12/site-packages/onnxruntime/capi/libonnxruntime.so.1.31.0",
            ),
            (
                Origin::Python,
                "venv/lib/python3.9/site-packages/onnxruntime/capi/libonnxruntime.so.1.25.0",
            ),
        ];
        let expected: Vec<_> = expected
            .map(|(origin, path)| Candidate {
                path: at(path),
                origin,
            })
            .into();
        assert_eq!(places.candidates(), expected);
    }
}
