//! What a process did to files, as `strace` recorded it.

use std::collections::HashMap;
use std::path::PathBuf;

/// The system calls that the record holds: all by which a process alters files, names them or has them on the disk.
pub const CALLS: &str = "trace=open,openat,creat,close,dup,dup2,dup3,lseek,write,writev,pwrite64,pwritev,pwritev2,\
                         truncate,ftruncate,fallocate,copy_file_range,sendfile,fsync,fdatasync,sync_file_range,rename,renameat,\
                         renameat2,link,linkat,symlink,unlink,unlinkat,rmdir,mkdir,mkdirat";

/// Something that a process did and the system took.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    Open {
        path: PathBuf,
        file: i64,
        create: bool,
        truncate: bool,
        append: bool,
    },
    Close {
        file: i64,
    },
    /// At the place where the file is read and written.
    Write {
        file: i64,
        bytes: Vec<u8>,
    },
    WriteAt {
        file: i64,
        bytes: Vec<u8>,
        at: usize,
    },
    SetLength {
        file: i64,
        length: usize,
    },
    Seek {
        file: i64,
        to: usize,
    },
    Sync {
        file: i64,
    },
    Rename {
        from: PathBuf,
        to: PathBuf,
    },
    Remove {
        path: PathBuf,
    },
    MakeFolder {
        path: PathBuf,
    },
}

/// Reads a record; calls that failed changed nothing and are left out.
///
/// A call that another thread interrupted stands in two lines: it is taken to have happened when it returned, so that no
/// sync is believed before it was over.
pub fn deeds(record: &str) -> Vec<Deed> {
    let mut begun: HashMap<&str, String> = HashMap::new();
    let mut deeds = Vec::new();
    for line in record.lines() {
        let (thread, call) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let call = call.trim_start();
        if let Some(start) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, start.to_owned());
            continue;
        }
        let whole = match call
            .strip_prefix("<... ")
            .and_then(|c| c.split_once(" resumed>"))
        {
            Some((_, rest)) => begun.remove(thread).unwrap_or_default() + rest,
            None => call.to_owned(),
        };
        deeds.extend(deed(&whole));
    }
    deeds
}

fn deed(call: &str) -> Option<Deed> {
    let (name, rest) = call.split_once('(')?;
    let (arguments, returned) = rest.rsplit_once(") ")?;
    let returned = returned.trim_start().strip_prefix("= ")?;
    let returned: i64 = returned.split(' ').next()?.parse().ok()?;
    if returned < 0 {
        return None;
    }
    let arguments: Vec<&str> = arguments.split(", ").collect();
    let path = |i: usize| PathBuf::from(String::from_utf8(bytes(arguments[i])).unwrap());
    let number = |i: usize| -> i64 { arguments[i].parse().unwrap() };
    let taken = |i: usize| {
        let mut bytes = bytes(arguments[i]);
        bytes.truncate(returned as usize);
        bytes
    };
    let opened = |place: usize, flags: &str| Deed::Open {
        path: path(place),
        file: returned,
        create: flags.contains("O_CREAT"),
        truncate: flags.contains("O_TRUNC"),
        append: flags.contains("O_APPEND"),
    };
    Some(match name {
        "open" => opened(0, arguments[1]),
        "openat" if arguments[0] == "AT_FDCWD" => opened(1, arguments[2]),
        "creat" => opened(0, "O_CREAT|O_TRUNC"),
        "close" => Deed::Close { file: number(0) },
        "write" => Deed::Write {
            file: number(0),
            bytes: taken(1),
        },
        "pwrite64" => Deed::WriteAt {
            file: number(0),
            bytes: taken(1),
            at: number(3) as usize,
        },
        "ftruncate" => Deed::SetLength {
            file: number(0),
            length: number(1) as usize,
        },
        "lseek" => Deed::Seek {
            file: number(0),
            to: returned as usize,
        },
        "fsync" | "fdatasync" => Deed::Sync { file: number(0) },
        "rename" => Deed::Rename {
            from: path(0),
            to: path(1),
        },
        "renameat" | "renameat2" => Deed::Rename {
            from: path(1),
            to: path(3),
        },
        "unlink" | "rmdir" => Deed::Remove { path: path(0) },
        "unlinkat" if arguments[0] == "AT_FDCWD" => Deed::Remove { path: path(1) },
        "mkdir" => Deed::MakeFolder { path: path(0) },
        // What this reader has no words for must not pass for nothing.
        other => panic!("the record holds a call that is not understood: {other}: {call:.200}"),
    })
}

/// `"\x2f\x74"` as strace prints strings with `-xx`.
fn bytes(printed: &str) -> Vec<u8> {
    assert!(!printed.ends_with("..."), "strace cut a string short");
    let digits = printed.trim_matches('"').split("\\x").skip(1);
    digits
        .map(|digits| u8::from_str_radix(digits, 16).unwrap())
        .collect()
}
