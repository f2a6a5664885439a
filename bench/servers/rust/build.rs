//! The drivers of the small benchmarks are those of bench/micro, in C: they are compiled here and linked with the half
//! that is a library's, so that all libraries are measured by the same code.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const PROGRAMS: [&str; 5] = ["dispatch-mio", "register-mio", "timers-tokio", "wake-mio", "wake-tokio"];

fn compile(source: &str, root: &Path, object: &Path) {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let status = Command::new(&compiler)
        .args(["-std=c11", "-O2", "-D_GNU_SOURCE", "-c", "-I"])
        .arg(root)
        .arg(root.join(source))
        .arg("-o")
        .arg(object)
        .status();
    assert!(status.map_or(false, |status| status.success()), "{compiler} does not compile {source}");
}

fn main() {
    let root = fs::canonicalize("../../..").expect("this package stands in bench/servers of rdy");
    let folder = env::var("OUT_DIR").expect("cargo says where to write");
    println!("cargo:rerun-if-changed={}", root.join("bench/micro").display());
    for program in PROGRAMS {
        let measure = program.split('-').next().expect("a name begins with its measure");
        for name in ["micro", measure] {
            let object = Path::new(&folder).join(format!("{name}.o"));
            compile(&format!("bench/micro/{name}.c"), &root, &object);
            println!("cargo:rustc-link-arg-bin={program}={}", object.display());
        }
    }
}
