//! Embeds the browser bundle (`ops bundle` puts it in `<target>/web`), and names the build.
//!
//! Without a bundle the server still builds; its pages then say how to get them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    println!("cargo::rerun-if-env-changed=PANTAU_WEB");
    // OUT_DIR is <target>/<profile>/build/<package>/out.
    let web = env::var_os("PANTAU_WEB")
        .map(PathBuf::from)
        .or_else(|| Some(out.ancestors().nth(4)?.join("web")))
        .unwrap_or_default();
    println!("cargo::rerun-if-changed={}", web.display());

    let mut files = Vec::new();
    for dir in [web.clone(), web.join("assets")] {
        let Ok(entries) = fs::read_dir(dir) else { continue };
        files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_file()));
    }
    files.sort();

    let mut code = String::from("pub(crate) static ASSETS: &[Asset] = &[\n");
    let mut sum = 0xcbf2_9ce4_8422_2325;
    for path in files.iter().filter(|path| content_type(path).is_some()) {
        println!("cargo::rerun-if-changed={}", path.display());
        let bytes = fs::read(path).expect("a file that was just listed");
        let tag = fnv(0xcbf2_9ce4_8422_2325, &bytes);
        sum = fnv(sum, &tag.to_le_bytes());
        let name = path.strip_prefix(&web).unwrap_or(path).display().to_string();
        writeln!(
            code,
            "    Asset {{ path: {name:?}, content_type: {:?}, bytes: include_bytes!({path:?}), gzip: {}, brotli: {}, etag: {:?} }},",
            content_type(path).unwrap_or_default(),
            sibling(path, ".gz"),
            sibling(path, ".br"),
            format!("\"{tag:016x}\""),
        )
        .expect("a String takes everything");
    }
    code.push_str("];\n");
    fs::write(out.join("assets.rs"), code).expect("OUT_DIR can be written");
    // The build's name changes with the pages, so that an open wall knows when to load the new ones.
    println!("cargo::rustc-env=PANTAU_BUILD={}-{sum:016x}", env!("CARGO_PKG_VERSION"));
}

/// The compressed form of a file, where the bundle has it.
fn sibling(path: &Path, extension: &str) -> String {
    let mut name = path.as_os_str().to_owned();
    name.push(extension);
    if Path::new(&name).is_file() { format!("Some(include_bytes!({name:?}))") } else { "None".to_owned() }
}

fn content_type(path: &Path) -> Option<&'static str> {
    Some(match path.extension()?.to_str()? {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "json" => "application/json",
        _ => return None,
    })
}

fn fnv(mut sum: u64, bytes: &[u8]) -> u64 {
    for byte in bytes {
        sum = (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    sum
}
