//! The release that `install` puts in place, and the sha256 of its files.

/// The release of ONNX Runtime.
pub const VERSION: &str = "1.31.1";

/// A file and its sha256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin {
    /// The file's name or, for a library, the architecture as `std::env::consts::ARCH` names it.
    pub name: &'static str,
    /// Its sha256.
    pub sha256: &'static str,
}

/// The wheels of the release for Linux: one a Python version, all with the same library.
pub const WHEELS: [Pin; 8] = [
    Pin {
        name: "onnxruntime-1.31.1-cp311-cp311-manylinux_2_28_x86_64.whl",
        sha256: "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f",
    },
    Pin {
        name: "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl",
        sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
    },
    Pin {
        name: "onnxruntime-1.31.1-cp313-cp313-manylinux_2_28_x86_64.whl",
        sha256: "74a6a52994616c4d18b33db1e13c226333a70a6ba07480a5cab9c2a50dff1430",
    },
    Pin {
        name: "onnxruntime-1.31.1-cp314-cp314-manylinux_2_28_x86_64.whl",
        sha256: "c20d7f15d84427db070b163f78c2c7146cc93edd6113fa7327671259a24184fe",
    },
    Pin {
        name: "onnxruntime-1.31.1-cp311-cp311-manylinux_2_28_aarch64.whl",
        sha256: "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3",
    },
    Pin {
        name: "onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_aarch64.whl",
        sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
    },
    Pin {
        name: "onnxruntime-1.31.1-cp313-cp313-manylinux_2_28_aarch64.whl",
        sha256: "dcaedc50333876f3829ab966b242147f0e548229e29c36fe44622ecf748c25ee",
    },
    Pin {
        name: "onnxruntime-1.31.1-cp314-cp314-manylinux_2_28_aarch64.whl",
        sha256: "c878686b75cade1ed59131aa018ab004b1e64368b0d54041912450b9642cf04f",
    },
];

/// The library in these wheels, one an architecture: a wheel for another Python version passes by it.
pub const LIBRARIES: [Pin; 2] = [
    Pin {
        name: "x86_64",
        sha256: "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    },
    Pin {
        name: "aarch64",
        sha256: "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    },
];
