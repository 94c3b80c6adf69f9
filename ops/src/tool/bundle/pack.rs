//! Binding the WebAssembly to JavaScript, collecting the static files, compressing, writing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, ensure};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, GzBuilder};
use wasm_bindgen_cli_support::Bindgen;

use super::compile::{Modules, Speed};
use super::manifest::{File, Manifest, content_type, sha256};

/// The document that every page is made from, below the front end's folder.
const DOCUMENT: &str = "page.html";
/// What stands in it for the page's name.
const PLACE: &str = "{page}";
/// What a module is called that has a document of its own.
const PAGE: &str = "page-";

/// The files of a bundle by their path in it, in order.
type Files = BTreeMap<String, Vec<u8>>;

/// One line that changes whenever anything the bundle is made from changes.
///
/// # Errors
/// When a file cannot be read.
pub fn inputs(frontend: &Path, modules: &Modules, speed: Speed) -> anyhow::Result<String> {
    let mut all = collect(frontend, modules)?;
    for (name, wasm) in modules {
        all.insert(format!("wasm {name}"), read(wasm)?);
    }
    all.insert(String::from("speed"), speed.web_profile().as_bytes().to_vec());
    all.insert(String::from("tool"), env!("CARGO_PKG_VERSION").as_bytes().to_vec());
    Ok(digest(&all))
}

/// Makes the bundle in `out`, replacing what was there.
///
/// # Errors
/// When a module cannot be bound, or a file cannot be read or written.
pub fn pack(
    frontend: &Path,
    modules: &Modules,
    speed: Speed,
    inputs: String,
    out: &Path,
) -> anyhow::Result<Manifest> {
    let mut files = collect(frontend, modules)?;
    for (name, wasm) in modules {
        bind(name, wasm, speed, &mut files)?;
    }
    let build: String = digest(&files).chars().take(16).collect();
    write(&files, speed, build, inputs, out)
}

/// The static files: the pages' documents at the root, everything else below `assets/`.
fn collect(frontend: &Path, modules: &Modules) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let document = String::from_utf8(read(&frontend.join(DOCUMENT))?).context("the document is not UTF-8")?;
    for page in modules.keys().filter_map(|name| name.strip_prefix(PAGE)) {
        files.insert(format!("{page}.html"), document.replace(PLACE, page).into_bytes());
    }
    add_below(&frontend.join("assets"), "assets", &mut files)?;
    add_below(&frontend.join("style"), "assets", &mut files)?;
    Ok(files)
}

/// Adds every file below a folder, if there is such a folder.
fn add_below(folder: &Path, path: &str, files: &mut Files) -> anyhow::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let entry = entry.with_context(|| format!("failed to list {}", folder.display()))?;
        let name = entry.file_name().into_string().ok().context("a file name is not UTF-8")?;
        let below = format!("{path}/{name}");
        if entry.path().is_dir() {
            add_below(&entry.path(), &below, files)?;
        } else {
            let taken = files.insert(below.clone(), read(&entry.path())?);
            ensure!(taken.is_none(), "two files want to be {below}");
        }
    }
    Ok(())
}

/// Runs wasm-bindgen on a module and adds what it makes: `assets/{name}.js`, `assets/{name}_bg.wasm`.
fn bind(name: &str, wasm: &Path, speed: Speed, files: &mut Files) -> anyhow::Result<()> {
    let staging = tempfile::tempdir().context("failed to make a temporary folder")?;
    let names = speed == Speed::Quick;
    Bindgen::new()
        .input_path(wasm)
        .out_name(name)
        .web(true)
        .and_then(|bindgen| {
            bindgen
                .typescript(false)
                .demangle(names)
                .remove_name_section(!names)
                .remove_producers_section(true)
                .generate(staging.path())
        })
        .with_context(|| format!("failed to bind {name} to JavaScript"))?;
    add_below(staging.path(), "assets", files)
}

/// Writes every file and its compressed siblings; the manifest last, so that it never promises too much.
fn write(files: &Files, speed: Speed, build: String, inputs: String, out: &Path) -> anyhow::Result<Manifest> {
    if out.exists() {
        std::fs::remove_dir_all(out).with_context(|| format!("failed to empty {}", out.display()))?;
    }
    let mut listed = Vec::with_capacity(files.len());
    for (path, bytes) in files {
        let zipped = gzip(bytes).with_context(|| format!("failed to compress {path}"))?;
        save(&out.join(path), bytes)?;
        save(&out.join(format!("{path}.gz")), &zipped)?;
        let brotli_size = match speed {
            Speed::Optimised => {
                let smaller = brotli(bytes).with_context(|| format!("failed to compress {path}"))?;
                save(&out.join(format!("{path}.br")), &smaller)?;
                Some(length(&smaller)?)
            }
            Speed::Quick => None,
        };
        listed.push(File {
            path: path.clone(),
            content_type: content_type(path).to_owned(),
            size: length(bytes)?,
            gzip_size: length(&zipped)?,
            brotli_size,
            sha256: sha256(bytes),
        });
    }
    let manifest = Manifest { build, inputs, files: listed };
    let text = serde_json::to_vec_pretty(&manifest).context("failed to write the manifest")?;
    save(&out.join(super::MANIFEST), &text)?;
    Ok(manifest)
}

/// Compressed without a name or a time, so that the same bytes come out every day.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// A quarter smaller than gzip, and worth its seconds only for what is shipped. Browsers take it over https and from
/// their own machine.
fn brotli(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packed = Vec::new();
    let best = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut packed, &best)?;
    Ok(packed)
}

/// A digest over paths, lengths and contents, in order.
fn digest(files: &Files) -> String {
    let lines: String =
        files.iter().map(|(path, bytes)| format!("{} {} {path}\n", sha256(bytes), bytes.len())).collect();
    sha256(lines.as_bytes())
}

fn length(bytes: &[u8]) -> anyhow::Result<u64> {
    u64::try_from(bytes.len()).context("a file is too long")
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))
}

fn save(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    std::fs::write(path, bytes).with_context(|| format!("failed to write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;
    use std::path::PathBuf;

    fn modules(names: &[&str]) -> Modules {
        names.iter().map(|name| (String::from(*name), PathBuf::from("no.wasm"))).collect()
    }

    fn page(folder: &Path) -> Files {
        std::fs::create_dir_all(folder.join("assets/icons")).unwrap();
        std::fs::create_dir_all(folder.join("style")).unwrap();
        std::fs::write(folder.join("page.html"), "<title>Pantau {page}</title>").unwrap();
        std::fs::write(folder.join("assets/icons/camera.svg"), "<svg/>").unwrap();
        std::fs::write(folder.join("style/tokens.css"), ":root{}").unwrap();
        collect(folder, &modules(&["page-wall", "worker-media"])).unwrap()
    }

    #[test]
    fn the_server_finds_every_file_with_its_compressed_sibling() {
        let folder = tempfile::tempdir().unwrap();
        let files = page(folder.path());
        let out = folder.path().join("web");
        let manifest = write(&files, Speed::Optimised, String::from("1"), String::from("2"), &out).unwrap();
        let paths: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["assets/icons/camera.svg", "assets/tokens.css", "wall.html"]);
        let document = std::fs::read_to_string(out.join("wall.html")).unwrap();
        assert_eq!(document, "<title>Pantau wall</title>", "a page's document names its module");
        for path in paths {
            let mut text = Vec::new();
            let zipped = std::fs::File::open(out.join(format!("{path}.gz"))).unwrap();
            flate2::read::GzDecoder::new(zipped).read_to_end(&mut text).unwrap();
            assert_eq!(text, std::fs::read(out.join(path)).unwrap());
            let packed = std::fs::read(out.join(format!("{path}.br"))).unwrap();
            let mut text = Vec::new();
            brotli::BrotliDecompress(&mut packed.as_slice(), &mut text).unwrap();
            assert_eq!(text, std::fs::read(out.join(path)).unwrap());
        }
        assert!(manifest.is_whole(&out));
        assert_eq!(Manifest::read(&out.join("manifest.json")), Some(manifest.clone()));
        std::fs::write(out.join("wall.html"), "torn").unwrap();
        assert!(!manifest.is_whole(&out), "a damaged bundle is taken for a good one");
    }

    #[test]
    fn the_same_sources_make_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let files = page(folder.path());
        let (one, two) = (folder.path().join("one"), folder.path().join("two"));
        write(&files, Speed::Quick, String::from("1"), String::from("2"), &one).unwrap();
        write(&files, Speed::Quick, String::from("1"), String::from("2"), &two).unwrap();
        for path in ["manifest.json", "wall.html.gz", "assets/tokens.css.gz"] {
            assert_eq!(
                std::fs::read(one.join(path)).unwrap(),
                std::fs::read(two.join(path)).unwrap(),
                "{path}"
            );
        }
    }

    #[test]
    fn a_file_of_the_same_name_in_two_folders_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        page(folder.path());
        std::fs::write(folder.path().join("assets/tokens.css"), "other").unwrap();
        assert!(collect(folder.path(), &modules(&[])).is_err());
    }
}
