//! Why a command was not carried out, for the person who gave it, in her language.

use axum::http::StatusCode;
use pantau_schemas::command::{CommandError, KINDS, Reason, Refusal};
use pantau_schemas::toml_reader::nearest;
use pantau_schemas::wall::{
    LayoutError, MAX_CAMERAS, MAX_SHOTS, MAX_SIDE, MAX_STEPS, MOVING_STOP, TourError,
};

use super::language::Language;
use super::problem::Problem;

/// The problem that a refusal is; `/command` holds the command.
pub(crate) fn refused(refusal: Refusal, language: Language) -> Problem {
    let status = match refusal.reason {
        Reason::Conflict => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let pointer = match refusal.reason {
        Reason::Conflict => "/id".to_owned(),
        _ => format!("/command{}", refusal.place),
    };
    let detail = match language {
        Language::En => english(refusal.reason),
        Language::Id => indonesian(refusal.reason),
    };
    Problem::new(status, refusal.reason.word(), &detail).at(&pointer).in_language(language)
}

/// The problem that an unreadable command is.
pub(crate) fn unreadable(error: &CommandError, language: Language) -> Problem {
    let (kind, pointer, detail) = match (error, language) {
        (CommandError::NoKind, Language::En) => {
            ("command", String::new(), "a command is an object with a `kind`".to_owned())
        }
        (CommandError::NoKind, Language::Id) => {
            ("command", String::new(), "perintah adalah objek dengan `kind`".to_owned())
        }
        (CommandError::UnknownKind(kind), _) => {
            let meant = nearest(kind, KINDS);
            let detail = match (language, meant) {
                (Language::En, Some(meant)) => {
                    format!("there is no command `{kind}`; did you mean `{meant}`?")
                }
                (Language::En, None) => format!("there is no command `{kind}`"),
                (Language::Id, Some(meant)) => {
                    format!("tidak ada perintah `{kind}`; maksudnya `{meant}`?")
                }
                (Language::Id, None) => format!("tidak ada perintah `{kind}`"),
            };
            ("unknown-kind", "/kind".to_owned(), detail)
        }
        (CommandError::Malformed { pointer, detail }, Language::En) => {
            ("command", pointer.clone(), detail.clone())
        }
        (CommandError::Malformed { pointer, detail }, Language::Id) => {
            ("command", pointer.clone(), format!("tidak dapat dibaca: {detail}"))
        }
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, kind, &detail)
        .at(&format!("/command{pointer}"))
        .in_language(language)
}

fn english(reason: Reason) -> String {
    // The words of the reasons themselves are English.
    reason.to_string()
}

fn indonesian(reason: Reason) -> String {
    match reason {
        Reason::Conflict => "perintah dengan id ini sudah dijalankan, dan isinya lain".to_owned(),
        Reason::UnknownScreen => "layar ini tidak ada".to_owned(),
        Reason::ScreenExists => "layar dengan id ini sudah ada".to_owned(),
        Reason::TooManyScreens => "jumlah layar sudah mencapai batas".to_owned(),
        Reason::LastScreen => "layar terakhir tidak dapat dihapus".to_owned(),
        Reason::UnknownCamera => "kamera ini tidak ada".to_owned(),
        Reason::UnknownDevice => "perangkat ini tidak ada".to_owned(),
        Reason::UnknownTile => "jenis petak ini tidak dikenal".to_owned(),
        Reason::RankOfAlarms => "tingkat itu hanya diberikan oleh alarm".to_owned(),
        Reason::UnknownCell => "petak ini tidak ada pada tata letak".to_owned(),
        Reason::NoLayout => "layar ini mengatur dirinya sendiri; pasang tata letak dahulu".to_owned(),
        Reason::EmptyCell => "petak ini kosong".to_owned(),
        Reason::Pinned => "petak ini disematkan; lepaskan dahulu".to_owned(),
        Reason::PinnedDoesNotFit => {
            "petak yang disematkan tidak mendapat tempat di sana; lepaskan dahulu".to_owned()
        }
        Reason::TooManyMoving => format!(
            "lebih dari {MOVING_STOP} gambar akan bergerak bersamaan; tampilkan sebagian sebagai konteks"
        ),
        Reason::TooManyCameras | Reason::Layout(LayoutError::TooManyCameras) => {
            format!("lebih dari {MAX_CAMERAS} kamera pada satu layar")
        }
        Reason::UnknownPreset => "preset ini tidak ada".to_owned(),
        Reason::NumberTaken => "nomor ini sudah dipakai preset lain".to_owned(),
        Reason::TooManyPresets => "jumlah preset sudah mencapai batas".to_owned(),
        Reason::UnknownTour => "tur ini tidak ada".to_owned(),
        Reason::TourRuns => "tur ini sedang berjalan; hentikan dahulu".to_owned(),
        Reason::TooManyTours => "jumlah tur sudah mencapai batas".to_owned(),
        Reason::NothingToUndo => "tidak ada yang dapat diurungkan".to_owned(),
        Reason::ChangedSince => {
            "orang lain sudah mengubah dinding ini sesudahnya; tidak ada yang diurungkan".to_owned()
        }
        Reason::Layout(LayoutError::Grid) => {
            format!("tata letak mempunyai 1 sampai {MAX_SIDE} kolom dan baris")
        }
        Reason::Layout(LayoutError::CellOutside(cell)) => format!("petak {cell} berada di luar tata letak"),
        Reason::Layout(LayoutError::CellsOverlap(one, other)) => {
            format!("petak {one} dan {other} bertumpang tindih")
        }
        Reason::Layout(LayoutError::ZoneOutside(zone)) => format!("zona {zone} berada di luar tata letak"),
        Reason::Layout(LayoutError::ZonesOverlap(one, other)) => {
            format!("zona {one} dan {other} bertumpang tindih")
        }
        Reason::Tour(TourError::Steps) => format!("tur mempunyai 1 sampai {MAX_STEPS} langkah"),
        Reason::Tour(TourError::Shots(step)) => {
            format!("langkah {step} harus mempunyai 1 sampai {MAX_SHOTS} kamera")
        }
        Reason::Tour(TourError::SamePlace(step, shot)) => {
            format!("langkah {step} menampilkan dua kamera pada tempat gambar {shot}")
        }
    }
}
