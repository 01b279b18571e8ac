//! A disk that loses what was not synced when the power goes.
//!
//! It does what POSIX leaves a disk free to do: the bytes of a file are kept as they were when the file was last synced, a
//! name in a folder as it was when the folder was last synced. Syncing a file does not keep its name.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use super::trace::Deed;

/// What the disk makes of syncs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syncs {
    /// It obeys all of them.
    All,
    /// As if nobody synced files: to show that a test sees it.
    NoneOfFiles,
    /// As if nobody synced folders: likewise.
    NoneOfFolders,
}

/// Which names are there after the power has gone; both happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Only those whose folder was synced.
    Synced,
    /// All: the disk wrote names of its own accord, and not the bytes.
    All,
}

#[derive(Debug, Clone, Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    File(usize),
    Folder,
}

#[derive(Debug)]
struct Opened {
    path: PathBuf,
    node: Node,
    at: usize,
    append: bool,
}

/// The disk under one folder.
pub struct Disk {
    root: PathBuf,
    syncs: Syncs,
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, Node>,
    synced_names: BTreeMap<PathBuf, Node>,
    opened: HashMap<i64, Opened>,
    /// Lines that the process printed.
    pub said: String,
}

impl Disk {
    /// An empty one, all that will lie under `root`.
    pub fn new(root: &Path, syncs: Syncs) -> Self {
        Self {
            root: root.to_owned(),
            syncs,
            contents: Vec::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            opened: HashMap::new(),
            said: String::new(),
        }
    }

    /// Does what a process did; true where a moment follows at which the power may go with another outcome than before.
    pub fn follow(&mut self, deed: &Deed) -> bool {
        match deed {
            Deed::Open {
                path,
                file,
                create,
                truncate,
                append,
            } => {
                self.open(path, *file, *create, *truncate, *append);
                false
            }
            Deed::Close { file } => {
                self.opened.remove(file);
                false
            }
            Deed::Write { file: 1 | 2, bytes } => {
                self.said += &String::from_utf8_lossy(bytes);
                true
            }
            Deed::Write { file, bytes } => {
                let Some(opened) = self.opened.get(file) else {
                    return false;
                };
                let Node::File(content) = opened.node else {
                    return false;
                };
                let at = if opened.append {
                    self.contents[content].now.len()
                } else {
                    opened.at
                };
                self.write(*file, bytes, at);
                if let Some(opened) = self.opened.get_mut(file) {
                    opened.at = at + bytes.len();
                }
                true
            }
            Deed::WriteAt { file, bytes, at } => {
                self.write(*file, bytes, *at);
                true
            }
            Deed::SetLength { file, length } => {
                if let Some(content) = self.content(*file) {
                    content.now.resize(*length, 0);
                }
                true
            }
            Deed::Seek { file, to } => {
                if let Some(opened) = self.opened.get_mut(file) {
                    opened.at = *to;
                }
                false
            }
            Deed::Sync { file } => {
                self.sync(*file);
                true
            }
            Deed::Rename { from, to } => {
                if let Some(node) = self.names.remove(from) {
                    self.names.insert(to.clone(), node);
                }
                true
            }
            Deed::Remove { path } => {
                self.names.remove(path);
                true
            }
            Deed::MakeFolder { path } => {
                if path.starts_with(&self.root) {
                    self.names.insert(path.clone(), Node::Folder);
                }
                true
            }
        }
    }

    fn open(&mut self, path: &Path, file: i64, create: bool, truncate: bool, append: bool) {
        if !path.starts_with(&self.root) {
            return;
        }
        let node = match self.names.get(path) {
            Some(node) => *node,
            None if create => {
                self.contents.push(Content::default());
                let node = Node::File(self.contents.len() - 1);
                self.names.insert(path.to_owned(), node);
                node
            }
            None => Node::Folder,
        };
        if let (Node::File(content), true) = (node, truncate) {
            self.contents[content].now.clear();
        }
        let opened = Opened {
            path: path.to_owned(),
            node,
            at: 0,
            append,
        };
        self.opened.insert(file, opened);
    }

    fn content(&mut self, file: i64) -> Option<&mut Content> {
        match self.opened.get(&file)?.node {
            Node::File(content) => self.contents.get_mut(content),
            Node::Folder => None,
        }
    }

    fn write(&mut self, file: i64, bytes: &[u8], at: usize) {
        if let Some(content) = self.content(file) {
            let end = at + bytes.len();
            if content.now.len() < end {
                content.now.resize(end, 0);
            }
            content.now[at..end].copy_from_slice(bytes);
        }
    }

    fn sync(&mut self, file: i64) {
        let Some(opened) = self.opened.get(&file) else {
            return;
        };
        match opened.node {
            Node::File(content) if self.syncs != Syncs::NoneOfFiles => {
                let content = &mut self.contents[content];
                content.synced.clone_from(&content.now);
            }
            Node::Folder if self.syncs != Syncs::NoneOfFolders => {
                let folder = opened.path.clone();
                let within = |path: &PathBuf| path.parent() == Some(&folder);
                self.synced_names.retain(|path, _| !within(path));
                let now = self.names.iter().filter(|(path, _)| within(path));
                self.synced_names
                    .extend(now.map(|(path, node)| (path.clone(), *node)));
            }
            Node::File(_) | Node::Folder => {}
        }
    }

    /// What is found under another folder when the power is back.
    pub fn after_power_loss(&self, names: Names, found: &Path) {
        let there = match names {
            Names::Synced => &self.synced_names,
            Names::All => &self.names,
        };
        // Folders come before what lies in them; what lies in a folder that is lost is lost.
        for (path, node) in there {
            let place = found.join(path.strip_prefix(&self.root).unwrap());
            match node {
                Node::Folder if place.parent().is_some_and(Path::exists) => {
                    fs::create_dir(&place).unwrap();
                }
                Node::File(content) if place.parent().is_some_and(Path::exists) => {
                    fs::write(&place, &self.contents[*content].synced).unwrap();
                }
                Node::File(_) | Node::Folder => {}
            }
        }
    }
}
