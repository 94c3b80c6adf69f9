//! A backup is one state of the store, and only what was made can be taken back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pantau_schemas::hash::Hash;
use pantau_schemas::ids::CityCode;
use pantau_store::{BackupError, Manifest, Replace, Settings, Sqlite, Store, StoreError};
use sqlx::{Connection as _, SqliteConnection};
use tempfile::TempDir;
use tokio::sync::watch;

use crate::conformance::scribe::{NOON, Scribe, everything};

fn city() -> CityCode {
    CityCode::new("metro").unwrap()
}

async fn open(path: &Path) -> Sqlite {
    Sqlite::open(path, &city(), &Settings::default()).await.unwrap()
}

async fn back_up(path: &Path, to: &Path) -> Result<Manifest, BackupError> {
    Sqlite::backup(path, &city(), to, NOON, "test").await
}

async fn restore(
    from: &Path,
    path: &Path,
    replace: Replace,
) -> Result<(Manifest, Option<PathBuf>), BackupError> {
    Sqlite::restore(from, path, &city(), replace, NOON).await
}

/// A closed store of a few batches, and its backup.
struct Kept {
    dir: TempDir,
    manifest: Manifest,
    digest: Hash,
}

impl Kept {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pantau.db");
        let store = open(&path).await;
        let mut scribe = Scribe::default();
        for _ in 0..3 {
            store.commit(&everything(&mut scribe)).await.unwrap();
        }
        store.close().await;
        let manifest = back_up(&path, &dir.path().join("kept.db")).await.unwrap();
        Self { manifest, digest: scribe.world.digest(), dir }
    }

    fn copy(&self) -> PathBuf {
        self.dir.path().join("kept.db")
    }

    fn target(&self) -> PathBuf {
        self.dir.path().join("elsewhere/pantau.db")
    }

    fn say(&self, manifest: &Manifest) {
        std::fs::write(Manifest::beside(&self.copy()), serde_json::to_string(manifest).unwrap()).unwrap();
    }

    /// The restore is refused, and leaves nothing behind.
    async fn refused(&self, what: &str) -> BackupError {
        let error = restore(&self.copy(), &self.target(), Replace::Never).await.expect_err(what);
        let left: Vec<_> = std::fs::read_dir(self.target().parent().unwrap())
            .map(|files| files.map(|file| file.unwrap().file_name()).collect())
            .unwrap_or_default();
        assert!(left.iter().all(|name| name == "pantau.db.lock"), "{what} left {left:?}");
        error
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_one_state_of_the_store() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pantau.db");
    let store = open(&path).await;
    let (copies, mut committed) = (dir.path().join("copies"), watch::channel(0));
    std::fs::create_dir(&copies).unwrap();
    let (stop, mut stopped) = watch::channel(false);
    let writer = async {
        let mut scribe = Scribe::default();
        let mut digests = BTreeMap::from([(0, scribe.world.digest())]);
        while !*stopped.borrow_and_update() {
            store.commit(&everything(&mut scribe)).await.unwrap();
            digests.insert(scribe.world.seq.0, scribe.world.digest());
            committed.0.send_replace(digests.len());
        }
        digests
    };
    let keeper = async {
        let mut manifests = Vec::new();
        for n in 0..4 {
            committed.1.wait_for(|count| *count > 5 * (n + 1)).await.unwrap();
            let to = copies.join(format!("{n}.db"));
            manifests.push((back_up(&path, &to).await.unwrap(), to));
        }
        stop.send_replace(true);
        manifests
    };
    let (digests, manifests) = tokio::join!(writer, keeper);
    store.close().await;
    for (manifest, copy) in manifests {
        let target = dir.path().join("restored").join(copy.file_name().unwrap());
        let (again, aside) = restore(&copy, &target, Replace::Never).await.unwrap();
        assert_eq!((&again, aside), (&manifest, None));
        let restored = open(&target).await;
        let recovered = restored.recover().await.unwrap();
        assert_eq!(
            Some(&recovered.world.digest()),
            digests.get(&manifest.entries),
            "no batch is in it by half"
        );
        assert_eq!(restored.verify(|_| ()).await.unwrap().head, manifest.head);
        assert_eq!(recovered.totals[0].received, manifest.entries, "the sum is of the same state");
        assert_eq!(recovered.inbox.len() as u64, manifest.counts.events);
        restored.close().await;
    }
}

#[tokio::test]
async fn one_changed_byte_is_refused_wherever_it_is() {
    let kept = Kept::new().await;
    let whole = std::fs::read(kept.copy()).unwrap();
    for place in [0, 19, 4_096, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        std::fs::write(kept.copy(), damaged).unwrap();
        let error = kept.refused("a flipped bit").await;
        assert!(matches!(error, BackupError::Damaged { .. }), "{place}: {error:?}");
    }
    for cut in [&whole[..whole.len() - 1], &whole[..whole.len() / 2], &[]] {
        std::fs::write(kept.copy(), cut).unwrap();
        let error = kept.refused("cut off").await;
        assert!(matches!(error, BackupError::Damaged { .. }), "{error:?}");
    }
    std::fs::write(kept.copy(), &whole).unwrap();
    let text = std::fs::read_to_string(Manifest::beside(&kept.copy())).unwrap();
    for text in ["", "{}", &text[..text.len() / 2]] {
        std::fs::write(Manifest::beside(&kept.copy()), text).unwrap();
        let error = kept.refused("a broken manifest").await;
        assert!(matches!(error, BackupError::Manifest { .. }), "{error:?}");
    }
    std::fs::remove_file(Manifest::beside(&kept.copy())).unwrap();
    assert!(matches!(kept.refused("no manifest").await, BackupError::File { .. }));
}

#[tokio::test]
async fn a_backup_that_contradicts_its_manifest_or_comes_from_elsewhere_is_refused() {
    let kept = Kept::new().await;
    let said = kept.manifest.clone();
    kept.say(&Manifest { format: 2, ..said.clone() });
    assert!(matches!(kept.refused("a newer form").await, BackupError::Newer(2)));
    kept.say(&Manifest { city: CityCode::new("depok").unwrap(), ..said.clone() });
    assert!(matches!(kept.refused("another city").await, BackupError::City { .. }));
    kept.say(&Manifest { entries: said.entries - 1, ..said.clone() });
    assert!(matches!(kept.refused("another end").await, BackupError::Head));
    kept.say(&Manifest { schema: said.schema + 1, ..said.clone() });
    assert!(matches!(kept.refused("another schema").await, BackupError::Schema { .. }));

    // Somebody who can write a manifest cannot write a journal.
    for (sql, newer) in [
        ("UPDATE journal SET text = replace(text, 'sms', 'web') WHERE seq = 1", false),
        ("INSERT INTO _sqlx_migrations VALUES (9000, 'later', '2030-01-01', 1, x'00', 1)", true),
    ] {
        let copy = kept.copy().display().to_string();
        let mut conn = SqliteConnection::connect(&copy).await.unwrap();
        sqlx::query("DROP TRIGGER IF EXISTS journal_is_never_changed").execute(&mut conn).await.unwrap();
        sqlx::query(sql).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
        let bytes = std::fs::read(kept.copy()).unwrap();
        let sha256 = Hash::of(&bytes);
        kept.say(&Manifest { bytes: bytes.len() as u64, sha256, ..said.clone() });
        let error = kept.refused(sql).await;
        let wanted = match &error {
            BackupError::Store(StoreError::Broken(broken)) => !newer && broken.seq.0 == 1,
            BackupError::Store(StoreError::Newer { found: 9000, .. }) => newer,
            _ => false,
        };
        assert!(wanted, "{sql}: {error:?}");
        // The next one begins with a whole journal.
        let path = kept.dir.path().join("pantau.db");
        std::fs::remove_file(kept.copy()).unwrap();
        std::fs::remove_file(Manifest::beside(&kept.copy())).unwrap();
        back_up(&path, &kept.copy()).await.unwrap();
    }
}

#[tokio::test]
async fn a_city_is_put_aside_and_never_overwritten() {
    let kept = Kept::new().await;
    let store = open(&kept.target()).await;
    let mut other = Scribe::default();
    store.commit(&everything(&mut other)).await.unwrap();
    store.commit(&everything(&mut other)).await.unwrap();
    let error = restore(&kept.copy(), &kept.target(), Replace::PutAside).await.unwrap_err();
    assert!(matches!(error, BackupError::Store(StoreError::InUse(_))), "a server runs: {error:?}");
    // Killed: its log is still beside the file.
    drop(store);
    let refused = async |replace| restore(&kept.copy(), &kept.target(), replace).await;
    let error = loop {
        match refused(Replace::Never).await.unwrap_err() {
            BackupError::Store(StoreError::InUse(_)) => tokio::task::yield_now().await,
            other => break other,
        }
    };
    assert!(matches!(error, BackupError::HasData(_)), "{error:?}");
    let (_, aside) = refused(Replace::PutAside).await.unwrap();
    let aside = aside.unwrap();
    assert!(aside.ends_with("pantau.db.before-20261122T041109Z"), "{}", aside.display());
    for (path, digest) in [(kept.target(), kept.digest), (aside, other.world.digest())] {
        let store = open(&path).await;
        assert_eq!(store.recover().await.unwrap().world.digest(), digest, "{}", path.display());
        store.close().await;
    }
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_is_for_its_owner_alone() {
    let kept = Kept::new().await;
    let path = kept.dir.path().join("pantau.db");
    let error = back_up(&path, &kept.copy()).await.unwrap_err();
    assert!(matches!(error, BackupError::Exists(_)), "{error:?}");
    // What a killed one left is no hindrance.
    let next = kept.dir.path().join("next.db");
    std::fs::write(kept.dir.path().join("next.db.part"), "half").unwrap();
    back_up(&path, &next).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&next).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let nothing = kept.dir.path().join("nothing.db");
    let error = back_up(&nothing, &kept.dir.path().join("of-nothing.db")).await.unwrap_err();
    assert!(matches!(error, BackupError::Store(StoreError::Unavailable(_))), "{error:?}");
    let left: Vec<_> =
        std::fs::read_dir(kept.dir.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("of-nothing")), "{left:?}");
    assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{left:?}");
}
